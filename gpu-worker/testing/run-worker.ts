import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewaySide } from './gateway-side.js';
import { NatsServer } from './nats-server.js';
import { compile, WorkerProcess } from './worker-process.js';

/** A worker on `onnx-cpu` that runs what the gateway's side dispatches to its pool, and what both need. */
export interface RunWorker {
  readonly gateway: GatewaySide;
  readonly worker: WorkerProcess;
  /** The worker's; anything else may be put there, too. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startRunWorker(pool: string): Promise<RunWorker> {
  await compile();
  const nats = await NatsServer.start();
  let [gateway, worker, folder]: Partial<[GatewaySide, WorkerProcess, string]> = [];
  const stop = async (): Promise<void> => {
    await worker?.signal('SIGTERM');
    await gateway?.stop();
    await nats.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  };
  try {
    gateway = await GatewaySide.start(nats.url);
    folder = await mkdtemp(join(tmpdir(), `${pool}-test-`));
    worker = await WorkerProcess.start({
      NATS_URL: nats.url,
      POOL: pool,
      WORK_FOLDER: folder,
      ENGINE: 'onnx-cpu',
    });
    return { gateway, worker, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
