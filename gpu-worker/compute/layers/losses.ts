import * as tf from '@tensorflow/tfjs-core';
import { logSoftmax, oneHot } from './softmax.js';

/** Negative log likelihood, in nats, of int32 labels [...], each 0…classes−1, by logits [..., classes]: [...]. */
export function crossEntropyOfLabels(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const classes = logits.shape.at(-1)!;
  if (classes === 1) return tf.fill(labels.shape, 0);
  return crossEntropy(logits, oneHot(labels, classes));
}

/**
 * −Σ target · log softmax(logits), in nats, of target distributions [..., classes], by logits of the same shape: [...].
 * Forward and backward share one softmax.
 */
export function crossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.neg(tf.sum(tf.mul(logSoftmax(logits), targets), -1));
}

/**
 * Negative log likelihood, in nats, of labels from 0 to 1 by logits, element by element: softplus(x) − x·label, which is
 * finite for all x.
 */
export function binaryCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.sub(tf.softplus(logits), tf.mul(logits, labels));
}

/** Mean over all elements of the squared difference. */
export function meanSquaredError(predictions: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  return tf.mean(tf.squaredDifference(predictions, targets));
}

/**
 * KL divergence, in nats, of normal distributions with independent coordinates [..., width] from the standard one: [...]
 * (Kingma and Welling, "Auto-encoding variational Bayes", 2014, appendix B).
 */
export function gaussianDivergence(mean: tf.Tensor, logVariance: tf.Tensor): tf.Tensor {
  const excess = tf.sub(tf.expm1(logVariance), logVariance);
  return tf.mul(tf.sum(tf.add(tf.square(mean), excess), -1), 0.5);
}
