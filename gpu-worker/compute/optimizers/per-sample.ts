import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../tensors.js';
import { SMALLEST_NORM } from './clipping.js';
import { leavesOf, zipTrees } from './trees.js';
import { valueAndGradients } from './value-and-gradients.js';

/**
 * Differentially private stochastic gradient descent (Abadi et al., "Deep learning with differential privacy", 2016,
 * algorithm 1): each example's gradient by itself, clipped, summed, and hidden in noise. What a step guarantees is
 * the accountant's to say, not this file's.
 */

/**
 * The loss of each example and its own gradient. `losses` is given the parameters [batch, ...], a copy for each example,
 * and answers [batch]: the loss of an example by its own copy alone, so that the gradient of their sum with respect
 * to a copy is that example's gradient. Gradients are [batch, ...].
 */
export function perSampleGradients<Parameters extends Tensors>(
  losses: (copies: Parameters) => tf.Tensor,
  parameters: Parameters,
  batch: number,
): { readonly total: tf.Scalar; readonly gradients: Parameters } {
  const copies = zipTrees(parameters, [], (parameter) =>
    tf.broadcastTo(tf.expandDims(parameter, 0), [batch, ...parameter.shape]),
  );
  const { value, gradients } = valueAndGradients(
    (tiled: Parameters) => tf.sum<tf.Scalar>(losses(tiled)),
    copies,
  );
  return { total: value, gradients };
}

/**
 * Scales each example's whole gradient down to a norm of `limit` at most, and sums over examples. `present` [batch], 0
 * or 1, leaves examples out: a batch drawn by Poisson sampling varies in length, and a program's doesn't. Answers the
 * norms [batch] before, too; they are private, and must not leave with the model.
 */
export function clipAndSum<Gradients extends Tensors>(
  gradients: Gradients,
  limit: tf.Scalar | number,
  present?: tf.Tensor,
): { readonly sum: Gradients; readonly norms: tf.Tensor } {
  const matrices = leavesOf(gradients).map(asMatrix);
  const norms = tf.sqrt(tf.addN(matrices.map((matrix) => tf.sum(tf.square(matrix), 1))));
  const clipped = tf.minimum(tf.div(limit, tf.maximum(norms, SMALLEST_NORM)), 1);
  const scales = tf.reshape(present ? tf.mul(clipped, present) : clipped, [1, -1]);
  const sum = zipTrees(gradients, [], (gradient) =>
    tf.reshape(tf.matMul(scales, asMatrix(gradient)), gradient.shape.slice(1)),
  );
  return { sum, norms };
}

/**
 * (sum + multiplier · limit · noise) / batch: the private gradient. `noise` is standard normal, shaped as the parameters;
 * `limit` the norm that gradients were clipped to; `batch` the expected number of examples, a public number, rather
 * than how many were drawn.
 */
export function noisyMean<Gradients extends Tensors>(
  sum: Gradients,
  noise: Gradients,
  { limit, multiplier, batch }: { limit: number; multiplier: number; batch: number },
): Gradients {
  return zipTrees(sum, [noise], (gradient, normal) =>
    tf.div(tf.add(gradient, tf.mul(normal, multiplier * limit)), batch),
  );
}

function asMatrix(gradient: tf.Tensor): tf.Tensor2D {
  const [batch, ...rest] = gradient.shape as [number, ...number[]];
  return tf.reshape(gradient, [batch, tf.util.sizeFromShape(rest)]);
}
