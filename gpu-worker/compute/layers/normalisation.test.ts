import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { registerGradients } from '../gradients/register.js';
import { batchNormalisation, batchNormalisationWith, layerNormalisation } from './normalisation.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  registerGradients();
});

const x = (): tf.Tensor2D => tf.tensor2d([0.7, -1.3, 0.4, 1.9, -0.6, 0.25], [2, 3]);
const parameters = () => ({ gain: tf.tensor1d([1, 2, -1]), bias: tf.tensor1d([0.5, 0, 1]) });
const identity = () => ({ gain: tf.ones([3]), bias: tf.zeros([3]) });

function expectClose(found: tf.Tensor, expected: tf.Tensor, tolerance = 1e-4): void {
  expect(found.shape).toEqual(expected.shape);
  expect(tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]).toBeLessThan(tolerance);
}

/** The same in plain operations, whose gradients the table has. */
function composed(input: tf.Tensor, axis: number): tf.Tensor {
  const centred = tf.sub(input, tf.mean(input, axis, true));
  return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), axis, true), 1e-5)));
}

describe('layer normalisation', () => {
  test('gives each row mean 0 and variance 1, then gain and bias', () => {
    const y = layerNormalisation(x(), identity());
    const { mean, variance } = tf.moments(y, 1);
    expectClose(mean, tf.zeros([2]));
    expectClose(variance, tf.ones([2]));
    const { gain, bias } = parameters();
    expectClose(layerNormalisation(x(), { gain, bias }), tf.add(tf.mul(y, gain), bias));
  });

  test.each([
    [1, (input: tf.Tensor) => layerNormalisation(input, identity())],
    [
      0,
      (input: tf.Tensor) =>
        batchNormalisation(input, identity(), { mean: tf.zeros([3]), variance: tf.ones([3]) }).y,
    ],
  ])('over axis %i has the gradients of the composed form, the first and the second', (axis, normalise) => {
    const weights = tf.tensor2d([1, -2, 0.5, 3, 0.2, -1], [2, 3]);
    const gradient = (of: (input: tf.Tensor) => tf.Tensor) =>
      tf.grad((input) => tf.sum(tf.mul(tf.mul(of(input), of(input)), weights)));
    const second = (of: (input: tf.Tensor) => tf.Tensor) =>
      tf.grad((input) => tf.sum(tf.mul(gradient(of)(input), tf.square(input))));
    const plain = (input: tf.Tensor): tf.Tensor => composed(input, axis);
    // Two rows over axis 0 are ±1 nearly: their gradients are differences of large numbers.
    const tolerance = axis === 0 ? 0.02 : 1e-3;
    expectClose(gradient(normalise)(x()), gradient(plain)(x()), tolerance);
    expectClose(second(normalise)(x()), second(plain)(x()), tolerance);
  });
});

describe('batch normalisation', () => {
  test('moves the running moments towards those of the batch', () => {
    const running = { mean: tf.tensor1d([1, 1, 1]), variance: tf.tensor1d([2, 2, 2]) };
    const { running: next } = batchNormalisation(x(), identity(), running, { momentum: 0.75 });
    expectClose(next.mean, tf.tensor1d([0.75 + 0.25 * 1.3, 0.75 - 0.25 * 0.95, 0.75 + 0.25 * 0.325]));
    // Of two values, the unbiased variance is half the squared difference.
    expectClose(
      next.variance,
      tf.tensor1d([1.5 + (0.25 * 1.2 ** 2) / 2, 1.5 + (0.25 * 0.7 ** 2) / 2, 1.5 + (0.25 * 0.15 ** 2) / 2]),
    );
  });

  test('gives in inference what it gave in training, where the moments are the same', () => {
    const stacked = tf.reshape(x(), [1, 2, 3]);
    const { mean, variance } = tf.moments(stacked, [0, 1]);
    const { y } = batchNormalisation(stacked, parameters(), { mean, variance });
    expectClose(batchNormalisationWith(stacked, parameters(), { mean, variance }), y);
  });
});
