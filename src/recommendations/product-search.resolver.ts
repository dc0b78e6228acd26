import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../server/graphql-context.js';
import type { ProductSearchService } from './product-search.service.js';
import { ProductSearch, SearchProductsInput } from './product-search.types.js';

@Resolver()
export class ProductSearchResolver {
  constructor(private readonly searches: ProductSearchService) {}

  @Query(() => ProductSearch, {
    description:
      'Finds products for a query, with a trained search ranker. Answered by a worker that holds it in memory; the first answer takes as long as loading it.',
  })
  async searchProducts(
    @Arg('input', () => SearchProductsInput, { description: 'What is asked, and for what.' })
    input: SearchProductsInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<ProductSearch> {
    return this.searches.search(request, input);
  }
}
