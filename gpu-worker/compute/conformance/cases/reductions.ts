import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../random.js';
import type { Stored } from '../../tensors.js';
import { bools, type Case, distinct, floats, integers, nonZero, normal } from './case.js';

type Reduce = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;
type Draw = (random: Random, shape: readonly number[]) => Stored;

const DIFFERENTIABLE: readonly (readonly [string, Reduce, Draw])[] = [
  ['sum', tf.sum, normal],
  ['mean', tf.mean, normal],
  ['max', tf.max, distinct],
  ['min', tf.min, distinct],
  ['prod', tf.prod, nonZero],
  ['logSumExp', tf.logSumExp, normal],
];

const AXES: readonly (number | number[] | undefined)[] = [
  undefined,
  0,
  1,
  2,
  -1,
  [0, 1],
  [0, 2],
  [-1, -2],
  [],
];

const axisName = (axis: number | number[] | undefined): string =>
  axis === undefined ? 'all axes' : `axis [${[axis].flat().join()}]`;

export const REDUCTION_CASES: readonly Case[] = [
  ...DIFFERENTIABLE.flatMap(([name, f, draw]) =>
    AXES.flatMap((axis) =>
      [false, true].map((keepDims): Case => ({
        name: `${name} over ${axisName(axis)}${keepDims ? ', kept' : ''}`,
        inputs: (random) => [draw(random, [2, 3, 2])],
        f: (x) => tf.square(f(x, axis, keepDims)),
        order: 2,
      })),
    ),
  ),
  ...DIFFERENTIABLE.flatMap(([name, f, draw]): Case[] => [
    {
      name: `${name} over an axis of length 1`,
      inputs: (random) => [draw(random, [1, 3, 1])],
      f: (x) => tf.square(f(x, [0, 2])),
      order: 2,
    },
    {
      name: `${name} of no rows`,
      inputs: (random) => [draw(random, [0, 3])],
      f: (x) => f(x, 1),
      order: 2,
    },
    {
      name: `${name} of a scalar`,
      inputs: (random) => [draw(random, [])],
      f: (x) => tf.square(f(x)),
      order: 2,
    },
  ]),
  ...(
    [
      ['sum', tf.sum, 2],
      ['prod', tf.prod, 2],
      ['mean', tf.mean, 0],
      ['max', tf.max, 0],
      ['min', tf.min, 0],
    ] as const
  ).map(([name, f, order]): Case => ({
    name: `${name} over nothing`,
    inputs: (random) => [normal(random, [0, 3])],
    f: (x) => f(x, 0),
    order,
  })),
  ...(
    [
      ['any', tf.any],
      ['all', tf.all],
    ] as const
  ).map(([name, f]): Case => ({
    name: `${name} over nothing`,
    inputs: (random) => [bools(random, [0, 3])],
    f: (x) => f(x, 0),
    order: 0,
  })),
  ...(
    [
      ['sum', tf.sum],
      ['mean', tf.mean],
      ['max', tf.max],
      ['min', tf.min],
      ['prod', tf.prod],
    ] as const
  ).map(([name, f]): Case => ({
    name: `${name} of int32`,
    inputs: (random) => [integers(random, [3, 4], -5, 5)],
    f: (x) => f(x, 1),
    order: 0,
  })),
  {
    name: 'sum of bool counts',
    inputs: (random) => [bools(random, [3, 4])],
    f: (x) => tf.sum(x, 0),
    order: 0,
  },
  ...(
    [
      ['any', tf.any],
      ['all', tf.all],
    ] as const
  ).flatMap(([name, f]) =>
    ([undefined, 0, -1] as const).map((axis): Case => ({
      name: `${name} over ${axisName(axis)}`,
      inputs: (random) => [bools(random, [4, 3])],
      f: (x) => f(x, axis),
      order: 0,
    })),
  ),
  ...(
    [
      ['argMax', tf.argMax],
      ['argMin', tf.argMin],
    ] as const
  ).flatMap(([name, f]): Case[] => [
    ...[0, 1, -1].map((axis): Case => ({
      name: `${name} over axis ${axis}`,
      inputs: (random) => [distinct(random, [3, 4])],
      f: (x) => f(x, axis),
      order: 0,
    })),
    {
      name: `${name} answers the first of equal ones`,
      inputs: () => [floats([2, 4], [1, 3, 3, 1, 2, 2, 2, 2])],
      f: (x) => f(x, 1),
      order: 0,
    },
  ]),
  ...[0, 1, -1].flatMap((axis) =>
    [false, true].flatMap((exclusive) =>
      [false, true].map((reverse): Case => ({
        name: `cumsum over axis ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', reverse' : ''}`,
        inputs: (random) => [normal(random, [2, 3])],
        f: (x) => tf.square(tf.cumsum(x, axis, exclusive, reverse)),
        order: 2,
      })),
    ),
  ),
  {
    name: 'cumsum over the middle of three axes',
    inputs: (random) => [normal(random, [2, 3, 2])],
    f: (x) => tf.square(tf.cumsum(x, 1)),
    order: 2,
  },
  {
    name: 'cumsum over the middle of three axes, counted from the last',
    inputs: (random) => [normal(random, [2, 3, 2])],
    f: (x) => tf.square(tf.cumsum(x, -2)),
    order: 2,
  },
  {
    name: 'cumsum of constants over axis -1',
    inputs: (random) => [normal(random, [2, 3])],
    f: (x) => tf.mul(x, tf.cumsum(tf.tensor2d([1, 2, 3, -4, 5, 6], [2, 3]), -1)),
    order: 2,
  },
  {
    name: 'cumsum of int32',
    inputs: (random) => [integers(random, [6], -9, 9)],
    f: (x) => tf.cumsum(x),
    order: 0,
  },
  {
    name: 'moments',
    inputs: (random) => [normal(random, [4, 3])],
    f: (x) => {
      const { mean, variance } = tf.moments(x, 0);
      return [mean, variance];
    },
    order: 2,
  },
  {
    name: 'the euclidean norm',
    inputs: (random) => [normal(random, [4, 3])],
    f: (x) => tf.norm(x, 'euclidean', 1),
    order: 2,
  },
];
