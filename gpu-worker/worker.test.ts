import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
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
  gateway.comeBack();
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

/** Resolves when the worker tells that it works on nothing. */
async function freeAgain(): Promise<void> {
  const seen = gateway.presences.length;
  await gateway.until(() =>
    gateway.presences.slice(seen).find((one) => one.pool === pool && one.runs.length === 0),
  );
}

function checkpointOf(attempt: AttemptRef): { points: number } {
  const { key } = gateway.bodiesOf(attempt, 'checkpointed').at(-1)!;
  return JSON.parse(gateway.objects.get(key)!.toString()) as { points: number };
}

function ends(attempt: AttemptRef): string[] {
  const types = gateway.reportsOf(attempt).map(({ body }) => body.type);
  return types.filter((type) => ['succeeded', 'failed', 'paused', 'cancelled'].includes(type));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const steps = (points: MetricPoint[]) => points.map(({ step }) => step);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a worker', () => {
  it('tells who it is and what it computes on, and that it leaves', async () => {
    const { workerId } = await gateway.until(() =>
      gateway.presences.find((presence) => presence.pool === pool),
    );
    expect(gateway.presences.at(-1)).toMatchObject({
      engine: 'tfjs-cpu',
      slots: 1,
      threads: availableParallelism(),
      memoryLimitBytes: 4096 * 1024 ** 2,
      runs: [],
      leaving: false,
    });
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

  it('kills a run that another worker has taken over, and reports nothing more of it', async () => {
    const job = await gateway.dispatch(probe(60, 100), pool);
    await gateway.report(job, 'metrics');
    const [child] = await worker.children();
    gateway.direct(job, 'LOST');
    await freeAgain();
    expect(isRunning(child!)).toBe(false);
    expect(await worker.attemptFolders()).toEqual([]);
    const after = await gateway.dispatch(probe(0), pool);
    await gateway.end(after);
    expect(ends(job)).toEqual([]);
  });

  it('cancels a run at once when a gateway pushes it', async () => {
    const job = await gateway.dispatch(probe(60, 100), pool);
    await gateway.report(job, 'metrics');
    expect(await gateway.control(job, 'CANCEL')).toBe(true);
    expect(await gateway.end(job)).toEqual({ type: 'cancelled' });
    expectCompleteReports(job);
  });

  it('cancels a run when its renewal is answered so', async () => {
    const job = await gateway.dispatch(probe(60), pool);
    gateway.direct(job, 'CANCEL');
    expect(await gateway.end(job)).toEqual({ type: 'cancelled' });
  });

  it('kills a run that does not listen to its cancellation', async () => {
    const job = await gateway.dispatch(probe(60, 100), pool);
    await gateway.report(job, 'metrics');
    const [child] = await worker.children();
    process.kill(child!, 'SIGSTOP');
    await gateway.control(job, 'CANCEL');
    expect(await gateway.end(job)).toEqual({ type: 'cancelled' });
  });

  it('says of a control for a run that it does not have that nobody was told', async () => {
    const job = await gateway.dispatch(probe(0), pool);
    await gateway.end(job);
    await freeAgain();
    expect(await gateway.control(job, 'CANCEL')).toBe(false);
  });

  it('saves a checkpoint before it pauses, after all points that lead up to it', async () => {
    const job = await gateway.dispatch(probe(60, 100), pool);
    await gateway.report(job, 'metrics');
    await gateway.control(job, 'PAUSE');
    expect(await gateway.end(job)).toEqual({ type: 'paused' });
    const types = gateway.reportsOf(job).map(({ body }) => body.type);
    expect(types.slice(types.indexOf('checkpointed'))).toEqual(['checkpointed', 'paused']);
    const { points } = checkpointOf(job);
    expect(points).toBe(gateway.pointsOf(job).at(-1)?.step);
  });

  it.each([
    ['SIGKILL', { code: 'WORKER_LOST' }],
    ['SIGSEGV', { code: 'INTERNAL', incidentId: expect.any(String) }],
  ] as const)('reports a run whose process died of %s', async (signal, failure) => {
    const job = await gateway.dispatch(probe(60, 100), pool);
    await gateway.report(job, 'metrics');
    const [child] = await worker.children();
    process.kill(child!, signal);
    expect(await gateway.end(job)).toMatchObject({ type: 'failed', failure });
    expectCompleteReports(job);
    await freeAgain();
    expect(await worker.attemptFolders()).toEqual([]);
  });

  it('resumes from the last checkpoint what a killed worker began, without a gap or a repeat', async () => {
    const config = probe(1.5, 1_000);
    const first = await gateway.dispatch({ ...config, checkpointSeconds: 0.1 }, pool);
    await gateway.until(() => gateway.bodiesOf(first, 'checkpointed')[2]);
    await worker.signal('SIGKILL');
    const left = await readdir(folder);
    worker = await startWorker();
    const key = gateway.bodiesOf(first, 'checkpointed').at(-1)!.key;
    const second = await gateway.dispatch(
      {
        ...config,
        runId: first.runId,
        attempt: 2,
        checkpoint: gateway.stored(key),
        lastMetricSteps: { 'probe/value': gateway.pointsOf(first).at(-1)!.step },
      },
      pool,
    );
    const end = await gateway.end(second);
    expect(steps([...gateway.pointsOf(first), ...gateway.pointsOf(second)])).toEqual(range(1, 1_500));
    expect(end).toMatchObject({ type: 'succeeded', metricPoints: gateway.pointsOf(second).length });
    expect(gateway.pointsOf(second).length).toBeLessThan(1_500);
    // What the killed worker left on the disk is gone, too.
    for (const name of left) expect(await readdir(folder)).not.toContain(name);
  });

  it('gives its runs back with a checkpoint when it is told to end', async () => {
    const job = await gateway.dispatch(probe(60, 100), pool);
    await gateway.report(job, 'metrics');
    await worker.signal('SIGTERM');
    expect(worker.process.exitCode).toBe(0);
    expect(await gateway.end(job)).toMatchObject({
      type: 'failed',
      released: true,
      failure: { code: 'WORKER_LOST' },
    });
    expect(checkpointOf(job).points).toBe(gateway.pointsOf(job).at(-1)?.step);
    expect(await readdir(folder)).toEqual([]);
  });

  it('goes on working while no gateway answers, and catches up afterwards', async () => {
    const job = await gateway.dispatch({ ...probe(0.8, 500), checkpointSeconds: 0.1 }, pool);
    await gateway.report(job, 'metrics');
    await gateway.goAway();
    await gateway.until(() => gateway.pointsOf(job).length === 400);
    gateway.comeBack();
    expect(await gateway.end(job)).toMatchObject({ type: 'succeeded' });
    expectCompleteReports(job);
  });

  it('holds a job that no gateway answers for, until one does', async () => {
    await gateway.goAway();
    const job = await gateway.dispatch(probe(0), pool);
    await gateway.taken(pool);
    gateway.comeBack();
    expect(await gateway.end(job)).toMatchObject({ type: 'succeeded' });
  });

  it('loses no report when nats-server is killed and comes back', async () => {
    const job = await gateway.dispatch(probe(1.5, 1_000), pool);
    await gateway.report(job, 'metrics');
    await nats.kill();
    await nats.run();
    expect(await gateway.end(job)).toMatchObject({ type: 'succeeded', metricPoints: 1_500 });
    expectCompleteReports(job);
    expect(steps(gateway.pointsOf(job))).toEqual(range(1, 1_500));
    const next = await gateway.dispatch(probe(0), pool);
    await gateway.end(next);
  }, 20_000);

  it('renews the lease while a run lives, and until its end is known', async () => {
    const job = await gateway.dispatch(probe(0.5), pool);
    await gateway.end(job);
    const renewals = gateway.renewals(job);
    expect(renewals).toBeGreaterThan(0);
    await gateway.until(() => gateway.renewals(job) > renewals);
  });

  it('buries a job that nobody can read, and takes the next one', async () => {
    await gateway.publishJob(pool, '{"v":1,"runId":', `${pool}.broken`);
    const letter = await gateway.until(() => gateway.deadLetters[0]);
    expect(JSON.parse(letter)).toMatchObject({ message: '{"v":1,"runId":', reason: expect.any(String) });
    const job = await gateway.dispatch(probe(0), pool);
    expect(await gateway.end(job)).toMatchObject({ type: 'succeeded' });
  });

  it('does as many runs at a time as it has slots', async () => {
    await worker.signal('SIGTERM');
    worker = await startWorker({ SLOTS: '2' });
    const jobs = await Promise.all([1, 2, 3].map(() => gateway.dispatch(probe(60, 100), pool)));
    await gateway.until(() => gateway.presences.at(-1)?.runs.length === 2);
    const started = () => jobs.filter((job) => gateway.bodiesOf(job, 'step').length > 0);
    await gateway.until(() => started().length === 2);
    await gateway.control(started()[0]!, 'CANCEL');
    await gateway.until(() => started().length === 3);
  });
});
