import * as tf from '@tensorflow/tfjs-core';
import {
  detached,
  fromInput,
  fromOutput,
  fromSlope,
  single,
  unbroadcast,
  type GradientTable,
} from './gradient.js';

/** Self-normalising networks (Klambauer et al., 2017, equation 2 and appendix 1): λ and λα, as tfjs has them. */
const SELU_SCALE = 1.0507009873554805;
const SELU_SCALE_ALPHA = 1.7580993408473768;

/**
 * Activations. Where the gradient can be told from the output, it is, so that nothing needs the input, and an engine may
 * fuse the activation with the product before it.
 */
export const ACTIVATIONS: GradientTable = {
  Relu: fromSlope((y) => tf.step(y)),
  Relu6: fromSlope((y) => tf.mul(tf.step(y), tf.step(tf.sub(6, y)))),
  LeakyRelu: fromSlope<{ alpha: number }>((y, { alpha }) => {
    // The output has the input's sign then, and only then.
    if (alpha < 0) throw new RangeError(`a leaky ReLU with a slope of ${alpha} has no gradient here`);
    return tf.step(y, alpha);
  }),
  Elu: fromOutput((dy, y) => tf.mul(dy, tf.add(tf.minimum(y, 0), 1))),
  Selu: fromOutput((dy, y) => {
    const offset = detached(() =>
      tf.add(tf.mul(tf.step(y), SELU_SCALE - SELU_SCALE_ALPHA), SELU_SCALE_ALPHA),
    );
    return tf.mul(dy, tf.add(tf.minimum(y, 0), offset));
  }),
  Softplus: fromInput((dy, x) => tf.mul(dy, tf.sigmoid(x))),
  Tanh: fromOutput((dy, y) => tf.mul(dy, tf.sub(1, tf.square(y)))),
  Sigmoid: fromOutput((dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y)))),
  Softmax: fromOutput(softmaxBackward, 'logits'),
  LogSoftmax: fromOutput(logSoftmaxBackward, 'logits'),
  Prelu: {
    inputsToSave: ['x', 'alpha'],
    gradFunc: (dy, saved) => {
      const [x, alpha] = saved as [tf.Tensor, tf.Tensor];
      const positive = (): tf.Tensor => detached(() => tf.cast(tf.greater(x, 0), 'float32'));
      return {
        // 1 for positive inputs, else alpha.
        x: () => tf.mul(single(dy), tf.add(alpha, tf.mul(positive(), tf.sub(1, alpha)))),
        alpha: () => unbroadcast(tf.mul(single(dy), tf.minimum(x, 0)), alpha.shape),
      };
    },
  },
};

/** Of the softmax y over the last axis. */
export function softmaxBackward(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  const product = tf.mul(dy, y);
  return tf.sub(product, tf.mul(tf.sum(product, -1, true), y));
}

/** Gradient of y = log softmax(x) over the last axis. */
export function logSoftmaxBackward(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.sub(dy, tf.mul(tf.exp(y), tf.sum(dy, -1, true)));
}
