import * as tf from '@tensorflow/tfjs-core';
import { type Case, floats, nonZero, normal } from './case.js';

type Unary = (x: tf.Tensor) => tf.Tensor;

const ACTIVATIONS: readonly (readonly [string, Unary])[] = [
  ['relu', tf.relu],
  ['relu6', tf.relu6],
  ['leakyRelu', (x) => tf.leakyRelu(x, 0.1)],
  ['leakyRelu with its usual slope', (x) => tf.leakyRelu(x)],
  ['elu', tf.elu],
  ['selu', tf.selu],
  ['softplus', tf.softplus],
  ['tanh', tf.tanh],
  ['sigmoid', tf.sigmoid],
  ['softmax', (x) => tf.softmax(x)],
  ['logSoftmax', (x) => tf.logSoftmax(x)],
];

const AT_KINKS: readonly (readonly [string, Unary, readonly number[]])[] = [
  ['relu', tf.relu, [0, -1, 2]],
  ['relu6', tf.relu6, [0, 6, -1, 7, 3]],
  ['leakyRelu', (x) => tf.leakyRelu(x), [0, -1, 2]],
  ['elu', tf.elu, [0, -1, 2]],
  ['selu', tf.selu, [0, -1, 2]],
];

const EXTREMES: readonly (readonly [string, Unary])[] = [
  ['softplus', tf.softplus],
  ['tanh', tf.tanh],
  ['sigmoid', tf.sigmoid],
  ['elu', tf.elu],
  ['softmax', (x) => tf.softmax(x)],
  ['logSoftmax', (x) => tf.logSoftmax(x)],
];

export const ACTIVATION_CASES: readonly Case[] = [
  ...ACTIVATIONS.flatMap(([name, f]) =>
    [[3], [2, 4], [2, 1, 3], [3, 1]].map((shape): Case => ({
      name: `${name} of [${shape.join()}]`,
      inputs: (random) => [nonZero(random, shape)],
      f: (x) => f(x),
      order: 2,
    })),
  ),
  ...AT_KINKS.map(([name, f, values]): Case => ({
    name: `${name} where it bends`,
    inputs: () => [floats([values.length], values)],
    f: (x) => f(x),
    order: 0,
  })),
  ...EXTREMES.map(([name, f]): Case => ({
    name: `${name} of extremes`,
    inputs: () => [floats([2, 4], [-1000, -30, 1, 1000, 90, 88, -90, 20])],
    f: (x) => f(x),
    order: 2,
  })),
  {
    name: 'relu of nothing',
    inputs: (random) => [normal(random, [0, 3])],
    f: (x) => tf.relu(x),
    order: 2,
  },
  {
    name: 'softmax of no rows',
    inputs: (random) => [normal(random, [0, 3])],
    f: (x) => tf.softmax(x),
    order: 2,
  },
  {
    name: 'softmax along the first axis, by transposing',
    inputs: (random) => [normal(random, [3, 2])],
    f: (x) => tf.transpose(tf.softmax(tf.transpose(x))),
    order: 2,
  },
  {
    name: 'prelu with a slope a column',
    inputs: (random) => [nonZero(random, [2, 3]), normal(random, [3])],
    f: (x, slope) => tf.prelu(x, slope),
    order: 2,
  },
  {
    name: 'prelu with a slope an element',
    inputs: (random) => [nonZero(random, [2, 3]), normal(random, [2, 3])],
    f: (x, slope) => tf.prelu(x, slope),
    order: 2,
  },
];
