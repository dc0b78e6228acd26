import * as tf from '@tensorflow/tfjs-core';
import { softmaxBackward } from '../gradients/activations.js';
import { asFunctionOf } from '../gradients/gradient.js';
import { logSoftmax, oneHot } from './softmax.js';

/**
 * Negative log likelihood, in nats, of int32 labels [...], each 0…classes−1, by logits [..., classes]: [...]. Neither way
 * writes down the logarithms of all probabilities, which with thousands of classes is most of the time.
 */
export function crossEntropyOfLabels(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const classes = logits.shape.at(-1)!;
  if (classes === 1) return tf.fill(labels.shape, 0);
  const rows = labels.size;
  const places = tf.add(tf.mul(tf.range(0, rows, 1, 'int32'), classes), tf.reshape(labels, [rows]));
  return tf.customGrad((input, save) => {
    const x = input as tf.Tensor;
    const probabilities = tf.softmax(x);
    (save as tf.GradSaveFunc)([x, probabilities]);
    const ofLabels = tf.gather(tf.reshape(x, [rows * classes]), tf.cast(places, 'int32'));
    return {
      value: tf.sub(logSumExp(x, probabilities), tf.reshape(ofLabels, labels.shape)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const softmax = asFunctionOf(saved[0]!, saved[1]!, softmaxBackward);
        return tf.mul(tf.sub(softmax, oneHot(labels, classes)), tf.expandDims(dy, -1));
      },
    };
  })(logits);
}

/**
 * −Σ target · log softmax(logits), in nats, of target distributions [..., classes], by logits of the same shape: [...].
 * Forward and backward share one softmax.
 */
export function crossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.neg(tf.sum(tf.mul(logSoftmax(logits), targets), -1));
}

/** log Σ exp x over the last axis, from x and its softmax: the largest probability is never too small for a logarithm. */
function logSumExp(x: tf.Tensor, softmax: tf.Tensor): tf.Tensor {
  return tf.sub(tf.max(x, -1), tf.log(tf.max(softmax, -1)));
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
