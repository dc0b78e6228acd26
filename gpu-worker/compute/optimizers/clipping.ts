import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../tensors.js';
import { leavesOf, zipTrees } from './trees.js';

/** Norms below this count as this, so that gradients of 0 stay 0. */
export const SMALLEST_NORM = 1e-12;

/**
 * Gradients scaled down so that the norm of all together is `limit` at most (Pascanu et al., "On the difficulty of
 * training recurrent neural networks", 2013, algorithm 1); and the norm before.
 */
export function clipByGlobalNorm<Gradients extends Tensors>(
  gradients: Gradients,
  limit: tf.Scalar | number,
): { readonly gradients: Gradients; readonly norm: tf.Scalar } {
  const norm = globalNorm(gradients);
  const scale = tf.minimum(tf.div(limit, tf.maximum(norm, SMALLEST_NORM)), 1);
  return { gradients: zipTrees(gradients, [], (gradient) => tf.mul(gradient, scale)), norm };
}

/** Euclidean norm of all tensors together. */
export function globalNorm(tensors: Tensors): tf.Scalar {
  return tf.sqrt(tf.addN(leavesOf(tensors).map((tensor) => tf.sum<tf.Scalar>(tf.square(tensor)))));
}
