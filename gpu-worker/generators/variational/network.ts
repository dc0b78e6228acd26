import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { dense } from '../../compute/layers/dense.js';
import { heUniform, normal } from '../../compute/layers/initialisation.js';
import { crossEntropy } from '../../compute/layers/losses.js';
import { logSoftmax } from '../../compute/layers/softmax.js';
import type { Random } from '../../compute/random.js';
import { stored, type StoredOf } from '../../compute/tensors.js';
import { joinOutput, splitOutput } from '../encoding/output.js';
import type { VectorLayout } from '../encoding/row-encoding.js';

type Dense = { readonly weights: tf.Tensor; readonly bias: tf.Tensor };

/**
 * A variational auto-encoder of row vectors (Kingma and Welling, "Auto-encoding variational Bayes", 2014): dense layers with
 * ReLU, a normal posterior with independent coordinates. Given the latent vector, codes are categorical and scalars normal,
 * each with a deviation of its own that is learnt.
 *
 * The prior is a mixture of normal distributions that is learnt with the rest (Tomczak and Welling, "VAE with a VampPrior",
 * 2018, section 2: it is best where it equals the mean of the posteriors). Under a standard normal prior, latent vectors that
 * no row has are drawn often, and decoded to rows that are a blur of several.
 */
export type Parameters = {
  readonly encoder: readonly Dense[];
  readonly mean: Dense;
  readonly logVariance: Dense;
  readonly decoder: readonly Dense[];
  /** Logarithm of each scalar's deviation [scalars]; one unused number where there are none. */
  readonly logDeviation: tf.Tensor;
  readonly prior: Prior;
};

/** A mixture of normal distributions with independent coordinates, over latent vectors. */
export type Prior = {
  /** Of the components' weights [components]. */
  readonly logits: tf.Tensor;
  /** [components, latent] each. */
  readonly means: tf.Tensor;
  readonly logDeviations: tf.Tensor;
};

export const Shape = z.strictObject({
  latent: z.int().positive(),
  hiddenUnits: z.int().positive(),
  hiddenLayers: z.int().positive(),
  /** Of the prior. */
  components: z.int().positive(),
});
export type Shape = z.infer<typeof Shape>;

export function firstParameters(
  { units, scalars }: VectorLayout,
  { latent, hiddenUnits, hiddenLayers, components }: Shape,
  random: Random,
): StoredOf<Parameters> {
  const layer = (name: string, inputs: number, outputs: number): StoredOf<Dense> => ({
    weights: stored([inputs, outputs], heUniform(random.derive(name), [inputs, outputs])),
    bias: stored([outputs], new Float32Array(outputs)),
  });
  const hidden = Array.from({ length: hiddenLayers }, () => hiddenUnits);
  const chain = (name: string, ...sizes: readonly number[]): StoredOf<Dense>[] =>
    sizes.slice(1).map((outputs, index) => layer(`${name} ${index}`, sizes[index]!, outputs));
  return {
    encoder: chain('encoder', units, ...hidden),
    mean: layer('mean', hiddenUnits, latent),
    logVariance: layer('logVariance', hiddenUnits, latent),
    decoder: chain('decoder', latent, ...hidden, units),
    prior: {
      logits: stored([components], new Float32Array(components)),
      means: stored(
        [components, latent],
        normal(random.derive('prior'), [components, latent], 1 / PRIOR_PACE),
      ),
      logDeviations: stored([components, latent], new Float32Array(components * latent)),
    },
    logDeviation: stored([Math.max(1, scalars.length)], new Float32Array(Math.max(1, scalars.length))),
  };
}

/** Log variances beyond these are of no use, and their exponentials would overflow. */
const LOG_VARIANCE_RANGE = [-12, 8] as const;
/** A scalar that its column's code says all about would have no deviation, and an infinite likelihood. */
const LEAST_LOG_DEVIATION = -4;

/** The decoder's outputs [rows, units] of latent vectors [rows, latent]: scalars' means, and logits. */
export function decode({ decoder }: Parameters, latent: tf.Tensor2D, padding: tf.Tensor): tf.Tensor2D {
  return tf.add(feedForward(latent, decoder), padding);
}

/** Latent vectors [rows, latent] drawn from the posteriors of row vectors, by standard normal `noise` of that shape. */
export function encode(parameters: Parameters, values: tf.Tensor2D, noise: tf.Tensor2D): tf.Tensor2D {
  const encoded = tf.relu(feedForward(values, parameters.encoder));
  const logVariance = tf.clipByValue(dense(encoded, parameters.logVariance), ...LOG_VARIANCE_RANGE);
  const deviation = tf.exp(tf.mul(logVariance, 0.5));
  return tf.add<tf.Tensor2D>(dense(encoded, parameters.mean), tf.mul(deviation, noise));
}

/** The decoder's outputs with probabilities in place of logits. */
export function probabilitiesOf(layout: VectorLayout, output: tf.Tensor2D): tf.Tensor2D {
  const { scalars, logits } = splitOutput(layout, output);
  return joinOutput(
    scalars,
    logits.map((group) => tf.softmax(group)),
  );
}

