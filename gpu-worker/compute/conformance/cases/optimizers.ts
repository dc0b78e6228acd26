import * as tf from '@tensorflow/tfjs-core';
import { dense } from '../../layers/dense.js';
import { adam, adamW, biasCorrection } from '../../optimizers/adam.js';
import { movingAverage } from '../../optimizers/averaging.js';
import { clipByGlobalNorm } from '../../optimizers/clipping.js';
import { clipAndSum, noisyMean, perSampleGradients } from '../../optimizers/per-sample.js';
import { sgd } from '../../optimizers/sgd.js';
import { valueAndGradients } from '../../optimizers/value-and-gradients.js';
import { between, type Case, floats, normals } from './case.js';

/** Not an interface: those are no trees of tensors to TypeScript. */
type Layer = {
  readonly weights: tf.Tensor;
  readonly bias: tf.Tensor;
};

const SHAPES = [[3, 2], [2]] as const;

function layer(weights: tf.Tensor | undefined, bias: tf.Tensor | undefined): Layer {
  return { weights: weights!, bias: bias! };
}

const leaves = ({ weights, bias }: Layer): tf.Tensor[] => [weights, bias];

function squaredLoss(x: tf.Tensor): (parameters: Layer) => tf.Scalar {
  return (parameters) => tf.mean(tf.square(tf.tanh(dense(x, { ...parameters }))));
}

export const OPTIMIZER_CASES: readonly Case[] = [
  ...([1, 1000] as const).flatMap((step) =>
    [false, true].map((decayed): Case => ({
      name: `${decayed ? 'adamW' : 'adam'} at step ${step}`,
      inputs: (random) => [
        ...normals(random, ...SHAPES, ...SHAPES, ...SHAPES),
        ...SHAPES.map((shape) => between(random, shape, 0, 2)),
      ],
      f: (...given) => {
        const [parameters, gradients, means, squares] = [0, 2, 4, 6].map((start) =>
          layer(given[start], given[start + 1]),
        ) as [Layer, Layer, Layer, Layer];
        const options = { rate: tf.scalar(0.01), correction: tf.scalar(biasCorrection(step)) };
        const state = { parameters, means, squares };
        const next = decayed
          ? adamW(state, gradients, { ...options, decay: 0.1 })
          : adam(state, gradients, options);
        return [next.parameters, next.means, next.squares].flatMap(leaves);
      },
      order: 0,
    })),
  ),
  {
    name: 'adam with gradients of 0 from the start',
    inputs: (random) => normals(random, [2]),
    f: (parameters) => {
      const zeros = { bias: tf.zeros([2]) };
      const state = { parameters: { bias: parameters }, means: zeros, squares: zeros };
      const options = { rate: tf.scalar(0.01), correction: tf.scalar(biasCorrection(1)) };
      return adam(state, zeros, options).parameters.bias;
    },
    order: 0,
  },
  {
    name: 'sgd',
    inputs: (random) => normals(random, ...SHAPES, ...SHAPES, ...SHAPES),
    f: (...given) => {
      const state = { parameters: layer(given[0], given[1]), velocities: layer(given[2], given[3]) };
      const next = sgd(state, layer(given[4], given[5]), { rate: tf.scalar(0.1) });
      return [next.parameters, next.velocities].flatMap(leaves);
    },
    order: 0,
  },
  {
    name: 'movingAverage',
    inputs: (random) => normals(random, ...SHAPES, ...SHAPES),
    f: (...given) =>
      leaves(movingAverage(layer(given[0], given[1]), layer(given[2], given[3]), tf.scalar(0.99))),
    order: 0,
  },
  ...([0.5, 1000] as const).map((limit): Case => ({
    name: `clipByGlobalNorm to ${limit}`,
    inputs: (random) => normals(random, ...SHAPES),
    f: (weights, bias) => {
      const { gradients, norm } = clipByGlobalNorm(layer(weights, bias), limit);
      return [...leaves(gradients), norm];
    },
    order: 1,
  })),
  {
    name: 'clipByGlobalNorm of zeros',
    inputs: () => [floats([2], [0, 0])],
    f: (x) => clipByGlobalNorm({ x: x }, 1).gradients.x,
    order: 0,
  },
  {
    name: 'valueAndGradients',
    inputs: (random) => normals(random, [4, 3], ...SHAPES),
    f: (x, weights, bias) => {
      const { value, gradients } = valueAndGradients(squaredLoss(x), layer(weights, bias));
      return [value, ...leaves(gradients)];
    },
    order: 1,
  },
  {
    name: 'perSampleGradients, clipped and summed with noise',
    inputs: (random) => [...normals(random, [4, 3], ...SHAPES, ...SHAPES), floats([4], [1, 0, 1, 1])],
    f: (x, weights, bias, noiseOfWeights, noiseOfBias, present) => {
      const losses = (copies: Layer): tf.Tensor => {
        const outputs = tf.tanh(dense(tf.expandDims(x, 1), { ...copies }));
        return tf.sum(tf.square(outputs), [1, 2]);
      };
      const { total, gradients } = perSampleGradients(losses, layer(weights, bias), 4);
      const { sum, norms } = clipAndSum(gradients, 0.5, present);
      const noise = layer(noiseOfWeights, noiseOfBias);
      const mean = noisyMean(sum, noise, { limit: 0.5, multiplier: 1.1, batch: 4 });
      return [total, norms, ...leaves(mean)];
    },
    order: 1,
  },
];
