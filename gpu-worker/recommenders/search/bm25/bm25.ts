import { Bm25Config } from '../../../../schema/messages/recommender-options/search.js';
import { SEARCH_RANKER_OPTIONS } from '../../../../schema/messages/recommender-options/search-rankers.js';
import { readSafetensors, writeSafetensors } from '../../../compute/safetensors.js';
import { requireSearchable } from '../catalogue.js';
import type { FittedSearchRanker, Product, RankedProduct, SearchRanker } from '../search-ranker.js';
import { storedTexts, textsOf } from '../../stored-texts.js';
import { topProducts } from '../top-products.js';
import { addScores, indexProducts, termsOf, type InvertedIndex } from './inverted-index.js';
import { indexFrom, tensorsOfIndex } from './stored-index.js';

const NAME = 'bm25';
const FORMAT = `synthcart search ${NAME} model 1`;

/** The lexical baseline: learns nothing, and is hard to beat where queries use the catalogue's words. */
export const bm25: SearchRanker<Bm25Config> = {
  name: NAME,
  summary: SEARCH_RANKER_OPTIONS[NAME].summary,
  config: Bm25Config,

  async fit({ products }, config, session) {
    session.signal.throwIfAborted();
    return Bm25Ranker.over(products, config);
  },

  async load(bytes) {
    const file = readSafetensors(bytes);
    if (file.metadata['format'] !== FORMAT)
      throw new RangeError(`a model of the format "${file.metadata['format']}" isn't "${FORMAT}"`);
    const config = Bm25Config.parse(JSON.parse(file.metadata['config'] ?? 'null'));
    const products = textsOf(file, 'ids');
    return new Bm25Ranker(products, indexFrom(file, 'index', products.length), config);
  },
};

class Bm25Ranker implements FittedSearchRanker {
  readonly #scores: Float32Array;

  constructor(
    readonly products: readonly string[],
    private readonly index: InvertedIndex,
    private readonly config: Bm25Config,
  ) {
    this.#scores = new Float32Array(products.length);
  }

  static over(products: readonly Product[], config: Bm25Config): Bm25Ranker {
    requireSearchable(products);
    return new Bm25Ranker(
      products.map(({ id }) => id),
      indexProducts(products, config),
      config,
    );
  }

  rank(query: string, k: number, exclude?: ReadonlySet<string>): readonly RankedProduct[] {
    const scores = this.#scores.fill(0);
    addScores(this.index, termsOf(query, this.config.terms), scores);
    return topProducts(this.products, scores, k, exclude);
  }

  over(products: readonly Product[]): Bm25Ranker {
    return Bm25Ranker.over(products, this.config);
  }

  save(): Uint8Array {
    const tensors = tensorsOfIndex(this.index, 'index').set('ids', storedTexts(this.products));
    return writeSafetensors(tensors, { format: FORMAT, config: JSON.stringify(this.config) });
  }
}
