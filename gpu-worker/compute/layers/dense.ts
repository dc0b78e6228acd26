import * as tf from '@tensorflow/tfjs-core';

/**
 * Parameters of layers are types rather than interfaces, and have no optional ones, so that each is a tree of tensors,
 * as programs and optimizers ask for.
 */
export type DenseParameters = DenseWeights | BiasedDense;

type DenseWeights = {
  /** [in, out]; or [batch, in, out], other weights for each example. */
  readonly weights: tf.Tensor;
};

type BiasedDense = DenseWeights & {
  /** [out]; or [batch, out]. */
  readonly bias: tf.Tensor;
};

/**
 * x · weights + bias over the last axis: [..., in] to [..., out]. All other axes count as rows of one matrix, so that
 * the gradient of the weights is one matrix product.
 *
 * With weights for each example, x is [batch, ..., in], and answers [batch, ..., out].
 */
export function dense(x: tf.Tensor, parameters: DenseParameters): tf.Tensor {
  const { weights } = parameters;
  const perExample = weights.rank === 3;
  const outer = x.shape.slice(0, -1);
  const [inputs, outputs] = weights.shape.slice(-2) as [number, number];
  if (x.shape.at(-1) !== inputs || (perExample && x.shape[0] !== weights.shape[0])) {
    throw new RangeError(`x [${x.shape.join()}] doesn't fit weights [${weights.shape.join()}]`);
  }
  const rows = perExample
    ? [outer[0]!, tf.util.sizeFromShape(outer.slice(1))]
    : [tf.util.sizeFromShape(outer)];
  const product = tf.matMul(reshaped(x, [...rows, inputs]), weights);
  return reshaped('bias' in parameters ? biased(product, parameters.bias) : product, [...outer, outputs]);
}

function biased(product: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return tf.add(product, bias.rank === 2 ? tf.expandDims(bias, 1) : bias);
}

function reshaped(x: tf.Tensor, shape: number[]): tf.Tensor {
  return tf.util.arraysEqual(x.shape, shape) ? x : tf.reshape(x, shape);
}
