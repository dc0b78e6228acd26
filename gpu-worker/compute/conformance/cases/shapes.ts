import * as tf from '@tensorflow/tfjs-core';
import { bools, type Case, floats, integers, ints, normal } from './case.js';

type Unary = (x: tf.Tensor) => tf.Tensor;

/** Of one tensor; each is squared first, so that second derivatives are not all 0. */
const OF_ONE: readonly (readonly [string, readonly number[], Unary])[] = [
  ['reshape', [2, 3], (x) => tf.reshape(x, [3, 2])],
  ['reshape with a length to be found', [2, 6], (x) => tf.reshape(x, [3, -1])],
  ['reshape to a scalar', [1, 1], (x) => tf.reshape(x, [])],
  ['reshape of nothing', [0, 3], (x) => tf.reshape(x, [3, 0, 2])],
  ['expandDims at the front', [2, 3], (x) => tf.expandDims(x, 0)],
  ['expandDims in the middle', [2, 3], (x) => tf.expandDims(x, 1)],
  ['expandDims at the end', [2, 3], (x) => tf.expandDims(x, -1)],
  ['squeeze', [1, 2, 1], (x) => tf.squeeze(x)],
  ['squeeze of one axis', [1, 2, 1], (x) => tf.squeeze(x, [0])],
  ['transpose of a matrix', [2, 3], (x) => tf.transpose(x)],
  ['transpose of no rows', [0, 3], (x) => tf.transpose(x)],
  ['transpose [0,2,1]', [2, 3, 2], (x) => tf.transpose(x, [0, 2, 1])],
  ['transpose [2,0,1]', [2, 3, 2], (x) => tf.transpose(x, [2, 0, 1])],
  ['transpose [1,2,0]', [2, 3, 2], (x) => tf.transpose(x, [1, 2, 0])],
  ['transpose [2,1,0]', [2, 3, 2], (x) => tf.transpose(x, [2, 1, 0])],
  ['transpose [0,2,1,3]', [2, 3, 2, 2], (x) => tf.transpose(x, [0, 2, 1, 3])],
  ['slice in the middle', [4, 3], (x) => tf.slice(x, [1, 1], [2, 1])],
  ['slice at the end', [4, 3], (x) => tf.slice(x, [2, 1], [-1, -1])],
  ['slice of rows', [4, 3], (x) => tf.slice(x, 1, 2)],
  ['slice of everything', [4, 3], (x) => tf.slice(x, [0, 0], [4, 3])],
  ['slice of nothing', [4, 3], (x) => tf.slice(x, [4, 0], [0, 3])],
  ['slice of three axes', [2, 3, 2], (x) => tf.slice(x, [0, 1, 1], [2, 2, 1])],
  ['slice of one axis', [5], (x) => tf.slice(x, [3], [2])],
  ['stridedSlice', [5, 4], (x) => tf.stridedSlice(x, [0, 1], [5, 4], [2, 2])],
  ['stridedSlice backwards', [5], (x) => tf.stridedSlice(x, [4], [0], [-2])],
  ['stridedSlice from the end', [5, 2], (x) => tf.stridedSlice(x, [-3, 0], [-1, 2], [1, 1])],
  ['stridedSlice with open ends', [5, 2], (x) => tf.stridedSlice(x, [1, 1], [3, 1], [2, 1], 2, 3)],
  ['stridedSlice to fewer axes', [3, 4], (x) => tf.stridedSlice(x, [1, 0], [2, 4], [1, 1], 0, 0, 0, 0, 1)],
  [
    'stridedSlice to fewer axes, in larger steps along others',
    [5, 3, 4],
    (x) => tf.stridedSlice(x, [4, -1, 3], [0, 0, 0], [-2, 1, -1], 0, 4, 0, 0, 2),
  ],
  [
    'stridedSlice with a new axis and all axes between',
    [3, 2, 4],
    (x) => tf.stridedSlice(x, [0, 0, 1], [1, 0, 3], [1, 1, 1], 0, 0, 2, 1, 0),
  ],
  ['tile', [2, 3], (x) => tf.tile(x, [2, 1])],
  ['tile of several axes', [2, 1, 2], (x) => tf.tile(x, [1, 3, 2])],
  ['tile of one axis', [3], (x) => tf.tile(x, [3])],
  ['broadcastTo of a row', [1, 3], (x) => tf.broadcastTo(x, [2, 3])],
  ['broadcastTo with more axes', [3, 1], (x) => tf.broadcastTo(x, [2, 3, 2])],
  ['broadcastTo of a scalar', [], (x) => tf.broadcastTo(x, [2, 2])],
  ['broadcastTo of the same shape', [2, 2], (x) => tf.broadcastTo(x, [2, 2])],
  [
    'pad',
    [2, 3],
    (x) =>
      tf.pad(x, [
        [1, 0],
        [0, 2],
      ]),
  ],
  ['pad with another number', [3], (x) => tf.pad(x, [[2, 1]], -1.5)],
  [
    'pad with nothing',
    [2, 2],
    (x) =>
      tf.pad(x, [
        [0, 0],
        [0, 0],
      ]),
  ],
  [
    'pad of three axes',
    [1, 2, 2],
    (x) =>
      tf.pad(x, [
        [0, 1],
        [1, 1],
        [0, 0],
      ]),
  ],
  ['reverse of all axes', [2, 3], (x) => tf.reverse(x)],
  ['reverse of the last axis', [2, 3], (x) => tf.reverse(x, -1)],
  ['reverse of two axes', [2, 3, 2], (x) => tf.reverse(x, [0, 2])],
  ['fill', [2, 3], (x) => tf.mul(x, tf.fill([2, 3], 0.25))],
  ['zerosLike', [2, 3], (x) => tf.add(x, tf.zerosLike(x))],
  ['onesLike', [2, 3], (x) => tf.mul(x, tf.onesLike(x))],
  ['zeros and ones', [2, 3], (x) => tf.add(tf.mul(x, tf.ones([2, 3])), tf.zeros([3]))],
  ['range', [4], (x) => tf.mul(x, tf.range(1, 9, 2))],
  ['range downwards', [3], (x) => tf.mul(x, tf.range(2, -1, -1))],
  ['linspace', [5], (x) => tf.mul(x, tf.linspace(-1, 1, 5))],
  ['eye', [3, 3], (x) => tf.mul(x, tf.eye(3))],
];

