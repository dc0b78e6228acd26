import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { StoredPoint } from '../../schema/messages/live.js';
import type { MetricPoint } from '../../schema/messages/report.js';
import {
  appendPoints,
  buckets,
  bucketSize,
  pointsAfter,
  type MetricsOf,
} from '../../src/metrics/metric.store.js';
import { Database } from '../../src/platform/database.js';
import { newId } from '../../src/platform/ids.js';
import { lockRun } from '../../src/runs/run.transitions.js';
import { testDatabase, type TestDatabase } from '../platform/services.js';
import { seedProject, seedRun } from '../platform/seed.js';

let server: TestDatabase;
let database: Database;
let run: MetricsOf;

beforeAll(async () => {
  server = await testDatabase();
  database = new Database({ appUrl: server.appUrl, dispatchUrl: server.dispatchUrl, poolSize: 4 });
});
afterAll(async () => {
  await database.close();
  await server.drop();
});
beforeEach(async () => {
  run = await seedRun(server, await seedProject(server));
});

const append = (points: MetricPoint[]): Promise<StoredPoint[]> =>
  database.withTenant(run, async (tx) => {
    await lockRun(tx, run.tenantId, run.id);
    return appendPoints(tx, run, points);
  });
const after = (sequence: number, limit: number, names?: string[]) =>
  database.withTenant(run, (tx) => pointsAfter(tx, run.tenantId, run.id, sequence, limit, names));
const bucketsOf = (name: string, maxPoints: number) =>
  database.withTenant(run, (tx) => buckets(tx, run.tenantId, run.id, name, maxPoints));
const loss = (from: number, to: number): MetricPoint[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({
    name: 'train/loss',
    step: from + i,
    value: Math.sin((from + i) / 7) / (from + i),
    at: 1_700_000_000_000 + from + i,
  }));
const series = () =>
  database.withTenant(run, (tx) =>
    tx.metricSeries.findMany({ where: { runId: run.id }, orderBy: { name: 'asc' } }),
  );

test('points of several series get one numbering without gaps, across batches and chunk borders', async () => {
  const points = loss(1, 2_600).flatMap((point) =>
    point.step % 3 === 0 ? [point, { ...point, name: 'validation/loss', value: -point.value }] : [point],
  );
  const stored: StoredPoint[] = [];
  for (let start = 0; start < points.length; start += 700) {
    stored.push(...(await append(points.slice(start, start + 700))));
  }
  expect(stored.map(({ sequence }) => sequence)).toEqual(points.map((_, index) => index + 1));
  expect(stored.map(({ sequence: _, ...point }) => point)).toEqual(points);
  expect(await after(0, 10_000)).toEqual(stored);
  const rows = await database.withTenant(run, (tx) =>
    tx.metricChunk.findMany({ where: { runId: run.id }, orderBy: [{ name: 'asc' }, { index: 'asc' }] }),
  );
  expect(rows.map(({ name, count }) => [name, count])).toEqual([
    ['train/loss', 1000],
    ['train/loss', 1000],
    ['train/loss', 600],
    ['validation/loss', 866],
  ]);
});

test('what a resumed attempt repeats is dropped, and what is new is stored', async () => {
  await append(loss(1, 150));
  expect(await append(loss(101, 150))).toEqual([]);
  const stored = await append(loss(101, 200));
  expect(stored.map(({ step, sequence }) => [step, sequence])).toEqual(
    Array.from({ length: 50 }, (_, i) => [151 + i, 151 + i]),
  );
  expect((await after(0, 1_000)).map(({ step }) => step)).toEqual(loss(1, 200).map(({ step }) => step));
});

test('a batch that goes back in itself keeps only what rises', async () => {
  const [one, two, three] = loss(1, 3) as [MetricPoint, MetricPoint, MetricPoint];
  const stored = await append([two, one, two, three]);
  expect(stored.map(({ step }) => step)).toEqual([2, 3]);
});

test('a series knows its count, its extremes and its last point', async () => {
  const points = loss(1, 1_500);
  await append(points.slice(0, 990));
  await append(points.slice(990));
  const values = points.map(({ value }) => value);
  expect(await series()).toMatchObject([
    {
      name: 'train/loss',
      count: 1_500,
      lastStep: 1_500,
      lastValue: values.at(-1),
      minValue: Math.min(...values),
      maxValue: Math.max(...values),
      lastAt: new Date(points.at(-1)!.at),
    },
  ]);
});

test('points are read on from any sequence in pages, of all series or of some', async () => {
  const points = loss(1, 3_000).map((point) => ({
    ...point,
    name: point.step % 10 === 0 ? 'rare' : point.step % 2 === 0 ? 'even' : 'odd',
  }));
  const stored = await append(points);
  for (const names of [undefined, ['rare'], ['odd', 'rare'], ['none']]) {
    const expected = stored.filter(({ name }) => !names || names.includes(name));
    for (const limit of [1, 97, 1_000]) {
      const start = limit === 1 ? 2_990 : 0;
      const read: StoredPoint[] = [];
      for (;;) {
        const page = await after(read.at(-1)?.sequence ?? start, limit, names);
        expect(page.length).toBeLessThanOrEqual(limit);
        if (page.length === 0) break;
        read.push(...page);
      }
      expect(read).toEqual(expected.filter(({ sequence }) => sequence > start));
    }
  }
});

test('buckets are what a walk over all points finds, unpacked or from summaries alone', async () => {
  const points = loss(1, 12_345);
  for (let start = 0; start < points.length; start += 3_333) await append(points.slice(start, start + 3_333));
  for (const maxPoints of [1, 2, 5, 7, 12, 13, 100, 1_000, 6_200, 12_345, 50_000]) {
    const size = bucketSize(points.length, maxPoints);
    const expected = [];
    for (let start = 0; start < points.length; start += size) {
      const part = points.slice(start, start + size);
      const values = part.map(({ value }) => value);
      expected.push({
        firstStep: part[0]!.step,
        lastStep: part.at(-1)!.step,
        min: Math.min(...values),
        max: Math.max(...values),
        last: values.at(-1),
        count: part.length,
      });
    }
    expect(expected.length).toBeLessThanOrEqual(maxPoints);
    expect(await bucketsOf('train/loss', maxPoints)).toEqual(expected);
  }
});

test('buckets that are full stay as they are while the series grows', async () => {
  await append(loss(1, 5_100));
  const before = await bucketsOf('train/loss', 100);
  await append(loss(5_101, 7_000));
  const later = await bucketsOf('train/loss', 100);
  expect(later.length).toBeGreaterThan(before.length);
  expect(later.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
});

test('another tenant sees no points', async () => {
  await append(loss(1, 10));
  const stranger = { tenantId: newId('tenant') };
  expect(await database.withTenant(stranger, (tx) => pointsAfter(tx, run.tenantId, run.id, 0, 100))).toEqual(
    [],
  );
});
