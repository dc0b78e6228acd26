import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { registerGradients } from '../gradients/register.js';
import { dense } from '../layers/dense.js';
import { normal } from '../layers/initialisation.js';
import { crossEntropyOfLabels } from '../layers/losses.js';
import { Random } from '../random.js';
import { clipAndSum, noisyMean, perSampleGradients } from './per-sample.js';
import { valueAndGradients } from './value-and-gradients.js';

// Tensors are made while tests are listed, before any hook; tfjs would advertise its other packages.
tf.enableProdMode();

beforeAll(async () => {
  await tf.setBackend('cpu');
  registerGradients();
});

const random = Random.seeded(9);
function drawn(...shape: number[]): tf.Tensor {
  return tf.tensor(normal(random, shape, 1), shape);
}

const BATCH = 5;
const LIMIT = 1.5;

type Network = {
  readonly hidden: { readonly weights: tf.Tensor; readonly bias: tf.Tensor };
  readonly output: { readonly weights: tf.Tensor };
};

function losses(network: Network, x: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return crossEntropyOfLabels(dense(tf.tanh(dense(x, network.hidden)), network.output), labels);
}

describe('per-sample gradients', () => {
  const network: Network = {
    hidden: { weights: drawn(3, 4), bias: drawn(4) },
    output: { weights: drawn(4, 2) },
  };
  const x = drawn(BATCH, 3);
  const labels = tf.tensor1d([0, 1, 1, 0, 1], 'int32');

  /** The same, one example after another, in double precision once the gradients are known. */
  function expected(present: readonly number[]): { sum: number[][]; norms: number[] } {
    const sum: number[][] = [];
    const norms = present.map((kept, example) => {
      const { gradients } = valueAndGradients(
        (parameters: Network) =>
          tf.sum<tf.Scalar>(
            losses(parameters, tf.slice(x, [example, 0], [1, 3]), tf.slice(labels, [example], [1])),
          ),
        network,
      );
      const parts = [gradients.hidden.weights, gradients.hidden.bias, gradients.output.weights].map(
        (part) => [...part.dataSync()],
      );
      const norm = Math.hypot(...parts.flat());
      parts.forEach((part, index) => {
        sum[index] ??= part.map(() => 0);
        part.forEach((value, place) => (sum[index]![place]! += kept * value * Math.min(1, LIMIT / norm)));
      });
      return norm;
    });
    return { sum, norms };
  }

  test.each([[[1, 1, 1, 1, 1]], [[1, 0, 1, 0, 1]]])(
    'clipped and summed are those of a loop, present %p',
    (present) => {
      const { gradients } = perSampleGradients(
        (copies: Network) => losses(copies, x, labels),
        network,
        BATCH,
      );
      expect(gradients.hidden.weights.shape).toEqual([BATCH, 3, 4]);
      const { sum, norms } = clipAndSum(gradients, LIMIT, tf.tensor1d(present));
      const loop = expected(present);
      // Of both kinds, or the test shows little.
      expect(loop.norms.some((norm) => norm > LIMIT) && loop.norms.some((norm) => norm < LIMIT)).toBe(true);
      norms.dataSync().forEach((norm, example) => expect(norm).toBeCloseTo(loop.norms[example]!, 4));
      [sum.hidden.weights, sum.hidden.bias, sum.output.weights].forEach((part, index) =>
        part.dataSync().forEach((value, place) => expect(value).toBeCloseTo(loop.sum[index]![place]!, 4)),
      );
    },
  );

  test('noise is added in proportion to the limit, and the mean is over the expected batch', () => {
    const mean = noisyMean(
      { w: tf.tensor1d([8, 4]) },
      { w: tf.tensor1d([1, -1]) },
      {
        limit: 2,
        multiplier: 1.5,
        batch: 10,
      },
    );
    const found = mean.w.dataSync();
    expect(found[0]).toBeCloseTo(1.1, 6);
    expect(found[1]).toBeCloseTo(0.1, 6);
  });
});
