import * as tf from '@tensorflow/tfjs-core';
import { type Case, nonZero, normal } from './case.js';

const FLAGS = [false, true] as const;

/** Batch axes of both sides, and the lengths n, k, m of [n, k]·[k, m]. */
const SIZES: readonly (readonly [readonly number[], readonly number[], readonly [number, number, number]])[] =
  [
    [[], [], [2, 3, 4]],
    [[], [], [1, 3, 1]],
    [[], [], [3, 1, 2]],
    [[2], [2], [2, 3, 2]],
    [[2], [1], [2, 3, 2]],
    [[1], [2], [2, 3, 2]],
    [
      [2, 2],
      [2, 2],
      [1, 2, 3],
    ],
    [
      [2, 1],
      [1, 2],
      [2, 2, 1],
    ],
  ];

function matrixShape(
  batch: readonly number[],
  rows: number,
  columns: number,
  transposed: boolean,
): readonly number[] {
  return [...batch, ...(transposed ? [columns, rows] : [rows, columns])];
}

export const PRODUCT_CASES: readonly Case[] = [
  ...SIZES.flatMap(([batchA, batchB, [n, k, m]]) =>
    FLAGS.flatMap((transposeA) =>
      FLAGS.map((transposeB): Case => {
        const a = matrixShape(batchA, n, k, transposeA);
        const b = matrixShape(batchB, k, m, transposeB);
        const name = `[${a.join()}]${transposeA ? ' transposed' : ''} and [${b.join()}]${transposeB ? ' transposed' : ''}`;
        return {
          name: `matMul of ${name}`,
          inputs: (random) => [normal(random, a), normal(random, b)],
          f: (left, right) => tf.matMul(left, right, transposeA, transposeB),
          order: 2,
        };
      }),
    ),
  ),
  {
    name: 'matMul of matrices with one more axis on one side',
    inputs: (random) => [normal(random, [2, 2, 3]), normal(random, [3, 2])],
    f: (a, b) => tf.matMul(a, b),
    order: 2,
  },
  {
    name: 'matMul of tall matrices, transposed',
    inputs: (random) => [normal(random, [2050, 3]), normal(random, [2050, 2])],
    f: (a, b) => tf.matMul(a, b, true),
    order: 2,
    scale: 50,
  },
  {
    name: 'matMul of no rows',
    inputs: (random) => [normal(random, [0, 3]), normal(random, [3, 2])],
    f: (a, b) => tf.matMul(a, b),
    order: 2,
  },
  {
    name: 'matMul over nothing',
    inputs: (random) => [normal(random, [2, 0]), normal(random, [0, 3])],
    f: (a, b) => tf.matMul(a, b),
    order: 2,
  },
  {
    name: 'matMul of stacks over nothing',
    inputs: (random) => [normal(random, [2, 2, 0]), normal(random, [2, 0, 3])],
    f: (a, b) => tf.matMul(a, b),
    order: 2,
  },
  {
    name: 'matMul of no stacks',
    inputs: (random) => [normal(random, [0, 2, 3]), normal(random, [1, 3, 2])],
    f: (a, b) => tf.matMul(a, b),
    order: 2,
  },
  {
    name: 'matMul of stacks with one more axis on one side',
    inputs: (random) => [normal(random, [2, 1, 2, 3]), normal(random, [2, 3, 2])],
    f: (a, b) => tf.matMul(a, b),
    order: 2,
  },
  {
    name: 'fused matMul over nothing',
    inputs: (random) => [normal(random, [2, 0]), normal(random, [0, 3]), nonZero(random, [3])],
    f: (a, b, bias) => tf.fused.matMul({ a: a, b: b, bias: bias, activation: 'relu' }),
    order: 2,
  },
  {
    name: 'matMul of a matrix with itself',
    inputs: (random) => [normal(random, [3, 3])],
    f: (x) => tf.matMul(x, x, false, true),
    order: 2,
  },
  {
    name: 'matMul of larger matrices',
    inputs: (random) => [normal(random, [33, 65]), normal(random, [65, 17])],
    f: (a, b) => tf.matMul(a, b),
    order: 0,
    tolerance: 5e-5,
  },
  {
    name: 'dot of vectors',
    inputs: (random) => [normal(random, [4]), normal(random, [4])],
    f: (a, b) => tf.square(tf.dot(a, b)),
    order: 2,
  },
  {
    name: 'dot of a vector and a matrix',
    inputs: (random) => [normal(random, [3]), normal(random, [3, 2])],
    f: (a, b) => tf.dot(a, b),
    order: 2,
  },
  {
    name: 'outerProduct',
    inputs: (random) => [normal(random, [3]), normal(random, [2])],
    f: (a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D),
    order: 2,
  },
  ...(['linear', 'relu', 'sigmoid', 'elu', 'relu6', 'leakyrelu'] as const).map((activation): Case => ({
    name: `fused matMul with a bias and ${activation}`,
    inputs: (random) => [normal(random, [2, 3]), normal(random, [3, 2]), nonZero(random, [2])],
    f: (a, b, bias) => tf.fused.matMul({ a: a, b: b, bias: bias, activation }),
    order: 2,
  })),
  {
    name: 'fused matMul with a transposed side',
    inputs: (random) => [normal(random, [3, 2]), normal(random, [2, 3])],
    f: (a, b) => tf.fused.matMul({ a: a, b: b, transposeA: true, transposeB: true }),
    order: 2,
  },
];
