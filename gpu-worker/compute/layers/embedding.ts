import * as tf from '@tensorflow/tfjs-core';

/**
 * Rows of a table [vocabulary, width] by int32 indices of any shape [...], each 0…vocabulary−1: [..., width]. Learned
 * positions are an embedding of 0…length−1.
 */
export function embedding(indices: tf.Tensor, table: tf.Tensor): tf.Tensor {
  const rows = tf.gather(table, tf.reshape<tf.Rank.R1>(indices, [indices.size]));
  return tf.reshape(rows, [...indices.shape, table.shape[1]!]);
}
