import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { registerGradients } from '../gradients/register.js';
import { dense } from './dense.js';
import { embedding } from './embedding.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  registerGradients();
});

const weights = [
  [1, 2, 3],
  [4, 5, 6],
];

describe('dense', () => {
  test('acts on the last axis, whatever stands before it', () => {
    const x = tf.tensor4d([1, 0, 0, 1, 1, 1, 2, -1], [2, 1, 2, 2]);
    const y = dense(x, { weights: tf.tensor2d(weights), bias: tf.tensor1d([10, 20, 30]) });
    expect(y.arraySync()).toEqual([
      [
        [
          [11, 22, 33],
          [14, 25, 36],
        ],
      ],
      [
        [
          [15, 27, 39],
          [8, 19, 30],
        ],
      ],
    ]);
  });

  test('finds the gradient of the weights as one product of matrices', async () => {
    const x = tf.ones([4, 3, 2]);
    const profile = await tf.profile(() =>
      tf.grad((w) => tf.sum(dense(x, { weights: w })))(tf.tensor2d(weights)),
    );
    const products = profile.kernels.filter(({ name }) => name === 'BatchMatMul');
    expect(products.map(({ outputShapes }) => outputShapes)).toEqual([[[12, 3]], [[2, 3]]]);
  });

  test('takes other weights for each example', () => {
    const stacked = { weights: tf.tensor3d([weights, weights.map((row) => row.map((w) => -w))]) };
    const bias = tf.tensor2d([
      [0, 0, 1],
      [0, 0, 2],
    ]);
    expect(dense(tf.ones([2, 2]), { ...stacked, bias }).arraySync()).toEqual([
      [5, 7, 10],
      [-5, -7, -7],
    ]);
    expect(dense(tf.ones([2, 4, 2]), { ...stacked, bias }).shape).toEqual([2, 4, 3]);
  });

  test("refuses an input that doesn't fit", () => {
    expect(() => dense(tf.ones([2, 3]), { weights: tf.tensor2d(weights) })).toThrow(RangeError);
  });
});

describe('embedding', () => {
  test('looks rows up, and adds up the gradients of a row that is used twice', () => {
    const table = tf.tensor2d([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const indices = tf.tensor2d([2, 0, 2, 2], [2, 2], 'int32');
    expect(embedding(indices, table).arraySync()).toEqual([
      [
        [5, 6],
        [1, 2],
      ],
      [
        [5, 6],
        [5, 6],
      ],
    ]);
    expect(
      tf
        .grad((rows) => tf.sum(embedding(indices, rows)))(table)
        .arraySync(),
    ).toEqual([
      [1, 1],
      [0, 0],
      [3, 3],
    ]);
  });
});
