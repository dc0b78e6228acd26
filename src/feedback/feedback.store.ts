import type { Transaction } from '../platform/database.js';
import type { CheckedEvent } from './feedback.events.js';

/**
 * Stores the events that are new and counts them, in one statement, so that a repeat is neither stored nor counted. Answers
 * how many were new.
 *
 * Batches of one model wait for each other: they add to the same counts anyway, and in this order none can wait for one that
 * waits for it.
 */
export async function storeFeedback(
  tx: Transaction,
  tenantId: string,
  modelId: string,
  events: readonly CheckedEvent[],
): Promise<number> {
  const column = <K extends keyof CheckedEvent>(name: K) => events.map((event) => event[name]);
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${JSON.stringify(['feedback', tenantId, modelId])}, 0))`;
  const [stored] = await tx.$queryRaw<{ count: number }[]>`
    WITH given AS (
      SELECT * FROM unnest(
        ${column('eventId')}::text[], ${column('modelVersionId')}::text[], ${column('type')}::text[], ${column('user')}::text[],
        ${column('visitor')}::text[], ${column('item')}::text[], ${column('position')}::int[],
        ${column('recommendationId')}::text[], ${column('at')}::timestamptz[], ${column('band')}::int[], ${column('part')}::int[]
      ) AS given(event_id, model_version_id, type, "user", visitor, item, position, recommendation_id, at, band, part)
    ), stored AS (
      INSERT INTO feedback_events
        (tenant_id, model_id, event_id, model_version_id, type, "user", visitor, item, position, recommendation_id, at)
      SELECT ${tenantId}, ${modelId}, event_id, model_version_id, type::"FeedbackType", "user", visitor, item, position,
        recommendation_id, at
      FROM given
      ON CONFLICT DO NOTHING
      RETURNING event_id
    ), counted AS (
      INSERT INTO feedback_counts AS c (tenant_id, model_version_id, hour, band, part, impressions, clicks, purchases)
      SELECT ${tenantId}, model_version_id, date_trunc('hour', at, 'UTC'), band, part,
        count(*) FILTER (WHERE type = 'IMPRESSION'), count(*) FILTER (WHERE type = 'CLICK'),
        count(*) FILTER (WHERE type = 'PURCHASE')
      FROM given JOIN stored USING (event_id)
      GROUP BY 2, 3, 4, 5
      ON CONFLICT (tenant_id, model_version_id, hour, band, part) DO UPDATE SET
        impressions = c.impressions + excluded.impressions,
        clicks = c.clicks + excluded.clicks,
        purchases = c.purchases + excluded.purchases
    )
    SELECT count(*)::int AS count FROM stored`;
  return stored?.count ?? 0;
}

export type TimeBucket = 'HOUR' | 'DAY';

/** What a part of the users did in a bucket of time. */
export interface PartCounts {
  modelVersionId: string;
  /** When the bucket begins, in UTC. */
  from: Date;
  part: number;
  impressions: number;
  clicks: number;
  purchases: number;
}

/**
 * What was counted for versions, in the hours from that of `from` to that of `to`, by buckets and parts, in the order of
 * time. `bands`: which positions. It reads at most 80 rows an hour and version, however many events there were.
 */
export function readCounts(
  tx: Transaction,
  tenantId: string,
  {
    modelVersionIds,
    bands,
    from,
    to,
    bucket,
  }: {
    modelVersionIds: readonly string[];
    bands: readonly number[];
    from: Date;
    to: Date;
    bucket: TimeBucket;
  },
): Promise<PartCounts[]> {
  return tx.$queryRaw<PartCounts[]>`
    SELECT model_version_id AS "modelVersionId", date_trunc(${bucket.toLowerCase()}, hour, 'UTC') AS "from", part,
      sum(impressions)::float8 AS impressions, sum(clicks)::float8 AS clicks, sum(purchases)::float8 AS purchases
    FROM feedback_counts
    WHERE tenant_id = ${tenantId} AND model_version_id = ANY(${[...modelVersionIds]}::text[])
      AND hour >= date_trunc('hour', ${from}::timestamptz, 'UTC') AND hour <= ${to}::timestamptz
      AND band = ANY(${[...bands]}::int[])
    GROUP BY 1, 2, 3 ORDER BY 2`;
}
