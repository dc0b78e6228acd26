import { Arg, ArgsType, Args, Ctx, Field, FieldResolver, Int, Mutation, Resolver, Root } from 'type-graphql';
import { Model, ModelVersion } from '../models/model.types.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { CUTOFFS } from './feedback.events.js';
import type { FeedbackService } from './feedback.service.js';
import { RecordFeedbackInput, RecordFeedbackPayload } from './feedback.types.js';
import type { Look, OnlineService } from './online.service.js';
import { OnlineMetrics, TimeBucket, VersionComparison } from './online.types.js';

@ArgsType()
class LookArgs {
  @Field(() => Int, {
    nullable: true,
    description: `Only the first positions: ${CUTOFFS.join(', ')}. Default: all, and events without a position.`,
  })
  cutoff?: number | null;

  @Field(() => Date, { nullable: true, description: 'From the hour of this time on.' })
  from?: Date | null;

  @Field(() => Date, { nullable: true, description: 'To the hour of this time. Default: now.' })
  to?: Date | null;
}

const lookOf = ({ cutoff, from, to }: LookArgs): Look => ({
  cutoff: cutoff ?? null,
  from: from ?? null,
  to: to ?? null,
});

@Resolver()
export class FeedbackResolver {
  constructor(private readonly feedback: FeedbackService) {}

  @Mutation(() => RecordFeedbackPayload, {
    description:
      'Records what people did with what a model recommended. Safe to repeat: an event counts once, by its id, in whatever batch it comes again.',
  })
  async recordFeedback(
    @Arg('input', () => RecordFeedbackInput, { description: 'The events.' }) input: RecordFeedbackInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<RecordFeedbackPayload>> {
    return this.feedback.record(request, input);
  }
}

@Resolver(() => ModelVersion)
export class VersionMetricsResolver {
  constructor(private readonly online: OnlineService) {}

  @FieldResolver(() => OnlineMetrics, {
    name: 'online',
    description: 'How it does with real people. Default: in the last 30 days.',
  })
  async metrics(
    @Root() { id }: ModelVersion,
    @Args(() => LookArgs) look: LookArgs,
    @Arg('bucket', () => TimeBucket, {
      defaultValue: TimeBucket.DAY,
      description: 'How long the parts are that the time is shown in.',
    })
    bucket: TimeBucket,
    @Ctx() context: GraphQLContext,
  ): Promise<OnlineMetrics> {
    return context
      .loader<string, OnlineMetrics>(`ModelVersion.online ${JSON.stringify([look, bucket])}`, (ids) =>
        this.online.metricsOf(context.request, ids, lookOf(look), bucket),
      )
      .load(id);
  }
}

@Resolver(() => Model)
export class ComparisonResolver {
  constructor(private readonly online: OnlineService) {}

  @FieldResolver(() => VersionComparison, {
    nullable: true,
    description:
      'Its two live versions side by side, since the traffic was last changed unless `from` says otherwise; null when there are not two.',
  })
  async comparison(
    @Root() { id }: Model,
    @Args(() => LookArgs) look: LookArgs,
    @Ctx() { request }: GraphQLContext,
  ): Promise<VersionComparison | null> {
    return this.online.compare(request, id, lookOf(look));
  }
}
