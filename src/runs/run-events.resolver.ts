import { Arg, Ctx, FieldResolver, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { RequestContext } from '../access/context.js';
import type { Run as RunRow, RunEvent as EventRow } from '../platform/prisma-client/client.js';
import { notFound } from '../server/errors.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { resumeCursor, sequenceAt } from '../server/resume-cursor.js';
import { boundLater, type SubscriptionSources } from '../server/subscription-sources.js';
import type { LiveRuns } from './live-runs.js';
import { RunEvent } from './run-events.types.js';
import type { RunService } from './run.service.js';
import { Run } from './run.types.js';

@Resolver(() => RunEvent)
export class RunEventsResolver implements SubscriptionSources {
  readonly sources = {
    runEvents: (request: RequestContext, args: Record<string, unknown>, signal: AbortSignal) =>
      this.#open(request, args['runId'] as string, args['after'] as string | null | undefined, signal),
  };

  constructor(
    private readonly runs: RunService,
    private readonly live: LiveRuns,
  ) {}

  @Subscription(() => RunEvent, {
    subscribe: boundLater,
    description:
      'What happens to a run, each thing once and in order: from the beginning or from `after`, then as it happens. ' +
      'Completes when the run has ended.',
  })
  runEvents(
    @Root() event: EventRow,
    @Arg('runId', () => ID, { description: 'The run.' }) _runId: string,
    @Arg('after', () => String, { nullable: true, description: 'Only what comes after this cursor.' })
    _after: string | null,
  ): Omit<RunEvent, 'run'> & { runId: string } {
    const { sequence, createdAt, ...shown } = event;
    return { ...shown, cursor: resumeCursor('events', sequence), at: createdAt };
  }

  @FieldResolver(() => Run)
  async run(@Root() { runId }: { runId: string }, @Ctx() { request }: GraphQLContext): Promise<RunRow> {
    const run = await this.runs.find(request, runId);
    if (!run) throw notFound('run', runId);
    return run;
  }

  async #open(
    request: RequestContext,
    runId: string,
    after: string | null | undefined,
    signal: AbortSignal,
  ): Promise<AsyncIterable<EventRow>> {
    const sequence = sequenceAt('events', after);
    const run = await this.runs.find(request, runId);
    if (!run) throw notFound('run', runId, ['runId']);
    return eachOf(this.live.events(run.tenantId, runId, sequence, signal));
  }
}

async function* eachOf(batches: AsyncGenerator<{ items: readonly EventRow[] }>): AsyncGenerator<EventRow> {
  for await (const { items } of batches) yield* items;
}
