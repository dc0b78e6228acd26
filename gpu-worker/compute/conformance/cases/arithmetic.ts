import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../random.js';
import type { Stored } from '../../tensors.js';
import { between, type Case, floats, integers, ints, nonZero, normal } from './case.js';

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
type Draw = (random: Random, shape: readonly number[]) => Stored;

const positive: Draw = (random, shape) => between(random, shape, 0.5, 2);

/** Alike, along either side, both sides, scalars, more axes on one side, axes of length 1, and none at all. */
const PAIRS: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1],
    [1, 3],
  ],
  [[], [2, 3]],
  [[2, 3], []],
  [[], []],
  [
    [3, 1, 2],
    [2, 1],
  ],
  [
    [2, 1, 2, 1],
    [3, 1, 2],
  ],
  [[1], [1]],
  [[0, 3], [3]],
  [
    [2, 0],
    [2, 1],
  ],
];

const DIFFERENTIABLE: readonly (readonly [string, Binary, Draw, Draw])[] = [
  ['add', tf.add, normal, normal],
  ['sub', tf.sub, normal, normal],
  ['mul', tf.mul, normal, normal],
  ['div', tf.div, normal, nonZero],
  ['maximum', tf.maximum, normal, normal],
  ['minimum', tf.minimum, normal, normal],
  ['squaredDifference', tf.squaredDifference, normal, normal],
  ['pow', tf.pow, positive, normal],
  ['mod', tf.mod, normal, nonZero],
];

const INTEGER: readonly (readonly [string, Binary])[] = [
  ['add', tf.add],
  ['sub', tf.sub],
  ['mul', tf.mul],
  ['maximum', tf.maximum],
  ['minimum', tf.minimum],
  ['squaredDifference', tf.squaredDifference],
];

/** All signs of both sides, and remainders that are 0. */
const DIVIDENDS = [7, -7, 7, -7, 6, -6, 0, 1, -1];
const DIVISORS = [3, 3, -3, -3, 3, 3, 5, -4, 4];

export const ARITHMETIC_CASES: readonly Case[] = [
  ...DIFFERENTIABLE.flatMap(([name, f, drawA, drawB]) =>
    PAIRS.map(([a, b]): Case => ({
      name: `${name} of [${a.join()}] and [${b.join()}]`,
      inputs: (random) => [drawA(random, a), drawB(random, b)],
      f,
      order: 2,
    })),
  ),
  ...INTEGER.map(([name, f]): Case => ({
    name: `${name} of int32`,
    inputs: (random) => [integers(random, [3, 4], -50, 50), integers(random, [4], -50, 50)],
    f,
    order: 0,
  })),
  {
    name: 'div of int32 rounds down',
    inputs: () => [ints([9], DIVIDENDS), ints([9], DIVISORS)],
    f: (a, b) => tf.div(a, b),
    order: 0,
  },
  {
    name: 'floorDiv of int32',
    inputs: () => [ints([9], DIVIDENDS), ints([9], DIVISORS)],
    f: (a, b) => tf.floorDiv(a, b),
    order: 0,
  },
  {
    name: 'floorDiv of float32',
    inputs: () => [floats([9], DIVIDENDS), floats([9], DIVISORS)],
    f: (a, b) => tf.floorDiv(a, b),
    order: 0,
  },
  {
    name: 'mod of int32 has the sign of the divisor',
    inputs: () => [ints([9], DIVIDENDS), ints([9], DIVISORS)],
    f: (a, b) => tf.mod(a, b),
    order: 0,
  },
  {
    name: 'mod of float32 has the sign of the divisor',
    inputs: () => [floats([9], DIVIDENDS), floats([9], DIVISORS)],
    f: (a, b) => tf.mod(a, b),
    order: 0,
  },
  {
    name: 'pow of int32',
    inputs: () => [ints([4], [2, -3, 5, 0]), ints([4], [5, 3, 0, 2])],
    f: (a, b) => tf.pow(a, b),
    order: 0,
  },
  {
    name: 'pow with the exponent 2 of either sign',
    inputs: (random) => [nonZero(random, [5])],
    f: (x) => tf.pow(x, 2),
    order: 2,
  },
  {
    name: 'pow with the exponent 3 of either sign',
    inputs: (random) => [nonZero(random, [5])],
    f: (x) => tf.pow(x, 3),
    order: 2,
  },
  {
    name: 'pow with the exponent 0.5',
    inputs: (random) => [positive(random, [5])],
    f: (x) => tf.pow(x, 0.5),
    order: 2,
  },
  {
    name: 'arithmetic with numbers of int32 and float32',
    inputs: (random) => [integers(random, [2, 3], -5, 5), normal(random, [3])],
    f: (a, b) => tf.mul(tf.add(a, b), a),
    order: 2,
  },
  {
    name: 'arithmetic with scalars that are part of the function',
    inputs: (random) => [nonZero(random, [2, 3])],
    f: (x) => tf.div(tf.sub(1, tf.mul(x, 0.3)), tf.add(tf.square(x), 2)),
    order: 2,
  },
  {
    name: 'div by 0',
    inputs: () => [floats([3], [1, -1, 0]), floats([3], [0, 0, 0])],
    f: (a, b) => tf.div(a, b),
    order: 0,
  },
  {
    name: 'divNoNan',
    inputs: () => [floats([4], [1, -1, 0, 3]), floats([4], [0, 2, 0, 4])],
    f: (a, b) => tf.divNoNan(a, b),
    order: 0,
  },
  {
    name: 'the same tensor on both sides',
    inputs: (random) => [nonZero(random, [2, 2])],
    f: (x) => tf.add(tf.mul(x, x), tf.sub(x, tf.div(x, x))),
    order: 2,
  },
  {
    name: 'addN',
    inputs: (random) => [normal(random, [2, 3]), normal(random, [2, 3]), normal(random, [2, 3])],
    f: (a, b, c) => tf.addN([tf.square(a), b, c, b]),
    order: 2,
  },
];
