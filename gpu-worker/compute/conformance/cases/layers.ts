import * as tf from '@tensorflow/tfjs-core';
import { gelu, silu } from '../../layers/activations.js';
import { causalMask, multiHeadAttention, paddingMask, scaledDotProduct } from '../../layers/attention.js';
import { dense } from '../../layers/dense.js';
import { dropout } from '../../layers/dropout.js';
import { embedding } from '../../layers/embedding.js';
import { gradientPenalty } from '../../layers/gradient-penalty.js';
import {
  batchNormalisation,
  batchNormalisationWith,
  layerNormalisation,
} from '../../layers/normalisation.js';
import { gru, gruCell, lstm, lstmCell } from '../../layers/recurrent.js';
import { between, type Case, integers, ints, nonZero, normal, normals, truths } from './case.js';

/** Weights and biases of four dense layers from width 4 to width 4. */
const ATTENTION = [[4, 4], [4], [4, 4], [4], [4, 4], [4], [4, 4], [4]];

function attentionParameters(tensors: readonly tf.Tensor[]): Parameters<typeof multiHeadAttention>[1] {
  const layer = (index: number): { weights: tf.Tensor; bias: tf.Tensor } => ({
    weights: tensors[2 * index]!,
    bias: tensors[2 * index + 1]!,
  });
  return { query: layer(0), key: layer(1), value: layer(2), output: layer(3) };
}

const GRU = [[2, 9], [3, 9], [9], [9]];
const LSTM = [[2, 12], [3, 12], [12]];

