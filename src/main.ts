import { pino } from 'pino';
import { readConfig } from './config.js';
import { startGateway } from './gateway.js';

/** The process of a gateway: configured by its environment, stopped by SIGTERM, SIGINT, or the end of whoever forked it. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const log = pino({ name: 'gateway', level: config.logLevel });
  const gateway = await startGateway(config, log);

  let stopping: Promise<void> | undefined;
  const stop = (reason: string) => {
    stopping ??= (async () => {
      log.info({ reason }, 'stopping');
      try {
        await gateway.close();
        process.exit(0);
      } catch (error) {
        log.error({ err: error }, 'could not stop in order');
        process.exit(1);
      }
    })();
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('disconnect', () => stop('parent ended'));
  process.on('unhandledRejection', (error) => {
    log.fatal({ err: error }, 'unhandled rejection');
    process.exit(1);
  });

  log.info({ url: gateway.url }, 'ready');
  process.send?.({ ready: true, url: gateway.url });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
