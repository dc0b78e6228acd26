import * as tf from '@tensorflow/tfjs-core';
import { bools, type Case, floats, integers, nonZero, normal } from './case.js';

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const COMPARISONS: readonly (readonly [string, Binary])[] = [
  ['greater', tf.greater],
  ['greaterEqual', tf.greaterEqual],
  ['less', tf.less],
  ['lessEqual', tf.lessEqual],
  ['equal', tf.equal],
  ['notEqual', tf.notEqual],
];

export const COMPARISON_CASES: readonly Case[] = [
  ...COMPARISONS.flatMap(([name, f]): Case[] => [
    {
      name: `${name} of float32, equal ones among them`,
      inputs: () => [floats([2, 3], [0.1, 2, -3, 0.1, -0.5, 0]), floats([3], [0.1, -2, -3])],
      f: (a, b) => f(a, b),
      order: 0,
    },
    {
      name: `${name} of int32`,
      inputs: (random) => [integers(random, [4, 3], -2, 2), integers(random, [3], -2, 2)],
      f: (a, b) => f(a, b),
      order: 0,
    },
    {
      name: `${name} with a scalar`,
      inputs: (random) => [integers(random, [5], -1, 1)],
      f: (x) => f(x, tf.scalar(0, 'int32')),
      order: 0,
    },
    {
      name: `${name} as numbers to multiply with`,
      inputs: (random) => [normal(random, [2, 3]), normal(random, [2, 3])],
      f: (a, b) => tf.mul(tf.cast(f(a, b), 'float32'), tf.mul(a, b)),
      order: 2,
    },
  ]),
  ...(
    [
      ['equal', tf.equal],
      ['notEqual', tf.notEqual],
      ['logicalAnd', tf.logicalAnd],
      ['logicalOr', tf.logicalOr],
      ['logicalXor', tf.logicalXor],
    ] as const
  ).map(([name, f]): Case => ({
    name: `${name} of bool`,
    inputs: (random) => [bools(random, [4, 3]), bools(random, [4, 1])],
    f: (a, b) => f(a, b),
    order: 0,
  })),
  {
    name: 'logicalNot of bool',
    inputs: (random) => [bools(random, [6])],
    f: (x) => tf.logicalNot(x),
    order: 0,
  },
  {
    name: 'where of equal shapes',
    inputs: (random) => [bools(random, [2, 3]), normal(random, [2, 3]), normal(random, [2, 3])],
    f: (condition, a, b) => tf.where(condition, tf.square(a), tf.mul(b, b)),
    order: 2,
  },
  {
    name: 'where with a condition a row',
    inputs: (random) => [bools(random, [3, 1]), normal(random, [3, 2]), normal(random, [2])],
    f: (condition, a, b) => tf.where(condition, tf.square(a), b),
    order: 2,
  },
  {
    name: 'where with scalars',
    inputs: (random) => [nonZero(random, [2, 3])],
    f: (x) => tf.where(tf.greater(x, 0), tf.square(x), tf.zerosLike(x)),
    order: 2,
  },
  {
    name: 'where of int32',
    inputs: (random) => [bools(random, [6]), integers(random, [6], -9, 9), integers(random, [6], -9, 9)],
    f: (condition, a, b) => tf.where(condition, a, b),
    order: 0,
  },
];
