import * as tf from '@tensorflow/tfjs-core';

/**
 * Sets a share `rate` (0 ≤ rate < 1) of the elements to 0, and scales the others so that the mean stays (Srivastava et
 * al., "Dropout", 2014, section 10, scaled while training). `uniform` is noise over [0, 1), shaped as x, or such that
 * it is broadcast to x, where whole rows or columns shall go.
 */
export function dropout(x: tf.Tensor, uniform: tf.Tensor, rate: number): tf.Tensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`a dropout rate of ${rate} isn't in [0, 1)`);
  if (rate === 0) return x;
  const kept = tf.cast(tf.greaterEqual(uniform, rate), 'float32');
  return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
}
