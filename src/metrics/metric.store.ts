import type { StoredPoint } from '../../schema/messages/live.js';
import type { MetricPoint } from '../../schema/messages/report.js';
import type { Transaction } from '../platform/database.js';

/** Points of a chunk row, at most. */
export const CHUNK_POINTS = 1_000;

/** Names a run's metrics inside a transaction that sees its tenant. */
export interface MetricsOf {
  tenantId: string;
  id: string;
}

interface Segment {
  name: string;
  index: number;
  sequences: number[];
  steps: number[];
  values: number[];
  times: number[];
}

/**
 * Stores new points of a run whose row the caller has locked, in the caller's transaction. A point at or below the last
 * step of its series is a repeat (of an attempt that went on from a checkpoint) and is dropped. The others are numbered
 * from the run's last number on, without gaps. Answers what was stored, in order.
 */
export async function appendPoints(
  tx: Transaction,
  run: MetricsOf,
  points: readonly MetricPoint[],
): Promise<StoredPoint[]> {
  if (points.length === 0) return [];
  const names = [...new Set(points.map(({ name }) => name))];
  const known = await tx.metricSeries.findMany({
    where: { tenantId: run.tenantId, runId: run.id, name: { in: names } },
    select: { name: true, count: true, lastStep: true },
  });
  const lastSteps = new Map(known.map(({ name, lastStep }) => [name, lastStep]));
  const fresh = points.filter(({ name, step }) => {
    if (step <= (lastSteps.get(name) ?? -Infinity)) return false;
    lastSteps.set(name, step);
    return true;
  });
  if (fresh.length === 0) return [];

  const { metricSequence } = await tx.run.update({
    where: { tenantId_id: { tenantId: run.tenantId, id: run.id } },
    data: { metricSequence: { increment: fresh.length } },
    select: { metricSequence: true },
  });
  const first = metricSequence - fresh.length + 1;
  const stored = fresh.map((point, index) => ({ ...point, sequence: first + index }));
  const segments = segmentsOf(stored, new Map(known.map(({ name, count }) => [name, count])));
  await storeSegments(tx, run, segments);
  return stored;
}

/** Cuts points into the parts that go to one chunk each: the open chunk of their series, and new ones after it. */
function segmentsOf(points: readonly StoredPoint[], counts: Map<string, number>): Segment[] {
  const segments = new Map<string, Segment>();
  for (const { name, step, value, at, sequence } of points) {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const index = Math.floor(count / CHUNK_POINTS);
    const key = `${index} ${name}`;
    let segment = segments.get(key);
    if (!segment) {
      segment = { name, index, sequences: [], steps: [], values: [], times: [] };
      segments.set(key, segment);
    }
    segment.sequences.push(sequence);
    segment.steps.push(step);
    segment.values.push(value);
    segment.times.push(at);
  }
  return [...segments.values()];
}

/** One statement, however many series and chunks. */
async function storeSegments(tx: Transaction, run: MetricsOf, segments: readonly Segment[]): Promise<void> {
  const rows = segments.map((segment) => ({
    ...segment,
    lowest: lowest(segment.values),
    highest: highest(segment.values),
  }));
  await tx.$executeRaw`
    WITH segment AS (
      SELECT *, cardinality(sequences) AS n
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS s(name text, index int, lowest float8, highest float8,
        sequences int[], steps float8[], "values" float8[], times float8[])
    ), chunk AS (
      INSERT INTO metric_chunks AS c (tenant_id, run_id, name, index, first_sequence, last_sequence, first_step,
        last_step, count, min_value, max_value, last_value, sequences, steps, "values", times)
      SELECT ${run.tenantId}, ${run.id}, name, index, sequences[1], sequences[n], steps[1],
        steps[n], n, lowest, highest, "values"[n], sequences, steps, "values", times
      FROM segment
      ON CONFLICT (tenant_id, run_id, name, index) DO UPDATE SET
        last_sequence = excluded.last_sequence, last_step = excluded.last_step, last_value = excluded.last_value,
        count = c.count + excluded.count,
        min_value = least(c.min_value, excluded.min_value), max_value = greatest(c.max_value, excluded.max_value),
        sequences = c.sequences || excluded.sequences, steps = c.steps || excluded.steps,
        "values" = c."values" || excluded."values", times = c.times || excluded.times
    )
    INSERT INTO metric_series AS m (tenant_id, run_id, name, count, last_step, last_value, min_value, max_value, last_at)
    SELECT ${run.tenantId}, ${run.id}, name, sum(n), (array_agg(steps[n] ORDER BY index DESC))[1],
      (array_agg("values"[n] ORDER BY index DESC))[1], min(lowest), max(highest),
      to_timestamp((array_agg(times[n] ORDER BY index DESC))[1] / 1000)
    FROM segment GROUP BY name
    ON CONFLICT (tenant_id, run_id, name) DO UPDATE SET
      count = m.count + excluded.count, last_step = excluded.last_step, last_value = excluded.last_value,
      min_value = least(m.min_value, excluded.min_value), max_value = greatest(m.max_value, excluded.max_value),
      last_at = excluded.last_at`;
}

