import { SearchQuery, SearchReply } from '../../schema/messages/search-request.js';
import { searchSubject } from '../../schema/messages/subjects.js';
import type { RequestContext } from '../access/context.js';
import type { ArtifactService } from '../artifacts/artifact.service.js';
import { checked, invalid, withoutNulls } from '../runs/request-checks.js';
import type { ProductSearch, SearchProductsInput } from './product-search.types.js';
import { refusalOf, type WorkerAnswers } from './worker-answers.js';

const FIELD = ['input', 'searchRankerArtifactId'];

/** Finds products with trained search rankers. */
export class ProductSearchService {
  constructor(
    private readonly artifacts: Pick<ArtifactService, 'trained'>,
    private readonly answers: WorkerAnswers,
  ) {}

  /** Throws as `RecommendationService.recommend` does; INVALID_INPUT for a query without a character, too. */
  async search(
    request: RequestContext,
    { searchRankerArtifactId, ...asked }: SearchProductsInput,
  ): Promise<ProductSearch> {
    if (asked.query.trim() === '')
      throw invalid('Say what to look for: `query` is empty.', ['input', 'query']);
    const query = checked(SearchQuery, withoutNulls(asked), ['input']);
    const artifact = await this.artifacts.trained(request, searchRankerArtifactId, 'SEARCH_RANKER', FIELD);
    const { id, runId } = artifact;
    const reply = SearchReply.parse(await this.answers.ask(artifact, searchSubject, query));
    if (reply.answer !== 'FOUND') throw refusalOf(reply, id, FIELD);
    return {
      products: reply.products.map(({ title = null, brand = null, category = null, ...found }) => ({
        ...found,
        ...{ title, brand, category },
      })),
      unknownWords: reply.unknownWords,
      model: { artifactId: id, runId, ranker: reply.ranker },
    };
  }
}