export const SHAPE_CASES: readonly Case[] = [
  {
    name: 'square of what is repeated',
    inputs: (random) => [normal(random, [1, 3])],
    f: (x) => tf.square(tf.tile(x, [2, 1])),
    order: 2,
  },
  {
    name: 'sum of what is repeated and one number everywhere',
    inputs: (random) => [normal(random, [1, 3])],
    f: (x) => tf.add(tf.tile(x, [2, 1]), tf.fill([2, 3], 5)),
    order: 2,
  },
  {
    name: 'product of two that are repeated along different axes',
    inputs: (random) => [normal(random, [1, 3]), normal(random, [2, 1])],
    f: (a, b) => tf.mul(tf.tile(a, [2, 1]), tf.tile(b, [1, 3])),
    order: 2,
  },
  ...OF_ONE.map(([name, shape, f]): Case => ({
    name,
    inputs: (random) => [normal(random, shape)],
    f: (x) => f(tf.square(x)),
    order: 2,
  })),
  ...[
    'reshape',
    'transpose [2,0,1]',
    'slice of three axes',
    'tile of several axes',
    'reverse of two axes',
  ].map((name): Case => {
    const [, shape, f] = OF_ONE.find(([other]) => other === name)!;
    return {
      name: `${name}, of int32`,
      inputs: (random) => [integers(random, shape, -9, 9)],
      f: (x) => f(x),
      order: 0,
    };
  }),
  {
    name: 'an input as it is',
    inputs: (random) => [normal(random, [2, 3])],
    f: (x) => x,
    order: 2,
  },
  {
    name: 'constants of all types',
    inputs: (random) => [bools(random, [3]), integers(random, [3], -9, 9), normal(random, [3])],
    f: (truth, integer, number) => [
      tf.logicalOr(truth, tf.tensor1d([true, false, true])),
      tf.add(integer, tf.tensor1d([1, -2, 3], 'int32')),
      tf.mul(number, tf.tensor1d([0.1, -0.2, 0.3])),
    ],
    order: 2,
  },
  {
    name: 'constants computed from constants',
    inputs: (random) => [bools(random, [3]), normal(random, [3])],
    f: (truth, number) => {
      const constant = tf.tensor1d([0.1, -0.2, 0.3]);
      return [
        tf.logicalAnd(truth, tf.greater(constant, 0)),
        tf.mul(number, tf.exp(tf.reverse(constant))),
        tf.cumsum(constant),
      ];
    },
    order: 2,
  },
  {
    name: 'constants of all types computed from constants',
    inputs: (random) => [bools(random, [4]), integers(random, [4], -9, 9), normal(random, [4])],
    f: (truth, integer, number) => {
      const [truths, integers_, numbers] = [
        tf.tensor1d([true, false]),
        tf.tensor1d([7, -2], 'int32'),
        tf.tensor1d([0, 0.5]),
      ];
      return [
        tf.logicalOr(truth, tf.tile(truths, [2])),
        tf.logicalOr(truth, tf.concat([tf.cast(integers_, 'bool'), tf.cast(numbers, 'bool')])),
        tf.add(integer, tf.concat([tf.reverse(integers_), tf.cast(truths, 'int32')])),
        tf.add(integer, tf.tile(tf.floorDiv(integers_, tf.scalar(2, 'int32')), [2])),
        tf.mul(number, tf.concat([tf.square(numbers), tf.cast(integers_, 'float32')])),
        tf.mul(number, tf.where(tf.tile(truths, [2]), tf.range(0, 4), tf.zeros([4]))),
      ];
    },
    order: 2,
  },
  {
    name: 'cast of float32 to int32 cuts towards 0',
    inputs: () => [floats([6], [1.7, -1.7, 0.5, -0.5, 100, -2])],
    f: (x) => tf.cast(x, 'int32'),
    order: 0,
  },
  {
    name: 'cast of float32 to bool',
    inputs: () => [floats([5], [0, 1, -2, 0.5, NaN])],
    f: (x) => tf.cast(x, 'bool'),
    order: 0,
  },
  {
    name: 'cast of int32 to float32 and bool',
    inputs: () => [ints([5], [0, 1, -7, 256, 16777216])],
    f: (x) => [tf.cast(x, 'float32'), tf.cast(x, 'bool')],
    order: 0,
  },
  {
    name: 'cast of bool to float32 and int32',
    inputs: (random) => [bools(random, [5])],
    f: (x) => [tf.cast(x, 'float32'), tf.cast(x, 'int32')],
    order: 0,
  },
  ...[0, 1, -1].map((axis): Case => ({
    name: `concat along axis ${axis}`,
    inputs: (random) => [normal(random, [2, 2]), normal(random, [2, 2]), normal(random, [2, 2])],
    f: (a, b, c) => tf.square(tf.concat([a, b, c], axis)),
    order: 2,
  })),
  {
    name: 'concat of different lengths, nothing among them',
    inputs: (random) => [normal(random, [2, 3]), normal(random, [2, 0]), normal(random, [2, 1])],
    f: (a, b, c) => tf.square(tf.concat([a, b, c], 1)),
    order: 2,
  },
  {
    name: 'concat of a tensor with itself',
    inputs: (random) => [normal(random, [2, 3])],
    f: (x) => tf.square(tf.concat([x, tf.square(x), x])),
    order: 2,
  },
  {
    name: 'concat of int32',
    inputs: (random) => [integers(random, [2, 2], -9, 9), integers(random, [1, 2], -9, 9)],
    f: (a, b) => tf.concat([a, b]),
    order: 0,
  },
  {
    name: 'split in equal parts',
    inputs: (random) => [normal(random, [2, 6])],
    f: (x) => tf.split(tf.square(x), 3, 1),
    order: 2,
  },
  {
    name: 'split in given lengths, of which one is used',
    inputs: (random) => [normal(random, [6, 2])],
    f: (x) => tf.square(tf.split(x, [1, 3, 2])[1]!),
    order: 2,
  },
  {
    name: 'split in uneven pieces, nothing among them',
    inputs: (random) => [normal(random, [2, 5])],
    f: (x) => tf.split(tf.square(x), [1, 0, 4], 1),
    order: 2,
  },
  {
    name: 'split with a length to be found',
    inputs: (random) => [normal(random, [2, 5])],
    f: (x) => tf.split(tf.square(x), [2, -1], -1),
    order: 2,
  },
  ...[0, 1, 2].map((axis): Case => ({
    name: `stack along axis ${axis}`,
    inputs: (random) => [normal(random, [2, 3]), normal(random, [2, 3])],
    f: (a, b) => tf.square(tf.stack([a, b], axis)),
    order: 2,
  })),
  {
    name: 'stack of scalars',
    inputs: (random) => [normal(random, []), normal(random, [])],
    f: (a, b) => tf.square(tf.stack([a, b, a])),
    order: 2,
  },
  ...[0, 1, -1].map((axis): Case => ({
    name: `unstack along axis ${axis}`,
    inputs: (random) => [normal(random, [2, 3])],
    f: (x) => tf.unstack(tf.square(x), axis),
    order: 2,
  })),
  {
    name: 'unstack, of which one part is used',
    inputs: (random) => [normal(random, [3, 2])],
    f: (x) => tf.square(tf.unstack(x)[1]!),
    order: 2,
  },
];