export interface Batch {
  /** Row vectors [rows, units]. */
  readonly values: tf.Tensor2D;
  /** Which scalars count [rows, scalars]. */
  readonly counting: tf.Tensor2D;
  /** Standard normal numbers [rows, latent]. */
  readonly noise: tf.Tensor2D;
}

/** Mean negative log likelihood given the latent vector, and mean divergence of posterior from prior: nats a row. */
export function lossesOf(
  layout: VectorLayout,
  parameters: Parameters,
  { values, counting, noise }: Batch,
  padding: tf.Tensor,
): { readonly reconstruction: tf.Scalar; readonly divergence: tf.Scalar } {
  const encoded = tf.relu(feedForward(values, parameters.encoder));
  const mean = dense(encoded, parameters.mean);
  const logVariance = tf.clipByValue(dense(encoded, parameters.logVariance), ...LOG_VARIANCE_RANGE);
  const latent = tf.add<tf.Tensor2D>(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), noise));
  const output = splitOutput(layout, decode(parameters, latent, padding));
  const target = splitOutput(layout, values);
  const rows = values.shape[0];
  const errors: tf.Tensor[] = output.logits.map((logits, group) =>
    tf.sum(crossEntropy(logits, target.logits[group]!)),
  );
  if (output.scalars && target.scalars) {
    const logDeviation = tf.maximum(parameters.logDeviation, LEAST_LOG_DEVIATION);
    const distance = tf.div(tf.sub(target.scalars, output.scalars), tf.exp(logDeviation));
    const each = tf.add(tf.mul(tf.square(distance), 0.5), logDeviation);
    errors.push(tf.sum(tf.mul(each, counting)));
  }
  return {
    reconstruction: tf.div<tf.Scalar>(tf.addN(errors), rows),
    divergence: tf.mean<tf.Scalar>(divergenceOf(parameters.prior, latent, logVariance, noise)),
  };
}

/** One sample's estimate of the divergence of the posterior from the prior [rows]: log q(z) − log p(z). */
function divergenceOf(
  prior: Prior,
  latent: tf.Tensor2D,
  logVariance: tf.Tensor,
  noise: tf.Tensor2D,
): tf.Tensor {
  const ofPosterior = tf.mul(tf.sum(tf.add(tf.square(noise), logVariance), 1), -0.5);
  const [logits, means] = [tf.mul(prior.logits, PRIOR_PACE), tf.mul(prior.means, PRIOR_PACE)];
  const logDeviations = tf.clipByValue(tf.mul(prior.logDeviations, PRIOR_PACE), ...LOG_DEVIATION_RANGE);
  const precision = tf.exp(tf.mul(logDeviations, -2));
  // Σ ((z − m) / s)², as products of matrices [rows, latent] and [latent, components].
  const crossing = tf.matMul(latent, tf.mul<tf.Tensor2D>(means, precision), false, true);
  const squares = tf.matMul(tf.square(latent), precision, false, true);
  const constant = tf.add(
    tf.mul(tf.sum(tf.mul(tf.square(means), precision), 1), -0.5),
    tf.sub(logSoftmax(logits), tf.sum(logDeviations, 1)),
  );
  const joint = tf.add(tf.sub(crossing, tf.mul(squares, 0.5)), constant);
  return tf.sub(ofPosterior, logSumExp(joint));
}

/**
 * What the prior's parameters are stored as a fraction of: Adam then moves them so much faster than weights. They have far to
 * go, and follow the posteriors, which move.
 */
const PRIOR_PACE = 10;
const LOG_DEVIATION_RANGE = [-5, 3] as const;

/** Over the last axis. */
function logSumExp(x: tf.Tensor): tf.Tensor {
  return tf.mean(tf.sub(x, logSoftmax(x)), -1);
}

/** Latent vectors drawn from the prior [rows, latent]. */
export function drawLatent({ prior }: StoredOf<Parameters>, rows: number, random: Random): Float32Array {
  const [components, latent] = prior.means.shape as [number, number];
  const logits = Float64Array.from(prior.logits.values, (logit) => PRIOR_PACE * logit);
  const most = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - most));
  const chosen = Uint32Array.from({ length: rows }, () => random.categorical(weights));
  const [least, largest] = LOG_DEVIATION_RANGE;
  const deviations = Float64Array.from({ length: components * latent }, (_, index) =>
    Math.exp(Math.max(least, Math.min(largest, PRIOR_PACE * prior.logDeviations.values[index]!))),
  );
  const vectors = new Float32Array(rows * latent);
  chosen.forEach((component, row) => {
    for (let at = 0; at < latent; at++) {
      const from = component * latent + at;
      vectors[row * latent + at] =
        PRIOR_PACE * prior.means.values[from]! + deviations[from]! * random.normal();
    }
  });
  return vectors;
}

function feedForward(x: tf.Tensor, layers: readonly Dense[]): tf.Tensor2D {
  return layers.reduce<tf.Tensor>(
    (y, layer, index) => dense(index === 0 ? y : tf.relu(y), layer),
    x,
  ) as tf.Tensor2D;
}

/** Deviation of each scalar. */
export function deviationsOf({ logDeviation }: StoredOf<Parameters>): Float64Array {
  return Float64Array.from(logDeviation.values, (value) => Math.exp(Math.max(LEAST_LOG_DEVIATION, value)));
}
