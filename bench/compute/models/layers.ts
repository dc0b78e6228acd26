import * as tf from '@tensorflow/tfjs-core';
import { dense } from '../../../gpu-worker/compute/layers/dense.js';
import type { Layers } from './model.js';

/** Dense layers with an activation between each two. */
export function feedForward(
  x: tf.Tensor,
  layers: Layers,
  activation: (x: tf.Tensor) => tf.Tensor = tf.relu,
): tf.Tensor {
  return layers.reduce((y, layer, index) => dense(index === 0 ? y : activation(y), layer), x);
}

export const leakyRelu = (x: tf.Tensor): tf.Tensor => tf.leakyRelu(x, 0.2);
