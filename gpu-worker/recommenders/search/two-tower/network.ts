import * as tf from '@tensorflow/tfjs-core';
import { dense } from '../../../compute/layers/dense.js';
import { embedding } from '../../../compute/layers/embedding.js';
import { heNormal } from '../../../compute/layers/initialisation.js';
import { crossEntropyOfLabels } from '../../../compute/layers/losses.js';
import type { Random } from '../../../compute/random.js';
import { stored, type StoredOf } from '../../../compute/tensors.js';
import { PRODUCT_FIELDS } from '../search-ranker.js';

/** A tower's own part: what it adds to a bag of features. */
export type TowerParameters = {
  readonly hidden: { readonly weights: tf.Tensor; readonly bias: tf.Tensor };
  readonly output: { readonly weights: tf.Tensor };
};

/** Both towers read one table of features, so that a word means the same in a query and in a product. */
export type Parameters = {
  /** [buckets, width] */
  readonly features: tf.Tensor;
  /** Logarithms of what a feature counts for by its field: [fields]. */
  readonly fields: tf.Tensor;
  readonly query: TowerParameters;
  readonly product: TowerParameters;
};

export interface Shape {
  readonly buckets: number;
  readonly width: number;
  readonly hiddenUnits: number;
}

/** Texts as features, padded to one length. */
export interface Bags {
  /** Buckets: int32 [texts, length]. */
  readonly buckets: tf.Tensor;
  /** What each counts for, 0 where there is none: [texts, length]. */
  readonly weights: tf.Tensor;
}

/** Added to vectors' squared lengths, so that a text without features has the vector 0. */
export const LEAST_SQUARE = 1e-12;
/** A title says more than a description. */
const FIRST_FIELD_WEIGHTS = [2, 1, 1, 0.5];

/**
 * Vectors begin as random projections of bags of features, the rarer a feature the longer its vector, so that an untrained
 * network already finds what shares rare features; the towers' layers begin with nothing to add.
 *
 * @param lengths of the features' vectors [buckets], about 1
 */
export function firstParameters(
  { buckets, width, hiddenUnits }: Shape,
  random: Random,
  lengths: Float32Array,
): StoredOf<Parameters> {
  const tower = (name: string): StoredOf<TowerParameters> => ({
    hidden: {
      weights: stored([width, hiddenUnits], heNormal(random.derive(name), [width, hiddenUnits])),
      bias: stored([hiddenUnits], new Float32Array(hiddenUnits)),
    },
    output: { weights: stored([hiddenUnits, width], new Float32Array(hiddenUnits * width)) },
  });
  const stream = random.derive('features');
  const features = Float32Array.from(
    { length: buckets * width },
    (_, at) => (lengths[Math.floor(at / width)]! * stream.normal()) / Math.sqrt(width),
  );
  return {
    features: stored([buckets, width], features),
    fields: stored([PRODUCT_FIELDS.length], Float32Array.from(FIRST_FIELD_WEIGHTS, Math.log)),
    query: tower('query'),
    product: tower('product'),
  };
}

/** Unit vectors [texts, width]: a bag of features, and what the tower's hidden layer adds to it. */
export function encode(features: tf.Tensor, tower: TowerParameters, { buckets, weights }: Bags): tf.Tensor {
  const rows = embedding(buckets, features);
  const bag = tf.sum(tf.mul(rows, tf.expandDims(weights, -1)), 1);
  const vectors = tf.add(bag, dense(tf.relu(dense(bag, tower.hidden)), tower.output));
  const squares = tf.sum(tf.square(vectors), -1, true);
  return tf.div(vectors, tf.sqrt(tf.add(squares, LEAST_SQUARE)));
}

/** Of a product's features, by the fields [texts, length] (int32) that they are of. */
export function fieldWeights(parameters: Parameters, fields: tf.Tensor): tf.Tensor {
  return tf.reshape(tf.gather(tf.exp(parameters.fields), tf.reshape(fields, [fields.size])), fields.shape);
}

export interface Batch {
  readonly query: Bags;
  /** The product that each query asks for, then others: [candidates, length]. */
  readonly product: Bags & { readonly fields: tf.Tensor };
  /** 0, or a large negative number where a candidate is as good as the one asked for: [queries, candidates]. */
  readonly forbidden: tf.Tensor;
  /** What each query counts for: [queries]. */
  readonly gains: tf.Tensor;
}

/**
 * Mean over queries of the negative log likelihood, in nats, of the product asked for among all products of the batch, by
 * cosines over a temperature (Yi et al., "Sampling-bias-corrected neural modeling for large corpus item recommendations",
 * 2019, equation 3; the correction isn't needed where products are met equally often).
 */
export function lossOf(
  parameters: Parameters,
  { query, product, forbidden, gains }: Batch,
  temperature: number,
): tf.Scalar {
  const { buckets, fields } = product;
  const weights = tf.mul(product.weights, fieldWeights(parameters, fields));
  const queries = encode(parameters.features, parameters.query, query);
  const products = encode(parameters.features, parameters.product, { buckets, weights });
  const cosines = tf.matMul(queries, products, false, true);
  const logits = tf.add(tf.div(cosines, temperature), forbidden);
  const labels = tf.range(0, gains.size, 1, 'int32');
  const losses = crossEntropyOfLabels(logits, labels);
  return tf.div(tf.sum(tf.mul(losses, gains)), tf.sum(gains));
}
