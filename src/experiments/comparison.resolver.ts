import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { Experiment as ExperimentRow } from '../platform/prisma-client/client.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import type { TrainingComparisonService } from './comparison.service.js';
import { TrainingComparison, StartComparisonInput, StartComparisonPayload } from './comparison.types.js';
import { Experiment, type ExperimentPayload } from './experiment.types.js';

@Resolver(() => Experiment)
export class TrainingComparisonResolver {
  constructor(private readonly comparisons: TrainingComparisonService) {}

  @FieldResolver(() => TrainingComparison, {
    nullable: true,
    description: 'What it compares and found so far, when it was started by `startComparison`.',
  })
  async comparison(
    @Root() experiment: ExperimentRow,
    @Ctx() { request }: GraphQLContext,
  ): Promise<TrainingComparison | null> {
    return this.comparisons.read(request, experiment);
  }

  @Mutation(() => StartComparisonPayload, {
    description:
      'Makes an experiment that compares training with and without synthetic users, and queues its runs.',
  })
  async startComparison(
    @Arg('input', () => StartComparisonInput, { description: 'The comparison.' }) input: StartComparisonInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<ExperimentPayload>> {
    return { experiment: await this.comparisons.start(request, input) };
  }
}
