import * as tf from '@tensorflow/tfjs-core';
import {
  binaryCrossEntropy,
  crossEntropy,
  crossEntropyOfLabels,
  gaussianDivergence,
  meanSquaredError,
} from '../../layers/losses.js';
import {
  gumbelSoftmax,
  logSoftmax,
  maskedSoftmax,
  oneHotOfLargest,
  straightThrough,
} from '../../layers/softmax.js';
import { between, type Case, distinct, floats, integers, ints, normal, normals, truths } from './case.js';

/** Rows with one logit far above or below all others. */
const EXTREME = floats([2, 3], [1000, -1000, 0, 80, -90, 85]);

export const LOSS_CASES: readonly Case[] = [
  {
    name: 'logSoftmax, of ours',
    inputs: (random) => [normal(random, [2, 2, 3])],
    f: (x) => logSoftmax(x),
    order: 2,
  },
  {
    name: 'logSoftmax, of ours, of extremes',
    inputs: () => [EXTREME],
    f: (x) => logSoftmax(x),
    order: 2,
  },
  {
    name: 'maskedSoftmax',
    inputs: (random) => [normal(random, [2, 4]), truths([2, 4], [1, 0, 1, 1, 0, 0, 1, 0])],
    f: (x, mask) => maskedSoftmax(x, mask),
    order: 2,
  },
  {
    name: 'crossEntropyOfLabels',
    inputs: (random) => [normal(random, [3, 4]), integers(random, [3], 0, 3)],
    f: (logits, labels) => crossEntropyOfLabels(logits, labels),
    order: 2,
  },
  {
    name: 'crossEntropyOfLabels of sequences',
    inputs: (random) => [normal(random, [2, 3, 4]), integers(random, [2, 3], 0, 3)],
    f: (logits, labels) => crossEntropyOfLabels(logits, labels),
    order: 2,
  },
  {
    name: 'crossEntropyOfLabels of extremes',
    inputs: () => [EXTREME, ints([2], [1, 2])],
    f: (logits, labels) => crossEntropyOfLabels(logits, labels),
    order: 2,
  },
  {
    name: 'crossEntropyOfLabels of one class',
    inputs: (random) => [normal(random, [3, 1]), ints([3], [0, 0, 0])],
    f: (logits, labels) => crossEntropyOfLabels(logits, labels),
    order: 2,
  },
  {
    name: 'crossEntropy of distributions',
    inputs: (random) => [normal(random, [3, 4]), between(random, [3, 4], 0, 1)],
    f: (logits, targets) => crossEntropy(logits, targets),
    order: 2,
  },
  {
    name: 'binaryCrossEntropy',
    inputs: (random) => [normal(random, [3, 2]), between(random, [3, 2], 0, 1)],
    f: (logits, labels) => binaryCrossEntropy(logits, labels),
    order: 2,
  },
  {
    name: 'binaryCrossEntropy of extremes',
    inputs: () => [floats([4], [1000, -1000, 90, -90]), floats([4], [1, 1, 0, 0])],
    f: (logits, labels) => binaryCrossEntropy(logits, labels),
    order: 2,
  },
  {
    name: 'meanSquaredError',
    inputs: (random) => normals(random, [3, 2], [3, 2]),
    f: (predictions, targets) => meanSquaredError(predictions, targets),
    order: 2,
  },
  {
    name: 'gaussianDivergence',
    inputs: (random) => normals(random, [3, 2], [3, 2]),
    f: (mean, logVariance) => gaussianDivergence(mean, logVariance),
    order: 2,
  },
  {
    name: 'gumbelSoftmax',
    inputs: (random) => [normal(random, [2, 3]), between(random, [2, 3], 0.05, 0.95)],
    f: (logits, uniform) => gumbelSoftmax(logits, uniform, 0.7),
    order: 2,
    tolerance: 1e-4,
  },
  {
    name: 'gumbelSoftmax with noise at its ends',
    inputs: (random) => [normal(random, [2, 3]), floats([2, 3], [0, 0.5, 1, 0.2, 0, 0])],
    f: (logits, uniform) => gumbelSoftmax(logits, uniform, 1),
    order: 0,
  },
  {
    name: 'hard gumbelSoftmax',
    inputs: (random) => [normal(random, [3, 4]), between(random, [3, 4], 0.05, 0.95)],
    f: (logits, uniform) => gumbelSoftmax(logits, uniform, 0.7, { hard: true }),
    order: 1,
    surrogate: true,
    tolerance: 1e-4,
  },
  {
    name: 'straightThrough',
    inputs: (random) => [normal(random, [3, 2])],
    f: (x) => straightThrough(tf.tanh(x), tf.sign(x)),
    order: 1,
    surrogate: true,
  },
  {
    name: 'oneHotOfLargest',
    inputs: (random) => [distinct(random, [3, 4])],
    f: (x) => oneHotOfLargest(x),
    order: 0,
  },
];