export const LAYER_CASES: readonly Case[] = [
  {
    name: 'gelu',
    inputs: (random) => [normal(random, [2, 3])],
    f: (x) => gelu(x),
    order: 2,
  },
  {
    name: 'silu',
    inputs: (random) => [normal(random, [2, 3])],
    f: (x) => silu(x),
    order: 2,
  },
  {
    name: 'dense of a matrix',
    inputs: (random) => normals(random, [3, 4], [4, 2], [2]),
    f: (x, weights, bias) => tf.tanh(dense(x, { weights: weights, bias: bias })),
    order: 2,
  },
  {
    name: 'dense of three axes without a bias',
    inputs: (random) => normals(random, [2, 3, 4], [4, 2]),
    f: (x, weights) => tf.tanh(dense(x, { weights: weights })),
    order: 2,
  },
  {
    name: 'dense with weights an example',
    inputs: (random) => normals(random, [2, 3, 4], [2, 4, 2], [2, 2]),
    f: (x, weights, bias) => tf.tanh(dense(x, { weights: weights, bias: bias })),
    order: 2,
  },
  {
    name: 'embedding of a matrix of indices',
    inputs: (random) => [integers(random, [3, 2], 0, 4), normal(random, [5, 3])],
    f: (indices, table) => tf.square(embedding(indices, table)),
    order: 2,
  },
  {
    name: 'dropout of elements',
    inputs: (random) => [normal(random, [3, 4]), between(random, [3, 4], 0, 1)],
    f: (x, uniform) => tf.square(dropout(x, uniform, 0.4)),
    order: 2,
  },
  {
    name: 'dropout of columns',
    inputs: (random) => [normal(random, [3, 4]), between(random, [4], 0, 1)],
    f: (x, uniform) => tf.square(dropout(x, uniform, 0.4)),
    order: 2,
  },
  {
    name: 'layerNormalisation',
    inputs: (random) => normals(random, [2, 2, 4], [4], [4]),
    f: (x, gain, bias) => layerNormalisation(x, { gain: gain, bias: bias }),
    order: 2,
    tolerance: 1e-4,
  },
  ...[
    [5, 3],
    [3, 2, 3],
  ].map((shape): Case => ({
    name: `batchNormalisation of [${shape.join()}]`,
    inputs: (random) => normals(random, shape, [3], [3]),
    f: (x, gain, bias) => {
      const running = { mean: tf.zeros([3]), variance: tf.ones([3]) };
      return batchNormalisation(x, { gain: gain, bias: bias }, running).y;
    },
    order: 2,
    tolerance: 1e-4,
  })),
  {
    name: 'running moments of batchNormalisation',
    inputs: (random) => [...normals(random, [5, 3], [3], [3], [3]), between(random, [3], 0.5, 2)],
    f: (x, gain, bias, mean, variance) => {
      const { running } = batchNormalisation(
        x,
        { gain: gain, bias: bias },
        { mean: mean, variance: variance },
      );
      return [running.mean, running.variance];
    },
    order: 0,
  },
  {
    name: 'batchNormalisationWith known moments',
    inputs: (random) => [...normals(random, [5, 3], [3], [3], [3]), between(random, [3], 0.5, 2)],
    f: (x, gain, bias, mean, variance) =>
      batchNormalisationWith(x, { gain: gain, bias: bias }, { mean: mean, variance: variance }),
    order: 2,
  },
  {
    name: 'scaledDotProduct',
    inputs: (random) => normals(random, [2, 1, 3, 2], [2, 1, 4, 2], [2, 1, 4, 3]),
    f: (queries, keys, values) => scaledDotProduct(queries, keys, values),
    order: 2,
  },
  {
    name: 'scaledDotProduct with a mask of bools',
    inputs: (random) => [
      ...normals(random, [2, 1, 3, 2], [2, 1, 4, 2], [2, 1, 4, 3]),
      truths([3, 4], [1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1]),
    ],
    f: (queries, keys, values, mask) => scaledDotProduct(queries, keys, values, mask),
    order: 2,
  },
  {
    name: 'multiHeadAttention that looks back',
    inputs: (random) => normals(random, [2, 3, 4], ...ATTENTION),
    f: (x, ...parameters) =>
      multiHeadAttention(x, attentionParameters(parameters), { heads: 2, mask: causalMask(3) }),
    order: 2,
    tolerance: 1e-4,
  },
  {
    name: 'multiHeadAttention to a padded memory',
    inputs: (random) => [ints([2], [2, 3]), ...normals(random, [2, 2, 4], [2, 3, 4], ...ATTENTION)],
    f: (lengths, x, memory, ...parameters) =>
      multiHeadAttention(x, attentionParameters(parameters), {
        heads: 2,
        memory: memory,
        mask: paddingMask(lengths, 3),
      }),
    order: 2,
    tolerance: 1e-4,
  },
  {
    name: 'gruCell',
    inputs: (random) => normals(random, [2, 2], [2, 3], ...GRU),
    f: (x, hidden, input, recurrent, inputBias, recurrentBias) =>
      gruCell(x, hidden, {
        input: input,
        recurrent: recurrent,
        inputBias: inputBias,
        recurrentBias: recurrentBias,
      }),
    order: 2,
  },
  {
    name: 'gru over three steps',
    inputs: (random) => normals(random, [2, 3, 2], ...GRU),
    f: (x, input, recurrent, inputBias, recurrentBias) => {
      const { outputs, last } = gru(x, {
        input: input,
        recurrent: recurrent,
        inputBias: inputBias,
        recurrentBias: recurrentBias,
      });
      return [outputs, last];
    },
    order: 2,
    tolerance: 1e-4,
  },
  {
    name: 'lstmCell',
    inputs: (random) => normals(random, [2, 2], [2, 3], [2, 3], ...LSTM),
    f: (x, hidden, cell, input, recurrent, bias) => {
      const state = { hidden: hidden, cell: cell };
      const next = lstmCell(x, state, { input: input, recurrent: recurrent, bias: bias });
      return [next.hidden, next.cell];
    },
    order: 2,
  },
  {
    name: 'lstm over three steps',
    inputs: (random) => normals(random, [2, 3, 2], ...LSTM),
    f: (x, input, recurrent, bias) => {
      const { outputs, last } = lstm(x, { input: input, recurrent: recurrent, bias: bias });
      return [outputs, last.cell];
    },
    order: 2,
    tolerance: 1e-4,
  },
  ...(
    [
      ['tanh', tf.tanh],
      ['leakyRelu', (x: tf.Tensor) => tf.leakyRelu(x)],
    ] as const
  ).map(([activation, activate]): Case => ({
    name: `gradientPenalty of a critic with ${activation}`,
    inputs: (random) => [
      ...normals(random, [4, 3], [4, 3]),
      between(random, [4], 0, 1),
      nonZero(random, [3, 5]),
      normal(random, [5]),
      normal(random, [5, 1]),
    ],
    f: (real, fake, uniform, weights, bias, output) =>
      gradientPenalty(
        (x) => dense(activate(dense(x, { weights: weights, bias: bias })), { weights: output }),
        { real: real, fake: fake, uniform: uniform },
      ),
    // Its own gradient is one of second order already.
    order: 1,
    tolerance: 1e-4,
  })),
];
