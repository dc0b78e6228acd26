import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../tensors.js';
import { leavesOf, withLeaves } from './trees.js';

/**
 * A scalar loss and its gradients with respect to a tree of parameters, under the same names. Throws where the loss
 * doesn't depend on a parameter.
 */
export function valueAndGradients<Parameters extends Tensors>(
  loss: (parameters: Parameters) => tf.Scalar,
  parameters: Parameters,
): { readonly value: tf.Scalar; readonly gradients: Parameters } {
  const { value, grads } = tf.valueAndGrads((...leaves) => loss(withLeaves(parameters, leaves)))(
    leavesOf(parameters),
  );
  return { value, gradients: withLeaves(parameters, grads) };
}
