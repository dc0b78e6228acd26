import { TwoTowerConfig } from '../../../../schema/messages/recommender-options/search.js';
import { SEARCH_RANKER_OPTIONS } from '../../../../schema/messages/recommender-options/search-rankers.js';
import { Random } from '../../../compute/random.js';
import {
  readSafetensors,
  SafetensorsError,
  tensorOf,
  writeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from '../../../compute/safetensors.js';
import type { StoredOf } from '../../../compute/tensors.js';
import { filled, tensorsOf } from '../../../generators/training/checkpoint.js';
import { requireSearchable } from '../catalogue.js';
import type { FittedSearchRanker, Product, RankedProduct, SearchRanker } from '../search-ranker.js';
import { storedTexts, textsOf } from '../../stored-texts.js';
import { topProducts } from '../top-products.js';
import { TowerEncoder } from './encoder.js';
import { fitTowers } from './fit-towers.js';
import { firstParameters, type Parameters } from './network.js';
import { TowerIndex } from './tower-index.js';

const NAME = 'two-tower';
const FORMAT = `synthcart search ${NAME} model 1`;

/** See README.md in the folder above. */
export const twoTower: SearchRanker<TwoTowerConfig> = {
  name: NAME,
  summary: SEARCH_RANKER_OPTIONS[NAME].summary,
  config: TwoTowerConfig,

  async fit(training, config, session) {
    const { parameters, features } = await fitTowers(NAME, training, config, session);
    const ids = training.products.map(({ id }) => id);
    return new TwoTowerRanker(ids, parameters, TowerIndex.of(new TowerEncoder(parameters), features), config);
  },

  async load(bytes) {
    const file = readSafetensors(bytes);
    if (file.metadata['format'] !== FORMAT)
      throw new RangeError(`a model of the format "${file.metadata['format']}" isn't "${FORMAT}"`);
    const config = TwoTowerConfig.parse(JSON.parse(file.metadata['config'] ?? 'null'));
    const products = textsOf(file, 'ids');
    const { parameters, index } = towersFrom(file, config, products.length);
    return new TwoTowerRanker(products, parameters, index, config);
  },
};

class TwoTowerRanker implements FittedSearchRanker {
  readonly #scores: Float32Array;

  constructor(
    readonly products: readonly string[],
    private readonly parameters: StoredOf<Parameters>,
    private readonly index: TowerIndex,
    private readonly config: TwoTowerConfig,
  ) {
    this.#scores = new Float32Array(products.length);
  }

  rank(query: string, k: number, exclude?: ReadonlySet<string>): readonly RankedProduct[] {
    this.index.score(query, this.#scores);
    return topProducts(this.products, this.#scores, k, exclude);
  }

  over(products: readonly Product[]): TwoTowerRanker {
    requireSearchable(products);
    const ids = products.map(({ id }) => id);
    return new TwoTowerRanker(
      ids,
      this.parameters,
      TowerIndex.over(this.index.encoder, products),
      this.config,
    );
  }

  save(): Uint8Array {
    const tensors = tensorsOfTowers(this.parameters, this.index).set('ids', storedTexts(this.products));
    return writeSafetensors(tensors, { format: FORMAT, config: JSON.stringify(this.config) });
  }
}

export function tensorsOfTowers(
  parameters: StoredOf<Parameters>,
  { encoder, vectors }: TowerIndex,
): Map<string, StoredTensor> {
  return new Map<string, StoredTensor>(tensorsOf(parameters)).set('vectors', {
    shape: [vectors.length / encoder.width, encoder.width],
    values: vectors,
  });
}

/** Throws SafetensorsError or RangeError for tensors that aren't two towers and vectors of so many products. */
export function towersFrom(
  file: SafetensorsFile,
  config: TwoTowerConfig,
  products: number,
): { readonly parameters: StoredOf<Parameters>; readonly index: TowerIndex } {
  const form = firstParameters(config, Random.seeded(0), new Float32Array(config.buckets));
  const parameters = filled(form, file.tensors) as StoredOf<Parameters>;
  const vectors = tensorOf(file, 'vectors', 'F32');
  if (vectors.shape.join() !== [products, config.width].join())
    throw new SafetensorsError(`tensor "vectors" is [${vectors.shape.join()}], not of ${products} products`);
  return { parameters, index: new TowerIndex(new TowerEncoder(parameters), vectors.values) };
}
