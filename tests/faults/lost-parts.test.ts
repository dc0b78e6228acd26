import { readFileSync } from 'node:fs';
import { finish } from '../../client/synthesize.js';
import type { RunResult } from '../../client/operations.js';
import {
  attemptsOf,
  isCheckpoint,
  isGapless,
  isState,
  risesStrictly,
  storedSeries,
  untilEvent,
} from '../platform/observe.js';
import { testPlatform, type TestPlatform } from '../platform/services.js';
import { ingestText, makeShop, smallTable, startRun, type Shop } from '../platform/shop.js';

/** Long enough to be killed in the middle, with a checkpoint every second and leases that end soon. */
const TRAINING = { epochs: 40, batchSize: 32, patience: 1000, hiddenUnits: 128 };

describe('a run outlives', () => {
  let platform: TestPlatform;
  let shop: Shop;
  let datasetVersionId: string;
  /** What the same run gives when nobody disturbs it. */
  let undisturbed: { run: RunResult['run']; steps: number[] };

  beforeAll(async () => {
    platform = await testPlatform({
      workers: 1,
      environment: { LEASE_SECONDS: '3', CHECKPOINT_SECONDS: '1', RETRY_SECONDS: '0.2' },
    });
    shop = await makeShop(platform.url);
    ({ datasetVersionId } = await ingestText(shop, smallTable(1500)));
    const { run } = await finish(shop.owner, await train(), {});
    undisturbed = {
      run,
      steps: (await storedSeries(platform.database.ownerUrl, run.id)).steps.get('train/loss') ?? [],
    };
  }, 180_000);

  afterAll(async () => {
    await shop?.owner.close();
    await platform?.stop();
  });

  const train = () =>
    startRun(shop, {
      seed: 11,
      synthesize: { datasetVersionId, generator: 'autoregressive', autoregressive: TRAINING },
    });

  /** It succeeded, with the same points and the same data as if nothing had happened, once. */
  async function expectUndisturbed(runId: string): Promise<void> {
    const { run } = await finish(shop.owner, runId, {});
    const series = await storedSeries(platform.database.ownerUrl, runId);
    expect(isGapless(series.sequences)).toBe(true);
    for (const steps of series.steps.values()) expect(risesStrictly(steps)).toBe(true);
    expect(series.steps.get('train/loss')).toEqual(undisturbed.steps);
    const files = (of: RunResult['run']) => of.artifacts.nodes.map(({ fileName }) => fileName).sort();
    expect(files(run)).toEqual([...new Set(files(run))]);
    expect(files(run)).toEqual(files(undisturbed.run));
    const digest = (of: RunResult['run']) =>
      of.artifacts.nodes.find(({ kind }) => kind === 'SYNTHETIC_CSV')?.sha256;
    expect(digest(run)).toBe(digest(undisturbed.run));
  }

  test('its worker: killed while it trains, another goes on from the checkpoint', async () => {
    const runId = await train();
    await untilEvent(shop, runId, isCheckpoint);
    await platform.workers[0]?.kill('SIGKILL');
    platform.workers[0] = await platform.startWorker();
    await expectUndisturbed(runId);
    const attempts = await attemptsOf(platform.database.ownerUrl, runId);
    expect(attempts).toHaveLength(2);
    expect(attempts[0]?.worker_id).not.toBe(attempts[1]?.worker_id);
  }, 180_000);

  test('its gateway: killed while it trains and started again, nothing is lost', async () => {
    const runId = await train();
    await untilEvent(shop, runId, isCheckpoint);
    await platform.gateway.kill('SIGKILL');
    platform.gateway = await platform.startGateway();
    await expectUndisturbed(runId);
    expect(await attemptsOf(platform.database.ownerUrl, runId)).toHaveLength(1);
  }, 180_000);

  test('nats-server: restarted while it trains, everybody connects again', async () => {
    const runId = await train();
    await untilEvent(shop, runId, isCheckpoint);
    await platform.nats.restart();
    await expectUndisturbed(runId);
    expect(await attemptsOf(platform.database.ownerUrl, runId)).toHaveLength(1);
  }, 180_000);

  test('nats-server with its disk: the streams are made again, and what is started next runs', async () => {
    await platform.nats.restart({ forget: true });
    const runId = await startRun(shop, { probe: { seconds: 0.5, pointsPerSecond: 20 } });
    const { run } = await finish(shop.owner, runId, {});
    expect(run.state).toBe('SUCCEEDED');
    expect(await attemptsOf(platform.database.ownerUrl, runId)).toHaveLength(1);
  }, 60_000);

  test('a worker that comes back after its lease: the old attempt changes nothing', async () => {
    const runId = await train();
    await untilEvent(shop, runId, isCheckpoint);
    const stale = platform.workers[0] as (typeof platform.workers)[number];
    const suspended = suspend(stale.pid);
    const fresh = await platform.startWorker();
    await untilEvent(shop, runId, (event) => isState('RUNNING')(event) && event.run.engine !== null);
    await untilAttempt(runId, 2);
    suspended.resume();
    await expectUndisturbed(runId);
    expect(await attemptsOf(platform.database.ownerUrl, runId)).toHaveLength(2);
    await stale.kill('SIGKILL');
    platform.workers[0] = fresh;
  }, 180_000);

  async function untilAttempt(runId: string, number: number): Promise<void> {
    let seen = 0;
    await untilEvent(shop, runId, (event) => {
      if (isState('RUNNING')(event)) seen++;
      return seen >= number;
    });
  }
});

/** Stops a worker and its children in their tracks, as a machine that sleeps does. */
function suspend(pid: number): { resume(): void } {
  const pids = [pid, ...childrenOf(pid)];
  for (const each of pids) process.kill(each, 'SIGSTOP');
  return {
    resume: () => {
      for (const each of pids) process.kill(each, 'SIGCONT');
    },
  };
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
