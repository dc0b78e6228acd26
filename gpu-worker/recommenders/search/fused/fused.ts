import { z } from 'zod';
import { FusedSearchConfig } from '../../../../schema/messages/recommender-options/search.js';
import { SEARCH_RANKER_OPTIONS } from '../../../../schema/messages/recommender-options/search-rankers.js';
import { readSafetensors, writeSafetensors } from '../../../compute/safetensors.js';
import type { StoredOf } from '../../../compute/tensors.js';
import { pausing } from '../../../evaluation/pause.js';
import { addScores, indexProducts, termsOf, TERM_KINDS, type InvertedIndex } from '../bm25/inverted-index.js';
import { indexFrom, tensorsOfIndex } from '../bm25/stored-index.js';
import { requireSearchable } from '../catalogue.js';
import type { FittedSearchRanker, Product, RankedProduct, SearchRanker } from '../search-ranker.js';
import { storedTexts, textsOf } from '../../stored-texts.js';
import { topProducts } from '../top-products.js';
import { TowerEncoder } from '../two-tower/encoder.js';
import { fitTowers } from '../two-tower/fit-towers.js';
import type { Parameters } from '../two-tower/network.js';
import { TowerIndex } from '../two-tower/tower-index.js';
import { tensorsOfTowers, towersFrom } from '../two-tower/two-tower.js';
import { fittedWeights, fuseRanks, fuseScores, type RankerScores } from './fusion.js';

const NAME = 'fused';
const FORMAT = `synthcart search ${NAME} model 1`;
/** BM25 over words, over trigrams and over beginnings, and the two towers. */
const RANKERS = TERM_KINDS.length + 1;

const Description = z.strictObject({
  config: FusedSearchConfig,
  /** Of the rankers, in their order. */
  weights: z.array(z.number().min(0)).length(RANKERS),
});
type Description = z.infer<typeof Description>;

/** See README.md in the folder above. */
export const fused: SearchRanker<FusedSearchConfig> = {
  name: NAME,
  summary: SEARCH_RANKER_OPTIONS[NAME].summary,
  config: FusedSearchConfig,

  async fit(training, config, session) {
    const { parameters, features, validation } = await fitTowers(NAME, training, config, session);
    const index = TowerIndex.of(new TowerEncoder(parameters), features);
    const parts = { parameters, lexical: indexesOver(training.products, config), index };
    const ids = training.products.map(({ id }) => id);
    const pause = pausing(session.signal, () => {});
    const scores = emptyScores(ids.length);
    const weights =
      config.fusion === 'weights'
        ? await fittedWeights(validation, (query) => score(parts, query, scores), RANKERS, pause)
        : Array.from({ length: RANKERS }, () => 1 / RANKERS);
    return new FusedRanker(ids, parts, { config, weights: [...weights] });
  },

  async load(bytes) {
    const file = readSafetensors(bytes);
    if (file.metadata['format'] !== FORMAT)
      throw new RangeError(`a model of the format "${file.metadata['format']}" isn't "${FORMAT}"`);
    const description = Description.parse(JSON.parse(file.metadata['description'] ?? 'null'));
    const products = textsOf(file, 'ids');
    const parts = {
      ...towersFrom(file, description.config, products.length),
      lexical: TERM_KINDS.map((kind) => indexFrom(file, kind, products.length)),
    };
    return new FusedRanker(products, parts, description);
  },
};

interface Parts {
  /** One of each of TERM_KINDS. */
  readonly lexical: readonly InvertedIndex[];
  readonly parameters: StoredOf<Parameters>;
  readonly index: TowerIndex;
}

class FusedRanker implements FittedSearchRanker {
  /** Of one query after the other. */
  readonly #own: RankerScores;
  readonly #scores: Float32Array;

  constructor(
    readonly products: readonly string[],
    private readonly parts: Parts,
    private readonly description: Description,
  ) {
    this.#own = emptyScores(products.length);
    this.#scores = new Float32Array(products.length);
  }

  rank(query: string, k: number, exclude?: ReadonlySet<string>): readonly RankedProduct[] {
    const { config, weights } = this.description;
    const scores = score(this.parts, query, this.#own);
    switch (config.fusion) {
      case 'weights':
        fuseScores(scores, weights, this.#scores);
        break;
      case 'reciprocalRank':
        fuseRanks(scores, this.#scores);
        break;
    }
    return topProducts(this.products, this.#scores, k, exclude);
  }

  over(products: readonly Product[]): FusedRanker {
    requireSearchable(products);
    const { parameters, index } = this.parts;
    const parts = {
      lexical: indexesOver(products, this.description.config),
      parameters,
      index: TowerIndex.over(index.encoder, products),
    };
    return new FusedRanker(
      products.map(({ id }) => id),
      parts,
      this.description,
    );
  }

  save(): Uint8Array {
    const { lexical, parameters, index } = this.parts;
    const tensors = new Map([
      ...tensorsOfTowers(parameters, index),
      ...lexical.flatMap((of, kind) => [...tensorsOfIndex(of, TERM_KINDS[kind]!)]),
      ['ids', storedTexts(this.products)] as const,
    ]);
    return writeSafetensors(tensors, { format: FORMAT, description: JSON.stringify(this.description) });
  }
}

function indexesOver(products: readonly Product[], config: FusedSearchConfig): InvertedIndex[] {
  return TERM_KINDS.map((terms) => indexProducts(products, { ...config, terms }));
}

/** An array [products] for each of RANKERS. */
const emptyScores = (products: number): RankerScores =>
  Array.from({ length: RANKERS }, () => new Float32Array(products));

/** What each of RANKERS says, in their order. */
function score({ lexical, index }: Parts, query: string, into: RankerScores): RankerScores {
  for (const [kind, of] of lexical.entries())
    addScores(of, termsOf(query, TERM_KINDS[kind]!), into[kind]!.fill(0));
  index.score(query, into[RANKERS - 1]!);
  return into;
}
