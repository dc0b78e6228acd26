import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { StoredPoint } from '../../schema/messages/live.js';
import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext } from '../access/context.js';
import type { Database } from '../platform/database.js';
import type { TailBatch } from '../platform/live-tail.js';
import type { LiveRuns } from '../runs/live-runs.js';
import { notFound } from '../server/errors.js';
import { resumeCursor, sequenceAt } from '../server/resume-cursor.js';
import { boundLater, type SubscriptionSources } from '../server/subscription-sources.js';
import { RunMetrics } from './run-metrics.types.js';

@Resolver()
export class RunMetricsResolver implements SubscriptionSources {
  readonly sources = {
    runMetrics: (request: RequestContext, args: Record<string, unknown>, signal: AbortSignal) =>
      this.#open(
        request,
        args['runId'] as string,
        args['names'] as string[] | null | undefined,
        args['after'] as string | null | undefined,
        signal,
      ),
  };

  constructor(
    private readonly database: Database,
    private readonly runs: LiveRuns,
  ) {}

  @Subscription(() => RunMetrics, {
    subscribe: boundLater,
    description:
      'The points of a run, each once: from the first one or from `after`, then as they come. Completes when the run has ' +
      'ended and all points were sent. A slow reader gets fewer, larger batches.',
  })
  runMetrics(
    @Root() { items, lastSequence }: TailBatch<StoredPoint>,
    @Arg('runId', () => ID, { description: 'The run.' }) _runId: string,
    @Arg('names', () => [String], { nullable: true, description: 'Only these series. Default: all.' })
    _names: string[] | null,
    @Arg('after', () => String, { nullable: true, description: 'Only what comes after this cursor.' })
    _after: string | null,
  ): RunMetrics {
    return {
      cursor: resumeCursor('points', lastSequence),
      points: items.map((point) => ({ ...point, at: new Date(point.at) })),
    };
  }

  async #open(
    request: RequestContext,
    runId: string,
    names: string[] | null | undefined,
    after: string | null | undefined,
    signal: AbortSignal,
  ): Promise<AsyncIterable<TailBatch<StoredPoint>>> {
    const context = requireTenant(request);
    const sequence = sequenceAt('points', after);
    await this.database.withTenant(scopeOf(context), async (tx) => {
      const boundTo = confinedTo(context);
      const run = await tx.run.findUnique({
        where: { tenantId_id: { tenantId: context.tenantId, id: runId } },
        select: { projectId: true },
      });
      if (!run || (boundTo && boundTo !== run.projectId)) throw notFound('run', runId, ['runId']);
      await authorize(context, tx, 'run:read', run.projectId);
    });
    const batches = this.runs.points(context.tenantId, runId, sequence, signal);
    return names ? ofSeries(batches, names) : batches;
  }
}

/** Filtered batches, made once for all subscribers of the same series, so that they too share one answer. */
const filtered = new WeakMap<TailBatch<StoredPoint>, Map<string, TailBatch<StoredPoint>>>();

async function* ofSeries(
  batches: AsyncGenerator<TailBatch<StoredPoint>>,
  names: readonly string[],
): AsyncGenerator<TailBatch<StoredPoint>> {
  const wanted = new Set(names);
  const key = JSON.stringify([...wanted].sort());
  for await (const batch of batches) {
    let bySeries = filtered.get(batch);
    if (!bySeries) {
      bySeries = new Map<string, TailBatch<StoredPoint>>();
      filtered.set(batch, bySeries);
    }
    let some = bySeries.get(key);
    if (!some) {
      some = { items: batch.items.filter(({ name }) => wanted.has(name)), lastSequence: batch.lastSequence };
      bySeries.set(key, some);
    }
    if (some.items.length > 0) yield some;
  }
}
