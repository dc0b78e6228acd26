import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withClient } from '../platform/observe.js';
import { seedRun } from '../platform/seed.js';
import { sharedServices } from '../platform/services.js';
import { makeShop, startRun, type Shop } from '../platform/shop.js';
import { RawSubscription } from './raw-subscription.js';

interface Metrics {
  runMetrics: { cursor: string; points: { sequence: number }[] };
}
const METRICS = `subscription ($runId: ID!, $after: String, $names: [String!]) {
  runMetrics(runId: $runId, after: $after, names: $names) { cursor points { sequence } }
}`;

let shop: Shop;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Subscriptions');
});
afterAll(() => shop.owner.close());

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** A reader of a run's points that knows where it stands. */
class Reader {
  readonly seen: number[] = [];
  cursor: string | undefined;
  subscription!: RawSubscription<Metrics>;
  #onBatch: () => void = () => undefined;

  constructor(
    private readonly runId: string,
    private readonly query = METRICS,
  ) {
    this.open();
  }

  open(): void {
    const variables = { runId: this.runId, after: this.cursor };
    this.subscription = new RawSubscription<Metrics>(shop, this.query, variables, ({ runMetrics }) => {
      this.cursor = runMetrics.cursor;
      this.seen.push(...runMetrics.points.map(({ sequence }) => sequence));
      this.#onBatch();
    });
  }

  /** Resolves at the first batch after which so many points were seen. */
  has(points: number): Promise<void> {
    return new Promise((done) => {
      this.#onBatch = () => this.seen.length >= points && done();
      this.#onBatch();
    });
  }
}

test('while a run emits 500 points a second, a reader that is cut off again and again, one that stops reading, and one that does neither get each point once', async () => {
  const runId = await startRun(shop, { probe: { seconds: 4, pointsPerSecond: 500 } });
  const steady = new Reader(runId);
  const paused = new Reader(runId);
  const cut = new Reader(runId);
  await paused.has(1);
  paused.subscription.pause();
  for (const points of [1, 300, 600, 900, 1_200, 1_500]) {
    await cut.has(points);
    cut.subscription.cut();
    expect(await cut.subscription.done).toBe('CUT');
    cut.open();
  }
  expect(await cut.subscription.done).toBe('COMPLETED');
  expect(await steady.subscription.done).toBe('COMPLETED');
  paused.subscription.resume();
  expect(await paused.subscription.done).toBe('COMPLETED');
  for (const { seen } of [steady, cut, paused]) expect(seen).toEqual(upTo(2_000));
}, 60_000);

test('after any point, the rest is replayed, also of some series alone, and of a run that has ended', async () => {
  const { id } = await storedRun(2_500);
  const all = new Reader(id);
  expect(await all.subscription.done).toBe('COMPLETED');
  expect(all.seen).toEqual(upTo(2_500));

  const first = new Reader(id);
  await first.has(1);
  first.subscription.cut();
  await first.subscription.done;
  const rest: number[] = [];
  const variables = { runId: id, after: first.cursor, names: ['b'] };
  const later = new RawSubscription<Metrics>(shop, METRICS, variables, ({ runMetrics }) =>
    rest.push(...runMetrics.points.map(({ sequence }) => sequence)),
  );
  expect(await later.done).toBe('COMPLETED');
  // The two series take turns: a, b, a, b, …
  expect(rest).toEqual(upTo(2_500, first.seen.length + 1).filter((sequence) => sequence % 2 === 0));
});

test('readers that stop reading cost the gateway no memory, and those beside them nothing', async () => {
  const points = 200_000;
  const { id } = await storedRun(points);
  const warm = new Reader(id);
  expect(await warm.subscription.done).toBe('COMPLETED');
  const before = await residentBytes(sharedServices().gatewayPid);

  // Half a kilobyte a point: 100 MB of answers for each of the five, were they made. Each has a text of its own, so
  // that none can be shared.
  const fields = Array.from({ length: 12 }, (_, i) => `a${i}: at`).join(' ');
  const stopped = upTo(5).map((n) => {
    const reader = new Reader(id, METRICS.replace('{ sequence }', `{ sequence ${fields} n${n}: name }`));
    return reader;
  });
  await Promise.all(
    stopped.map(async (reader) => {
      await reader.has(1);
      reader.subscription.pause();
    }),
  );
  const beside = new Reader(id);
  expect(await beside.subscription.done).toBe('COMPLETED');
  expect(beside.seen).toEqual(upTo(points));

  const grown = (await residentBytes(sharedServices().gatewayPid)) - before;
  expect(grown).toBeLessThan(200 * 1024 ** 2);
  for (const reader of stopped) {
    expect(reader.seen.length).toBeLessThan(points / 2);
    reader.subscription.cut();
    await reader.subscription.done;
  }
}, 120_000);

test('who follows a project and comes back is told each thing once', async () => {
  const query = `subscription ($projectId: ID!, $after: String) {
    projectActivity(projectId: $projectId, after: $after) { cursor action subjectId }
  }`;
  const told: string[] = [];
  let cursor: string | undefined;
  let more: () => void = () => undefined;
  const open = () =>
    new RawSubscription<{ projectActivity: { cursor: string; action: string; subjectId: string } }>(
      shop,
      query,
      { projectId: shop.projectId, after: cursor },
      ({ projectActivity }) => {
        cursor = projectActivity.cursor;
        if (projectActivity.action === 'run:start') told.push(projectActivity.subjectId);
        more();
      },
    );
  const hasTold = (runId: string) =>
    new Promise<void>((done) => {
      more = () => told.includes(runId) && done();
      more();
    });
  const started: string[] = [];
  const start = async () => {
    started.push(await startRun(shop, { pool: 'nobody', probe: {} }));
    return started.at(-1) as string;
  };
  for (let visit = 0; visit < 3; visit++) {
    const subscription = open();
    await hasTold(await start());
    subscription.cut();
    await subscription.done;
    await start();
  }
  const subscription = open();
  await hasTold(started.at(-1) as string);
  subscription.cut();
  expect(told.slice(-started.length)).toEqual(started);
  expect(new Set(told).size).toBe(told.length);
});

/** A run that has ended, with points in two series that take turns. */
async function storedRun(points: number): Promise<{ id: string }> {
  const url = sharedServices().sharedDatabaseUrl;
  const run = await seedRun({ ownerUrl: url }, shop, 'SUCCEEDED');
  await withClient(url, async (client) => {
    await client.query(
      `INSERT INTO metric_chunks (tenant_id, run_id, name, index, first_sequence, last_sequence, first_step, last_step,
         count, min_value, max_value, last_value, sequences, steps, "values", times)
       SELECT $1, $2, name, index, min(n), max(n), min(n), max(n), count(*), min(n), max(n), max(n),
         array_agg(n ORDER BY n), array_agg(n::float8 ORDER BY n), array_agg(n::float8 ORDER BY n),
         array_agg(1.7e12 + n ORDER BY n)
       FROM (SELECT n, CASE n % 2 WHEN 1 THEN 'a' ELSE 'b' END AS name, (n - 1) / 2000 AS index
             FROM generate_series(1, $3::int) AS n) AS points
       GROUP BY name, index`,
      [run.tenantId, run.id, points],
    );
    await client.query('UPDATE runs SET metric_sequence = $3 WHERE tenant_id = $1 AND id = $2', [
      run.tenantId,
      run.id,
      points,
    ]);
  });
  return run;
}

async function residentBytes(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout) * 1024;
}
