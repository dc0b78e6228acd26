import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../server/graphql-context.js';
import type { RecommendationService } from './recommendation.service.js';
import { Recommendations, RecommendationsInput } from './recommendation.types.js';

@Resolver()
export class RecommendationResolver {
  constructor(private readonly recommendations: RecommendationService) {}

  @Query(() => Recommendations, {
    description:
      'Ranks items for a user, with a trained recommender. Answered by a worker that holds it in memory; the first answer takes as long as loading it.',
  })
  async recommend(
    @Arg('input', () => RecommendationsInput, { description: 'What ranks, and for whom.' })
    input: RecommendationsInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Recommendations> {
    return this.recommendations.recommend(request, input);
  }
}
