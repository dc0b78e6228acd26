import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext } from '../access/context.js';
import { visibleTo } from '../models/model.lookup.js';
import type { Database } from '../platform/database.js';
import type { ModelVersion } from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode } from '../server/errors.js';
import { judge } from './comparison.js';
import { CUTOFFS } from './feedback.events.js';
import { readCounts, type PartCounts } from './feedback.store.js';
import { TimeBucket, type OnlineCounts, type OnlineMetrics, type VersionComparison } from './online.types.js';
import { differenceOf, rateOf } from './rates.js';

/** What is looked at. Times that are null have defaults. */
export interface Look {
  cutoff: number | null;
  from: Date | null;
  to: Date | null;
}

const DEFAULT_DAYS = 30;
const MOST_BUCKETS = 1_000;
const BUCKET_MS: Readonly<Record<TimeBucket, number>> = { HOUR: 3_600_000, DAY: 86_400_000 };

/** How versions do with real people. */
export class OnlineService {
  constructor(private readonly database: Database) {}

  /** The figures of each version, in the order of the ids. Throws INVALID_INPUT for a look that can't be taken. */
  async metricsOf(
    request: RequestContext,
    modelVersionIds: readonly string[],
    look: Look,
    bucket: TimeBucket,
  ): Promise<OnlineMetrics[]> {
    const context = requireTenant(request);
    const bands = bandsWithin(look.cutoff);
    const to = look.to ?? new Date();
    const from = look.from ?? new Date(to.getTime() - DEFAULT_DAYS * BUCKET_MS.DAY);
    const buckets = Math.ceil((to.getTime() - from.getTime()) / BUCKET_MS[bucket]);
    requireOrder(from, to);
    if (buckets > MOST_BUCKETS) {
      throw invalid(
        `That would be ${buckets.toLocaleString('en')} buckets; at most ${MOST_BUCKETS.toLocaleString('en')} are shown. Choose a shorter time${bucket === TimeBucket.HOUR ? ', or DAY' : ''}.`,
        'from',
      );
    }
    const counts = await this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'model:read', confinedTo(context));
      return readCounts(tx, context.tenantId, { modelVersionIds, bands, from, to, bucket });
    });
    return modelVersionIds.map((id) => {
      const own = counts.filter(({ modelVersionId }) => modelVersionId === id);
      const byTime = groupsOf(own, (row) => row.from.getTime());
      return {
        ...countsOf(own),
        ...{ from, to, cutoff: look.cutoff },
        buckets: [...byTime].map(([time, rows]) => ({ from: new Date(time), ...countsOf(rows) })),
      };
    });
  }

  /** The two live versions of a model, since the traffic was last changed unless `look` says otherwise; null when there aren't two. */
  async compare(request: RequestContext, modelId: string, look: Look): Promise<VersionComparison | null> {
    const context = requireTenant(request);
    const bands = bandsWithin(look.cutoff);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const model = await tx.model.findFirst({
        where: { AND: [visibleTo(context), { id: modelId }] },
        include: {
          versions: { where: { stage: 'LIVE' }, orderBy: { number: 'asc' } },
          deployments: { orderBy: { revision: 'desc' }, take: 1 },
        },
      });
      if (!model) return null;
      await authorize(context, tx, 'model:read', model.projectId);
      const [first, second] = model.versions;
      if (!first || !second) return null;
      const to = look.to ?? new Date();
      const from = look.from ?? model.deployments[0]?.createdAt ?? model.createdAt;
      requireOrder(from, to);
      const counts = await readCounts(tx, context.tenantId, {
        modelVersionIds: [first.id, second.id],
        ...{ bands, from, to, bucket: TimeBucket.DAY },
      });
      return compared(first, second, counts, { from, to, cutoff: look.cutoff });
    });
  }
}

function compared(
  first: ModelVersion,
  second: ModelVersion,
  counts: readonly PartCounts[],
  { from, to, cutoff }: { from: Date; to: Date; cutoff: number | null },
): VersionComparison {
  const of = ({ id }: ModelVersion) => countsOf(counts.filter(({ modelVersionId }) => modelVersionId === id));
  const [firstCounts, secondCounts] = [of(first), of(second)];
  const where =
    cutoff === null ? 'in its lists' : cutoff === 1 ? 'in the first place' : `among the first ${cutoff}`;
  const { difference, verdict, summary } = judge(
    { number: first.number, ...firstCounts },
    { number: second.number, ...secondCounts },
    where,
  );
  const [one, other] = [firstCounts.purchaseRate, secondCounts.purchaseRate];
  return {
    ...{ first, second, firstCounts, secondCounts, from, to, verdict, summary },
    ctrDifference: difference,
    purchaseRateDifference: one && other && differenceOf(one, other),
  };
}

function countsOf(rows: readonly PartCounts[]): OnlineCounts {
  const parts = [...groupsOf(rows, ({ part }) => part).values()].map((of) => ({
    impressions: sum(of, 'impressions'),
    clicks: sum(of, 'clicks'),
    purchases: sum(of, 'purchases'),
  }));
  const rate = (followed: 'clicks' | 'purchases') =>
    rateOf(parts.map((part) => ({ shown: part.impressions, followed: part[followed] })));
  return {
    impressions: sum(parts, 'impressions'),
    clicks: sum(parts, 'clicks'),
    purchases: sum(parts, 'purchases'),
    ctr: rate('clicks'),
    purchaseRate: rate('purchases'),
  };
}

/** In the order in which their keys first come. */
function groupsOf<Row>(rows: readonly Row[], keyOf: (row: Row) => number): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

type Counted = 'impressions' | 'clicks' | 'purchases';
const sum = (rows: readonly Readonly<Record<Counted, number>>[], name: Counted): number =>
  rows.reduce((total, row) => total + row[name], 0);

function bandsWithin(cutoff: number | null): number[] {
  if (cutoff === null) return [0, ...CUTOFFS];
  if (!CUTOFFS.some((known) => known === cutoff))
    throw invalid(`\`cutoff\` is one of ${CUTOFFS.join(', ')}, or left out for all positions.`, 'cutoff');
  return CUTOFFS.filter((known) => known <= cutoff);
}

function requireOrder(from: Date, to: Date): void {
  if (from.getTime() <= to.getTime()) return;
  throw invalid('`from` lies behind `to`.', 'from');
}

const invalid = (message: string, argument: string): UserError =>
  new UserError(UserErrorCode.INVALID_INPUT, message, [argument]);
