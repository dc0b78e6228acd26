import { pino } from 'pino';
import { Bus } from './bus.js';
import { readConfig } from './config.js';
import { probeEngine } from './engine-probe.js';
import { openWorkFolder, removeFolder } from './work-folders.js';
import { Worker } from './worker.js';

/** The worker process. Says `{ ready: true }` to whoever forked it, and ends with it. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ name: 'worker', level: config.logLevel });
  const [engine, workFolder] = await Promise.all([
    probeEngine(config.engine, config.threads),
    openWorkFolder(config.workFolder),
  ]);
  const bus = await Bus.connect({ url: config.natsUrl, name: `worker ${process.pid}`, log });
  const worker = new Worker({ bus, config, engine, workFolder, log });
  worker.start();

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.info('the worker stops');
    try {
      await worker.stop();
      await bus.close();
      await removeFolder(workFolder);
    } catch (error) {
      log.error({ err: error }, 'the worker could not stop in good order');
      process.exit(1);
    }
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  process.once('disconnect', () => void stop());
  process.send?.({ ready: true, workerId: worker.id });
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${message}\n`);
  process.exit(1);
});
