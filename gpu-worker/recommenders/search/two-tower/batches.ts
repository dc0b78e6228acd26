import type { Random } from '../../../compute/random.js';
import type { Product } from '../search-ranker.js';
import { syntheticQuery } from '../synthetic-queries.js';
import type { SimilarProducts } from './similar-products.js';
import { featureScale, MOST_QUERY_FEATURES, textFeatures, type TextFeatures } from './text-features.js';
import type { TrainingQuery } from './training-queries.js';

/** What batches are cut from. */
export interface BatchSource {
  readonly products: readonly Product[];
  readonly features: TextFeatures;
  readonly buckets: number;
  readonly queries: readonly TrainingQuery[];
  readonly similar: SimilarProducts;
  /** Queries of a batch; and products, those asked for first. */
  readonly batchSize: number;
  readonly candidates: number;
  /** Most features of a query and of a product. */
  readonly queryLength: number;
  readonly productLength: number;
}

/** Added to a candidate's logit that is as good an answer as the one asked for. */
const FORBIDDEN = -1e9;

export const batchSpecs = ({ batchSize, candidates, queryLength, productLength }: BatchSource) =>
  ({
    query: {
      buckets: { shape: [batchSize, queryLength], dtype: 'int32' },
      weights: { shape: [batchSize, queryLength], dtype: 'float32' },
    },
    product: {
      buckets: { shape: [candidates, productLength], dtype: 'int32' },
      weights: { shape: [candidates, productLength], dtype: 'float32' },
      fields: { shape: [candidates, productLength], dtype: 'int32' },
    },
    forbidden: { shape: [batchSize, candidates], dtype: 'float32' },
    gains: { shape: [batchSize], dtype: 'float32' },
  }) as const;

/** Inputs of a training step on those queries. */
export function batchOf(source: BatchSource, rows: Uint32Array, random: Random) {
  const { products, features, buckets, queries, similar, batchSize, candidates } = source;
  const asked = [...rows].map((row) => queries[row]!);
  const drawn = asked.map(({ product }) => product);
  const stream = random.derive('similar');
  for (let at = 0; drawn.length < candidates; at++)
    drawn.push(similar.draw(asked[at % batchSize]!.product, stream));

  const query = emptyBags(batchSize, source.queryLength);
  const gains = new Float32Array(batchSize);
  const forbidden = new Float32Array(batchSize * candidates);
  for (const [at, { text, product, gain, answers }] of asked.entries()) {
    const typed = text ?? syntheticQuery(products[product]!, random.derive('query', at));
    const found = textFeatures(typed, buckets, source.queryLength);
    query.buckets.set(found, at * source.queryLength);
    query.weights.fill(
      featureScale(found.length),
      at * source.queryLength,
      at * source.queryLength + found.length,
    );
    gains[at] = gain;
    for (const [candidate, place] of drawn.entries())
      if (candidate !== at && answers.has(place)) forbidden[at * candidates + candidate] = FORBIDDEN;
  }

  const product = {
    ...emptyBags(candidates, source.productLength),
    fields: new Int32Array(candidates * source.productLength),
  };
  for (const [candidate, place] of drawn.entries()) {
    const [from, to] = [features.starts[place]!, features.starts[place + 1]!];
    const at = candidate * source.productLength;
    product.buckets.set(features.buckets.subarray(from, to), at);
    product.fields.set(features.fields.subarray(from, to), at);
    product.weights.fill(featureScale(to - from), at, at + to - from);
  }
  return { query, product, forbidden, gains };
}

const emptyBags = (texts: number, length: number) => ({
  buckets: new Int32Array(texts * length),
  weights: new Float32Array(texts * length),
});

/** Lengths of queries' features are cut to what queries of these products can have. */
export const queryLengthFor = (productLength: number): number =>
  Math.min(MOST_QUERY_FEATURES, Math.max(16, Math.ceil(productLength * 1.25)));
