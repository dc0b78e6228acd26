import * as tf from '@tensorflow/tfjs-core';

/** Activations that tfjs lacks; `tf.relu`, `leakyRelu`, `elu`, `selu`, `softplus`, `tanh`, `sigmoid` are fine as they are. */

/** x · Φ(x), Φ the normal distribution function, exactly (Hendrycks and Gimpel, "Gaussian error linear units", 2016). */
export function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5));
}

/** x · sigmoid(x), also called swish (Ramachandran et al., "Searching for activation functions", 2017). */
export function silu(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.sigmoid(x));
}
