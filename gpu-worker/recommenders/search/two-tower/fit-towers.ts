import type { TwoTowerConfig } from '../../../../schema/messages/recommender-options/search.js';
import type { AdamState } from '../../../compute/optimizers/adam.js';
import { Random } from '../../../compute/random.js';
import { zerosLike, type StoredOf } from '../../../compute/tensors.js';
import { UserFailure } from '../../../failure.js';
import type { FitSession } from '../../../generators/generator.js';
import { trainEpochs } from '../../../generators/training/epochs.js';
import { originOf } from '../../../generators/training/origin.js';
import { requireSearchable } from '../catalogue.js';
import type { SearchTraining } from '../search-ranker.js';
import { queryLengthFor, type BatchSource } from './batches.js';
import { firstParameters, type Parameters } from './network.js';
import { SimilarProducts } from './similar-products.js';
import { openTrainer } from './steps.js';
import { longest, productFeatures, type TextFeatures } from './text-features.js';
import { trainingQueries, type ValidationQuery } from './training-queries.js';

const DEFAULT_STEPS = 1200;
const DEFAULT_EPOCHS = { least: 2, most: 100 };

export interface FittedTowers {
  readonly parameters: StoredOf<Parameters>;
  readonly features: TextFeatures;
  /** Queries that nothing was learnt from. */
  readonly validation: readonly ValidationQuery[];
}

/** Trains the two towers. Throws as `SearchRanker.fit` does, and INVALID_CONFIG where there is no query to learn from. */
export async function fitTowers(
  name: string,
  training: SearchTraining,
  config: TwoTowerConfig,
  session: FitSession,
): Promise<FittedTowers> {
  const { products } = training;
  requireSearchable(products);
  session.signal.throwIfAborted();
  const random = Random.seeded(session.seed);
  const queries = trainingQueries(training, config, random);
  if (queries.training.length === 0) {
    throw new UserFailure(
      'INVALID_CONFIG',
      'There is no judged query whose product is in the catalogue, and queriesAProduct is 0, so that there is no query to ' +
        'learn from. Set queriesAProduct to 1 or more.',
      { field: 'options.queriesAProduct' },
    );
  }
  const features = productFeatures(products, config.buckets);
  const first = firstParameters(
    config,
    random.derive('initial'),
    rarity(features, queries.products, config.buckets),
  );
  const { validation } = queries;
  // Nothing to tell apart.
  if (queries.products.length < 2) return { parameters: first, features, validation };
  const batchSize = Math.min(config.batchSize, queries.training.length);
  const productLength = longest(features);
  const source: BatchSource = {
    ...{ products, features, batchSize, productLength },
    buckets: config.buckets,
    queries: queries.training,
    similar: new SimilarProducts(products, queries.products),
    candidates: batchSize * (1 + config.hardNegatives),
    queryLength: queryLengthFor(productLength),
  };
  const batches = Math.max(1, Math.floor(queries.training.length / batchSize));
  const epochs = Math.min(
    DEFAULT_EPOCHS.most,
    Math.max(DEFAULT_EPOCHS.least, Math.round(DEFAULT_STEPS / batches)),
  );
  const parameters = await trainEpochs<AdamState<Parameters>, Parameters>({
    generator: name,
    session,
    random,
    origin: originOf(session.seed, config, training),
    rows: Uint32Array.from(queries.training.keys()),
    batchSize,
    epochs: config.epochs ?? epochs,
    patience: config.patience,
    learningRate: config.learningRate,
    first: { parameters: first, means: zerosLike(first), squares: zerosLike(first) },
    kept: (state) => state.parameters,
    open: (engine, state) => openTrainer(engine, state, config, source, validation),
  });
  return { parameters, features, validation };
}

/**
 * First lengths of features' vectors: √ln((N + 1) / (n + 1)) of a feature that n of N products have, by their root mean
 * square, so that a cosine of two bags weighs features as their inverse document frequency does.
 */
function rarity({ starts, buckets }: TextFeatures, places: Uint32Array, count: number): Float32Array {
  const holders = new Float32Array(count);
  for (const place of places)
    for (const bucket of new Set(buckets.subarray(starts[place], starts[place + 1]))) holders[bucket]!++;
  const idf = holders.map((n) => Math.log((places.length + 1) / (n + 1)));
  let [sum, met] = [0, 0];
  for (const [bucket, n] of holders.entries()) {
    if (n === 0) continue;
    sum += idf[bucket]!;
    met++;
  }
  const mean = sum / Math.max(1, met);
  return idf.map((value) => (mean > 0 ? Math.sqrt(value / mean) : 1));
}
