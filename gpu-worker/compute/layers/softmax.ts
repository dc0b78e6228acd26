import * as tf from '@tensorflow/tfjs-core';
import { logSoftmaxBackward } from '../gradients/activations.js';
import { asFunctionOf, detached } from '../gradients/gradient.js';

/** Added to a logit that a mask forbids: its probability is 0 in single precision, and nothing overflows. */
const FORBIDDEN = -1e9;

/** log softmax over the last axis. Unlike that of tfjs, its gradient has a gradient. */
export function logSoftmax(logits: tf.Tensor): tf.Tensor {
  return tf.customGrad((input, save) => {
    const x = input as tf.Tensor;
    const shifted = tf.sub(x, tf.max(x, -1, true));
    const y = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)));
    (save as tf.GradSaveFunc)([x, y]);
    return {
      value: y,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        logSoftmaxBackward(dy, asFunctionOf(saved[0]!, saved[1]!, logSoftmaxBackward)),
    };
  })(logits);
}

/**
 * Softmax over the last axis of what a mask (1 or true allows, 0 or false forbids; broadcast to the logits) allows. Where
 * it allows nothing, all are equally likely, which the caller must not use.
 */
export function maskedSoftmax(logits: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const penalty = tf.mul(tf.sub(1, tf.cast(mask, 'float32')), FORBIDDEN);
  return tf.softmax(tf.add(logits, penalty));
}

/**
 * A differentiable sample of a categorical distribution over the last axis (Jang et al., "Categorical reparameterization
 * with Gumbel-softmax", 2017, equations 1 and 2). `uniform` is noise over [0, 1), shaped as the logits. The lower the
 * temperature (above 0), the closer to one-hot, and the wilder the gradient. `hard` answers exactly one-hot samples with
 * the gradient of the soft ones (section 2.2, straight-through).
 */
export function gumbelSoftmax(
  logits: tf.Tensor,
  uniform: tf.Tensor,
  temperature: tf.Scalar | number,
  { hard = false }: { hard?: boolean } = {},
): tf.Tensor {
  // As single precision, uniform noise may be 0 or 1, whose Gumbel noise is infinite.
  const inside = tf.clipByValue(uniform, 1e-30, 1 - 2 ** -24);
  const gumbel = tf.neg(tf.log(tf.neg(tf.log(inside))));
  const soft = tf.softmax(tf.div(tf.add(logits, gumbel), temperature));
  return hard ? straightThrough(soft, oneHotOfLargest(soft)) : soft;
}

/** `hard` with the gradient of `soft`, which has the same shape (Bengio et al., 2013, section 4). */
export function straightThrough(soft: tf.Tensor, hard: tf.Tensor): tf.Tensor {
  return tf.customGrad(() => ({
    value: tf.clone(hard),
    gradFunc: (dy: tf.Tensor) => tf.clone(dy),
  }))(soft);
}

/** 1 at the largest element along the last axis, the first of equal ones, else 0; as a constant. */
export function oneHotOfLargest(x: tf.Tensor): tf.Tensor {
  const width = x.shape.at(-1)!;
  return detached(() => (width === 1 ? tf.onesLike(x) : oneHot(tf.argMax(x, x.rank - 1), width)));
}

/** Float one-hot [..., width] of int32 indices [...], each 0…width−1; width 2 or more. */
export function oneHot(indices: tf.Tensor, width: number): tf.Tensor {
  // The wasm engine writes integers into one-hot tensors of floats.
  return tf.cast(tf.oneHot(indices, width), 'float32');
}