/**
 * The next points of a run after that sequence, in order, at most `limit`; of those series when names are given.
 *
 * Only chunks that can hold them are unpacked: in the order of their last sequences, the chunks up to `bound` hold at
 * least `limit` points together, so no point beyond it is among the first `limit`.
 */
export async function pointsAfter(
  tx: Transaction,
  tenantId: string,
  runId: string,
  sequence: number,
  limit: number,
  names?: readonly string[],
): Promise<StoredPoint[]> {
  return tx.$queryRaw<StoredPoint[]>`
    WITH later AS (
      SELECT name, index, first_sequence, last_sequence,
        sum(CASE WHEN first_sequence > ${sequence}::int THEN count ELSE 1 END)
          OVER (ORDER BY last_sequence) AS points_up_to
      FROM metric_chunks
      WHERE tenant_id = ${tenantId} AND run_id = ${runId} AND last_sequence > ${sequence}::int
        AND (${names === undefined} OR name = ANY(${names ?? []}))
    ), bound AS (
      SELECT coalesce(min(last_sequence) FILTER (WHERE points_up_to >= ${limit}), max(last_sequence)) AS sequence
      FROM later
    )
    SELECT p.sequence, c.name, p.step, p.value, p.at
    FROM later l CROSS JOIN bound b
    JOIN metric_chunks c ON c.tenant_id = ${tenantId} AND c.run_id = ${runId} AND c.name = l.name AND c.index = l.index
    CROSS JOIN LATERAL unnest(c.sequences, c.steps, c."values", c.times) AS p(sequence, step, value, at)
    WHERE l.first_sequence <= b.sequence AND p.sequence > ${sequence}::int AND p.sequence <= b.sequence
    ORDER BY p.sequence
    LIMIT ${limit}`;
}

/** Consecutive points of a series, as one mark of a chart. */
export interface MetricBucket {
  firstStep: number;
  lastStep: number;
  min: number;
  max: number;
  last: number;
  count: number;
}

/**
 * A series in at most `maxPoints` (≥ 1) buckets of equally many points; the last one may still fill up. The size of a
 * bucket is the smallest of 1, 2, 5, 10, 20, 50, … that makes them few enough. All of these divide a chunk or are whole
 * chunks, so edges stay where they are while the series grows, until buckets double; and from a thousand points a bucket
 * on, chunks are read by their summaries alone.
 */
export async function buckets(
  tx: Transaction,
  tenantId: string,
  runId: string,
  name: string,
  maxPoints: number,
): Promise<MetricBucket[]> {
  const series = await tx.metricSeries.findUnique({
    where: { tenantId_runId_name: { tenantId, runId, name } },
    select: { count: true },
  });
  if (!series) return [];
  const size = bucketSize(series.count, maxPoints);
  if (size >= CHUNK_POINTS) {
    const chunks = size / CHUNK_POINTS;
    return tx.$queryRaw<MetricBucket[]>`
      SELECT min(first_step) AS "firstStep", max(last_step) AS "lastStep", min(min_value) AS min, max(max_value) AS max,
        (array_agg(last_value ORDER BY index DESC))[1] AS last, sum(count)::int AS count
      FROM metric_chunks
      WHERE tenant_id = ${tenantId} AND run_id = ${runId} AND name = ${name}
      GROUP BY index / ${chunks}::int ORDER BY min(index)`;
  }
  return tx.$queryRaw<MetricBucket[]>`
    SELECT min(p.step) AS "firstStep", max(p.step) AS "lastStep", min(p.value) AS min, max(p.value) AS max,
      max(p.value) FILTER (WHERE p.place % ${size}::int = 0 OR p.place = c.count) AS last, count(*)::int AS count
    FROM metric_chunks c CROSS JOIN LATERAL unnest(c.steps, c."values") WITH ORDINALITY AS p(step, value, place)
    WHERE c.tenant_id = ${tenantId} AND c.run_id = ${runId} AND c.name = ${name}
    GROUP BY c.index, (p.place - 1) / ${size}::int ORDER BY c.index, min(p.place)`;
}

/** Smallest of 1, 2, 5, 10, 20, 50, … with which `count` points make at most `maxPoints` buckets. */
export function bucketSize(count: number, maxPoints: number): number {
  for (let decade = 1; ; decade *= 10) {
    for (const digit of [1, 2, 5]) {
      const size = digit * decade;
      if (Math.ceil(count / size) <= maxPoints) return size;
    }
  }
}

// Not Math.min(...values): a batch may have more points than a call takes arguments.
const lowest = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
const highest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
