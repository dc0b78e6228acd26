import * as tf from '@tensorflow/tfjs-core';
import { asFunctionOf, detached } from '../gradients/gradient.js';

/** What a normalised value is multiplied by, and what is added to it: both [width]. */
export type NormalisationParameters = {
  readonly gain: tf.Tensor;
  readonly bias: tf.Tensor;
};

/** Mean and variance of each feature over past batches: both [width]. Start with 0 and 1. */
export type RunningMoments = {
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
};

/** Added to variances, so that a feature that doesn't vary is finite. */
const EPSILON = 1e-5;

/** Normalises [..., width] over its last axis (Ba et al., "Layer normalization", 2016, equation 4). */
export function layerNormalisation(
  x: tf.Tensor,
  { gain, bias }: NormalisationParameters,
  { epsilon = EPSILON }: { epsilon?: number } = {},
): tf.Tensor {
  return tf.add(tf.mul(standardised(x, [x.rank - 1], epsilon), gain), bias);
}

/**
 * Normalises each feature of [..., width] over all other axes, for training (Ioffe and Szegedy, "Batch normalization",
 * 2015, algorithms 1 and 2). Answers the new running moments too; `momentum` is the share that they keep at a step.
 */
export function batchNormalisation(
  x: tf.Tensor,
  { gain, bias }: NormalisationParameters,
  running: RunningMoments,
  { momentum = 0.9, epsilon = EPSILON }: { momentum?: number; epsilon?: number } = {},
): { readonly y: tf.Tensor; readonly running: RunningMoments } {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const count = x.size / x.shape.at(-1)!;
  const blend = (old: tf.Tensor, found: tf.Tensor): tf.Tensor =>
    tf.add(tf.mul(old, momentum), tf.mul(found, 1 - momentum));
  const mean = detached(() => tf.mean(x, axes));
  const variance = detached(() => tf.mean(tf.square(tf.sub(x, mean)), axes));
  // Of a sample, estimating that of the population.
  const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
  return {
    y: tf.add(tf.mul(standardised(x, axes, epsilon), gain), bias),
    running: { mean: blend(running.mean, mean), variance: blend(running.variance, unbiased) },
  };
}

/** The same with moments that are known, for inference: a row's result doesn't depend on other rows. */
export function batchNormalisationWith(
  x: tf.Tensor,
  { gain, bias }: NormalisationParameters,
  { mean, variance }: RunningMoments,
  { epsilon = EPSILON }: { epsilon?: number } = {},
): tf.Tensor {
  const scale = tf.mul(gain, tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(x, scale), tf.sub(bias, tf.mul(mean, scale)));
}

/**
 * (x − mean) / √(variance + ε) over some axes. The gradient is written out (Ioffe and Szegedy, section 3, simplified):
 * it takes half the operations of the composed one.
 */
function standardised(x: tf.Tensor, axes: readonly number[], epsilon: number): tf.Tensor {
  const mean = (values: tf.Tensor): tf.Tensor => tf.mean(values, [...axes], true);
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);

  const backward = (dy: tf.Tensor, y: tf.Tensor, inverse: tf.Tensor): tf.Tensor =>
    tf.mul(inverse, tf.sub(tf.sub(dy, mean(dy)), tf.mul(y, mean(tf.mul(dy, y)))));
  // Result and inverse deviation as functions of x, for the gradient's own gradient.
  const result = (of: tf.Tensor, y: tf.Tensor, inverse: tf.Tensor): tf.Tensor =>
    asFunctionOf(of, y, (dy, again) => backward(dy, again, inverseDeviation(of, y, inverse)));
  const inverseDeviation = (of: tf.Tensor, y: tf.Tensor, inverse: tf.Tensor): tf.Tensor =>
    asFunctionOf(of, inverse, (dy, again) =>
      tf.mul(tf.mul(dy, tf.mul(tf.square(again), -1 / count)), result(of, y, inverse)),
    );

  return tf.customGrad((of, save) => {
    const centred = tf.sub(of as tf.Tensor, mean(of as tf.Tensor));
    const inverse = tf.rsqrt(tf.add(mean(tf.square(centred)), epsilon));
    const y = tf.mul(centred, inverse);
    (save as tf.GradSaveFunc)([of as tf.Tensor, y, inverse]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [savedX, savedY, savedInverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        return backward(
          dy,
          result(savedX, savedY, savedInverse),
          inverseDeviation(savedX, savedY, savedInverse),
        );
      },
    };
  })(x);
}
