import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunConfig } from '../schema/messages/run-config.js';
import { GatewaySide } from './testing/gateway-side.js';
import { NatsServer } from './testing/nats-server.js';
import { compile, WorkerProcess } from './testing/worker-process.js';

const pool = 'limits';
const PROBE: RunConfig = { kind: 'PROBE', seconds: 60, pointsPerSecond: 100 };

let nats: NatsServer;
let gateway: GatewaySide;
let folder: string;
let worker: WorkerProcess;

beforeAll(async () => {
  await compile();
  nats = await NatsServer.start();
  gateway = await GatewaySide.start(nats.url);
  folder = await mkdtemp(join(tmpdir(), 'limits-test-'));
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  await nats?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

afterEach(() => worker.signal('SIGKILL'));

async function startWorker(environment: Record<string, string> = {}): Promise<void> {
  worker = await WorkerProcess.start({ NATS_URL: nats.url, POOL: pool, WORK_FOLDER: folder, ...environment });
}

/** Starts a run, and answers with it the process that does it. */
async function startRun() {
  const job = await gateway.dispatch({ config: PROBE }, pool);
  await gateway.report(job, 'metrics');
  // The other one is kept ready for the next run.
  const [child] = await worker.children();
  return { job, child: child! };
}

describe('a worker', () => {
  it('kills a run whose process hangs, and masks what it knows of it', async () => {
    await startWorker({ HANG_SECONDS: '1.5' });
    const { job, child } = await startRun();
    process.kill(child, 'SIGSTOP');
    const end = await gateway.end(job);
    expect(end).toMatchObject({ type: 'failed', failure: { code: 'INTERNAL' } });
    const { incidentId } = (end as { failure: { incidentId: string } }).failure;
    await worker.hasLogged(incidentId);
    expect(await worker.children()).not.toContain(child);
  });

  it('kills a run that needs more memory than it may have', async () => {
    // Less than a process of Node needs for itself.
    await startWorker({ MEMORY_LIMIT_MB: '40' });
    const job = await gateway.dispatch({ config: PROBE }, pool);
    expect(await gateway.end(job)).toMatchObject({
      type: 'failed',
      failure: { code: 'OUT_OF_MEMORY', message: expect.stringContaining('40 MB') },
    });
  });

  it('kills a run that takes too much memory within one long call, and does the next one', async () => {
    const runId = 'run_greedy';
    const preloaded = pathToFileURL(join('dist', 'gpu-worker', 'testing', 'greedy-run.js')).href;
    await startWorker({
      MEMORY_LIMIT_MB: '256',
      GREEDY_RUN: runId,
      NODE_OPTIONS: `--import=${preloaded}`,
    });
    const greedy = await gateway.dispatch({ config: PROBE, runId }, pool);
    const next = await gateway.dispatch({ config: { ...PROBE, seconds: 0 } }, pool);
    expect(await gateway.end(greedy)).toMatchObject({
      type: 'failed',
      failure: { code: 'OUT_OF_MEMORY', message: expect.stringContaining('256 MB') },
    });
    expect(await gateway.end(next)).toMatchObject({ type: 'succeeded' });
  });

  it('lets other processes of the machine go before its runs', async () => {
    await startWorker();
    const { child } = await startRun();
    const threads = await readdir(`/proc/${child}/task`);
    expect(threads.map((thread) => getPriority(Number(thread)))).toEqual(threads.map(() => 10));
    expect(getPriority(worker.process.pid)).toBe(getPriority());
  });
});
