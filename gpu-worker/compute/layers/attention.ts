import * as tf from '@tensorflow/tfjs-core';
import { dense, type DenseParameters } from './dense.js';
import { maskedSoftmax } from './softmax.js';

export type AttentionParameters = {
  /** [width, inner]; `inner` is a multiple of the number of heads. */
  readonly query: DenseParameters;
  /** [memory width, inner]. */
  readonly key: DenseParameters;
  readonly value: DenseParameters;
  /** [inner, width]. */
  readonly output: DenseParameters;
};

export interface AttentionOptions {
  readonly heads: number;
  /** What is attended to, [batch, places, memory width]; left out, x itself. */
  readonly memory?: tf.Tensor;
  /**
   * Which places each place may look at: 1 or true, broadcast to [batch, heads, places of x, places of memory]. Every
   * place must be allowed one at least, or its result means nothing. Several masks are multiplied, or `tf.logicalAnd`.
   */
  readonly mask?: tf.Tensor;
}

/** Multi-head attention of [batch, places, width], of the same shape (Vaswani et al., 2017, section 3.2.2). */
export function multiHeadAttention(
  x: tf.Tensor,
  { query, key, value, output }: AttentionParameters,
  { heads, memory = x, mask }: AttentionOptions,
): tf.Tensor {
  const attended = scaledDotProduct(
    splitHeads(dense(x, query), heads),
    splitHeads(dense(memory, key), heads),
    splitHeads(dense(memory, value), heads),
    mask,
  );
  return dense(joinHeads(attended), output);
}

/**
 * softmax(q · kᵀ / √width) · v: queries [batch, heads, n, width], keys [batch, heads, m, width], values [batch, heads, m,
 * out] to [batch, heads, n, out] (Vaswani et al., section 3.2.1).
 */
export function scaledDotProduct(
  queries: tf.Tensor,
  keys: tf.Tensor,
  values: tf.Tensor,
  mask?: tf.Tensor,
): tf.Tensor {
  // Scaling the queries takes fewer multiplications than scaling the scores.
  const scaled = tf.mul(queries, 1 / Math.sqrt(queries.shape.at(-1)!));
  const scores = tf.matMul(scaled, keys, false, true);
  return tf.matMul(mask ? maskedSoftmax(scores, mask) : tf.softmax(scores), values);
}

/** [places, places]: 1 where the column isn't later than the row, so that a place can't look at later ones. */
export function causalMask(places: number): tf.Tensor2D {
  const allowed = new Float32Array(places * places);
  for (let row = 0; row < places; row++) allowed.fill(1, row * places, row * places + row + 1);
  return tf.tensor2d(allowed, [places, places]);
}

/** [batch, 1, 1, places]: 1 for the first places of each sequence, up to its length, of int32 lengths [batch]. */
export function paddingMask(lengths: tf.Tensor, places: number): tf.Tensor {
  const place = tf.tensor4d(
    Int32Array.from({ length: places }, (_, index) => index),
    [1, 1, 1, places],
  );
  const real = tf.less(place, tf.reshape(lengths, [lengths.size, 1, 1, 1]));
  return tf.cast(real, 'float32');
}

/** [batch, places, heads·width] to [batch, heads, places, width]. */
function splitHeads(x: tf.Tensor, heads: number): tf.Tensor {
  const [batch, places, inner] = x.shape as [number, number, number];
  if (inner % heads !== 0) throw new RangeError(`a width of ${inner} can't be shared by ${heads} heads`);
  return tf.transpose(tf.reshape(x, [batch, places, heads, inner / heads]), [0, 2, 1, 3]);
}

function joinHeads(x: tf.Tensor): tf.Tensor {
  const [batch, heads, places, width] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, places, heads * width]);
}
