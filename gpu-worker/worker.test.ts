import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AttemptRef } from '../schema/messages/job.js';
import type { MetricPoint } from '../schema/messages/report.js';
import { GatewaySide } from './testing/gateway-side.js';
import { NatsServer } from './testing/nats-server.js';
import { compile, WorkerProcess } from './testing/worker-process.js';

const probe = (seconds: number, pointsPerSecond = 0) => ({
  config: { kind: 'PROBE' as const, seconds, pointsPerSecond },
});

let nats: NatsServer;
let gateway: GatewaySide;
let folder: string;
let worker: WorkerProcess;
let pools = 0;
let pool: string;

beforeAll(async () => {
  await compile();
  nats = await NatsServer.start();
  gateway = await GatewaySide.start(nats.url);
}, 60_000);

afterAll(async () => {
  await gateway?.stop();
  await nats?.stop();
});

beforeEach(async () => {
  pool = `pool${++pools}`;
  folder = await mkdtemp(join(tmpdir(), 'worker-test-'));
  worker = await startWorker();
});

afterEach(async () => {
  await worker.signal('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function startWorker(environment: Record<string, string> = {}): Promise<WorkerProcess> {
  return WorkerProcess.start({ NATS_URL: nats.url, POOL: pool, WORK_FOLDER: folder, ...environment });
}

function expectCompleteReports(attempt: AttemptRef): void {
  const sequences = gateway.reportsOf(attempt).map(({ sequence }) => sequence);
  expect(sequences).toEqual(sequences.map((_, index) => index + 1));
}

const steps = (points: MetricPoint[]) => points.map(({ step }) => step);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a worker', () => {
  it('tells who it is and what it computes on, and that it leaves', async () => {
    const { workerId } = await gateway.until(() =>
      gateway.presences.find((presence) => presence.pool === pool),
    );
    expect(gateway.presences.at(-1)).toMatchObject({ engine: 'cpu', slots: 1, runs: [], leaving: false });
    await worker.signal('SIGTERM');
    await gateway.until(() => gateway.presences.some((one) => one.workerId === workerId && one.leaving));
  });

  it('reports steps, every point and the end of a run, in order and without gaps', async () => {
    const job = await gateway.dispatch(probe(0.5, 2_000), pool);
    const end = await gateway.end(job);
    expectCompleteReports(job);
    expect(gateway.bodiesOf(job, 'step')).toEqual([
      { type: 'step', step: 'train', state: 'STARTED' },
      { type: 'step', step: 'train', state: 'FINISHED' },
    ]);
    expect(steps(gateway.pointsOf(job))).toEqual(range(1, 1_000));
    expect(end).toMatchObject({ type: 'succeeded', metricPoints: 1_000, outputs: [] });
  });
});
