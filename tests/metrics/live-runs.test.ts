import { pino } from 'pino';
import type { StoredPoint } from '../../schema/messages/live.js';
import { announce } from '../../src/dispatch/announce.js';
import { appendPoints } from '../../src/metrics/metric.store.js';
import { Bus } from '../../src/platform/bus.js';
import { Database } from '../../src/platform/database.js';
import type { TailBatch } from '../../src/platform/live-tail.js';
import { LiveRuns } from '../../src/runs/live-runs.js';
import { lockRun } from '../../src/runs/run.transitions.js';
import { seedProject, seedRun } from '../platform/seed.js';
import { sharedServices, testDatabase, type TestDatabase } from '../platform/services.js';

let server: TestDatabase;
let database: Database;
let bus: Bus;
let runs: LiveRuns;
let run: { tenantId: string; id: string };
let step: number;
let stop: AbortController;

beforeAll(async () => {
  server = await testDatabase();
  database = new Database({ appUrl: server.appUrl, dispatchUrl: server.dispatchUrl, poolSize: 6 });
  bus = await Bus.connect({
    url: sharedServices().sharedNatsUrl,
    name: 'live-runs-test',
    log: pino({ level: 'silent' }),
  });
});
afterAll(async () => {
  await bus.close();
  await database.close();
  await server.drop();
});
beforeEach(async () => {
  runs = new LiveRuns(database, bus);
  run = await seedRun(server, await seedProject(server));
  step = 0;
  stop = new AbortController();
});
afterEach(() => stop.abort());

/** Stores points as a report does, and tells the subscribers, unless the message is lost on its way. */
async function emit(count: number, options: { lost?: boolean } = {}): Promise<void> {
  const points = Array.from({ length: count }, () => ({
    name: step % 2 ? 'train/loss' : 'train/accuracy',
    step: ++step,
    value: step / 3,
    at: step,
  }));
  const stored = await database.withTenant(run, async (tx) => {
    await lockRun(tx, run.tenantId, run.id);
    return appendPoints(tx, run, points);
  });
  if (!options.lost) announce(bus, { tenantId: run.tenantId, runId: run.id, points: stored });
}

async function finish(): Promise<void> {
  await database.withTenant(run, (tx) =>
    tx.run.update({
      where: { tenantId_id: { tenantId: run.tenantId, id: run.id } },
      data: { state: 'SUCCEEDED' },
    }),
  );
  announce(bus, { tenantId: run.tenantId, runId: run.id, eventSequence: 1 });
}

const follow = (after = 0, signal = stop.signal) => runs.points(run.tenantId, run.id, after, signal);
const numbers = (points: readonly StoredPoint[]) => points.map(({ sequence }) => sequence);
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

async function rest(batches: AsyncGenerator<TailBatch<StoredPoint>>): Promise<number[]> {
  const seen: number[] = [];
  for await (const { items } of batches) seen.push(...numbers(items));
  return seen;
}

/** Reads until that point has come, then drops the connection. */
async function until(batches: AsyncGenerator<TailBatch<StoredPoint>>, last: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const { items } of batches) {
    seen.push(...numbers(items));
    if ((seen.at(-1) ?? 0) >= last) break;
  }
  return seen;
}

test('a subscriber that drops and returns with its last cursor gets each point exactly once', async () => {
  await emit(1_700);
  const seen: number[] = [];
  for (const target of [1_200, 1_900, 2_050, 2_600]) {
    const visit = until(follow(seen.at(-1) ?? 0), target);
    while (step < target) await emit(50);
    seen.push(...(await visit));
    // While it is away.
    await emit(37);
  }
  const last = rest(follow(seen.at(-1)));
  await emit(20);
  await finish();
  seen.push(...(await last));
  expect(seen).toEqual(upTo(step));
});

test('points whose message was lost come from the database', async () => {
  const reading = rest(follow());
  await emit(10);
  await emit(10, { lost: true });
  await emit(10);
  await emit(10, { lost: true });
  await finish();
  expect(await reading).toEqual(upTo(40));
});

test('a subscriber that stops reading holds up nobody, and gets what it missed in few large batches', async () => {
  const slow = follow();
  const quick = rest(follow());
  await emit(10);
  const first = (await slow.next()).value as TailBatch<StoredPoint>;
  for (let batch = 0; batch < 300; batch++) await emit(50);
  await finish();
  expect(await quick).toEqual(upTo(step));
  const seen = numbers(first.items);
  const sizes: number[] = [];
  for await (const { items } of slow) {
    seen.push(...numbers(items));
    sizes.push(items.length);
  }
  expect(seen).toEqual(upTo(step));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
});

test('a subscription to a run that says nothing ends as soon as it is left', async () => {
  await emit(3);
  const batches = follow();
  expect(numbers(((await batches.next()).value as TailBatch<StoredPoint>).items)).toEqual([1, 2, 3]);
  const waiting = batches.next();
  stop.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('a run that has ended is replayed, and completes', async () => {
  await emit(2_345);
  await finish();
  expect(await rest(follow())).toEqual(upTo(2_345));
  expect(await rest(follow(2_345))).toEqual([]);
});
