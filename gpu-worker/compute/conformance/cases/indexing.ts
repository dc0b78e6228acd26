import * as tf from '@tensorflow/tfjs-core';
import { bools, type Case, distinct, floats, integers, ints, normal } from './case.js';

export const INDEXING_CASES: readonly Case[] = [
  ...[0, 1, 2, -1].map((axis): Case => ({
    name: `gather along axis ${axis}, with repeated indices`,
    inputs: (random) => [normal(random, [3, 3, 3]), ints([4], [2, 0, 2, 1])],
    f: (x, indices) => tf.square(tf.gather(x, indices, axis)),
    order: 2,
  })),
  {
    name: 'gather of rows of a matrix',
    inputs: (random) => [normal(random, [4, 2]), ints([5], [3, 3, 0, 1, 3])],
    f: (x, indices) => tf.square(tf.gather(x, indices)),
    order: 2,
  },
  {
    name: 'gather of numbers of a vector',
    inputs: (random) => [normal(random, [5]), ints([3], [4, 0, 4])],
    f: (x, indices) => tf.square(tf.gather(x, indices)),
    order: 2,
  },
  {
    name: 'gather with a matrix of indices',
    inputs: (random) => [normal(random, [4, 2]), integers(random, [2, 3], 0, 3)],
    f: (x, indices) => tf.square(tf.gather(x, indices)),
    order: 2,
  },
  {
    name: 'gather with a matrix of indices along the last axis',
    inputs: (random) => [normal(random, [2, 4]), integers(random, [2, 3], 0, 3)],
    f: (x, indices) => tf.square(tf.gather(x, indices, 1)),
    order: 2,
  },
  {
    name: 'gather with a scalar index',
    inputs: (random) => [normal(random, [4, 2]), ints([], [2])],
    f: (x, index) => tf.square(tf.gather(x, index)),
    order: 2,
  },
  {
    name: 'gather with no indices',
    inputs: (random) => [normal(random, [4, 2]), ints([0], [])],
    f: (x, indices) => tf.gather(x, indices),
    order: 2,
  },
  {
    name: 'gather with indices a row',
    inputs: (random) => [normal(random, [2, 4]), integers(random, [2, 3], 0, 3)],
    f: (x, indices) => tf.square(tf.gather(x, indices, 1, 1)),
    order: 2,
  },
  {
    name: 'gather of slices with a matrix of indices a row',
    inputs: (random) => [normal(random, [2, 4, 3]), integers(random, [2, 2, 2], 0, 3)],
    f: (x, indices) => tf.square(tf.gather(x, indices, 1, 1)),
    order: 2,
  },
  {
    name: 'gather with indices a row, along the last of three axes',
    inputs: (random) => [normal(random, [2, 3, 4]), integers(random, [2, 5], 0, 3)],
    f: (x, indices) => tf.square(tf.gather(x, indices, -1, 1)),
    order: 2,
  },
  {
    name: 'gather with indices for each of two axes',
    inputs: (random) => [normal(random, [2, 3, 4]), integers(random, [2, 3, 2], 0, 3)],
    f: (x, indices) => tf.square(tf.gather(x, indices, 2, 2)),
    order: 2,
  },
  {
    name: 'gather of int32',
    inputs: (random) => [integers(random, [4, 2], -9, 9), ints([3], [3, 0, 3])],
    f: (x, indices) => tf.gather(x, indices),
    order: 0,
  },
  {
    name: 'gatherND of elements',
    inputs: (random) => [normal(random, [3, 2]), ints([3, 2], [0, 1, 2, 0, 0, 1])],
    f: (x, indices) => tf.square(tf.gatherND(x, indices)),
    order: 2,
  },
  {
    name: 'gatherND of rows',
    inputs: (random) => [normal(random, [3, 2]), ints([4, 1], [2, 0, 2, 2])],
    f: (x, indices) => tf.square(tf.gatherND(x, indices)),
    order: 2,
  },
  {
    name: 'scatterND of elements adds those that meet',
    inputs: (random) => [ints([4, 1], [1, 3, 1, 0]), normal(random, [4])],
    f: (indices, updates) => tf.square(tf.scatterND(indices, updates, [5])),
    order: 2,
  },
  {
    name: 'scatterND of rows adds those that meet',
    inputs: (random) => [ints([3, 1], [2, 0, 2]), normal(random, [3, 2])],
    f: (indices, updates) => tf.square(tf.scatterND(indices, updates, [4, 2])),
    order: 2,
  },
  {
    name: 'unsortedSegmentSum of a vector',
    inputs: (random) => [normal(random, [5]), ints([5], [2, 0, 2, 1, 2])],
    f: (x, segments) => tf.square(tf.unsortedSegmentSum(x, segments as tf.Tensor1D, 4)),
    order: 2,
  },
  {
    name: 'unsortedSegmentSum of rows',
    inputs: (random) => [normal(random, [4, 3]), ints([4], [1, 0, 1, 2])],
    f: (x, segments) => tf.square(tf.unsortedSegmentSum(x, segments as tf.Tensor1D, 3)),
    order: 2,
  },
  {
    name: 'unsortedSegmentSum leaves out negative segments',
    inputs: (random) => [normal(random, [4]), ints([4], [1, -1, 1, 0])],
    f: (x, segments) => tf.square(tf.unsortedSegmentSum(x, segments as tf.Tensor1D, 2)),
    order: 2,
  },
  {
    name: 'unsortedSegmentSum leaves out rows of any negative segment',
    inputs: (random) => [normal(random, [4, 2]), ints([4], [2, -1, -3, 0])],
    f: (x, segments) => tf.square(tf.unsortedSegmentSum(x, segments as tf.Tensor1D, 3)),
    order: 2,
  },
  {
    name: 'oneHot',
    inputs: () => [ints([4], [2, 0, 1, 2])],
    f: (indices) => tf.oneHot(indices, 3),
    order: 0,
  },
  {
    name: 'oneHot of what is out of range',
    inputs: () => [ints([4], [2, -1, 3, 0])],
    f: (indices) => tf.oneHot(indices, 3),
    order: 0,
  },
  {
    name: 'oneHot of float32',
    inputs: () => [ints([4], [2, 0, 1, 2])],
    f: (indices) => tf.oneHot(indices, 3, 1, 0, 'float32'),
    order: 0,
  },
  {
    name: 'oneHot of bool',
    inputs: () => [ints([4], [2, 0, 1, 2])],
    f: (indices) => tf.oneHot(indices, 3, 1, 0, 'bool'),
    order: 0,
  },
  {
    name: 'oneHot of constants',
    inputs: (random) => [bools(random, [2, 3]), integers(random, [2, 3], -9, 9), normal(random, [2, 3])],
    f: (truth, integer, number) => {
      const places = tf.tensor1d([2, 0], 'int32');
      return [
        tf.logicalAnd(truth, tf.oneHot(places, 3, 1, 0, 'bool')),
        tf.add(integer, tf.oneHot(places, 3, 7, -1)),
        tf.mul(number, tf.oneHot(places, 3, 0.9, 0.05, 'float32')),
      ];
    },
    order: 2,
  },
  {
    name: 'oneHot with other values',
    inputs: () => [ints([2, 2], [1, 0, 2, 1])],
    f: (indices) => tf.oneHot(indices, 3, 0.9, 0.05, 'float32'),
    order: 0,
  },
  {
    name: 'topk values and places',
    inputs: (random) => [distinct(random, [3, 5])],
    f: (x) => {
      const { values, indices } = tf.topk(x, 2);
      return [values, indices];
    },
    order: 0,
  },
  {
    name: 'topk of all',
    inputs: (random) => [distinct(random, [6])],
    f: (x) => {
      const { values, indices } = tf.topk(x, 6);
      return [values, indices];
    },
    order: 0,
  },
  {
    name: 'topk of equal ones, in their order',
    inputs: () => [floats([5], [1, 3, 1, 3, 2])],
    f: (x) => {
      const { values, indices } = tf.topk(x, 4);
      return [values, indices];
    },
    order: 0,
  },
];
