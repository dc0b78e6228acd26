import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { registerGradients } from '../gradients/register.js';
import { gradientPenalty } from './gradient-penalty.js';
import {
  binaryCrossEntropy,
  crossEntropy,
  crossEntropyOfLabels,
  gaussianDivergence,
  meanSquaredError,
} from './losses.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  registerGradients();
});

describe('losses', () => {
  test('cross entropy of labels is that of one-hot targets, and its gradient softmax minus target', () => {
    const logits = tf.tensor2d([0.7, -1.3, 0.4, 1.9, -0.6, 0.25], [2, 3]);
    const labels = tf.tensor1d([2, 0], 'int32');
    const targets = tf.cast(tf.oneHot(labels, 3), 'float32');
    const loss = crossEntropyOfLabels(logits, labels);
    expect(loss.shape).toEqual([2]);
    const composed = crossEntropy(logits, targets).dataSync();
    loss.dataSync().forEach((value, row) => expect(value).toBeCloseTo(composed[row]!, 6));
    expect(loss.dataSync()[0]).toBeCloseTo(Math.log(Math.exp(0.7) + Math.exp(-1.3) + Math.exp(0.4)) - 0.4, 5);
    const gradient = tf.grad((x) => tf.sum(crossEntropyOfLabels(x, labels)))(logits);
    const expected = tf.sub(tf.softmax(logits), targets).dataSync();
    gradient.dataSync().forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 6));
  });

  test('binary cross entropy is right in the middle and finite at the ends', () => {
    const [middle, sure, wrong] = binaryCrossEntropy(
      tf.tensor1d([0.3, 500, -500]),
      tf.tensor1d([1, 1, 1]),
    ).dataSync();
    expect(middle).toBeCloseTo(Math.log(1 + Math.exp(-0.3)), 6);
    expect(sure).toBe(0);
    expect(wrong).toBe(500);
  });

  test('mean squared error and the divergence of a normal distribution follow their formulas', () => {
    expect(meanSquaredError(tf.tensor1d([1, 2]), tf.tensor1d([3, 5])).dataSync()[0]).toBe(6.5);
    const divergence = gaussianDivergence(tf.tensor2d([[1, 0]]), tf.tensor2d([[0, Math.log(4)]])).dataSync();
    expect(divergence).toHaveLength(1);
    expect(divergence[0]).toBeCloseTo(0.5 + (4 - 1 - Math.log(4)) / 2, 5);
  });
});

describe('gradient penalty', () => {
  const real = (): tf.Tensor2D => tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const fake = (): tf.Tensor2D => tf.tensor2d([0, -1, 2, 6], [2, 2]);
  const uniform = (): tf.Tensor1D => tf.tensor1d([0.25, 1]);

  test("is told by a linear critic's weights, and has their gradient", () => {
    const penalty = (weights: tf.Tensor): tf.Scalar =>
      gradientPenalty((x) => tf.matMul(x, weights), {
        real: real(),
        fake: fake(),
        uniform: uniform(),
      });
    const weights = tf.tensor2d([3, 4], [2, 1]);
    expect(penalty(weights).dataSync()[0]).toBeCloseTo(16, 5);
    const gradient = tf.grad(penalty)(weights).dataSync();
    // d (‖w‖ − 1)² = 2 (‖w‖ − 1) w / ‖w‖
    expect(gradient[0]).toBeCloseTo(4.8, 5);
    expect(gradient[1]).toBeCloseTo(6.4, 5);
  });

  test('is taken at the points between', () => {
    // ∇(½‖x‖²) = x, at 0.75 · real + 0.25 · fake, and at fake.
    const penalty = gradientPenalty((x) => tf.mul(tf.sum(tf.square(x), 1), 0.5), {
      real: real(),
      fake: fake(),
      uniform: uniform(),
    });
    const expected = ((Math.hypot(0.75, 1.25) - 1) ** 2 + (Math.hypot(2, 6) - 1) ** 2) / 2;
    expect(penalty.dataSync()[0]).toBeCloseTo(expected, 4);
  });

  test("changes a critic's parameters as differences say, through activations", () => {
    const second = tf.tensor2d([0.5, -1.2, 0.8], [3, 1]);
    const penalty = (first: tf.Tensor): tf.Scalar =>
      gradientPenalty(
        (x) => tf.matMul(tf.tanh(tf.matMul(tf.leakyRelu(x, 0.2), first as tf.Tensor2D)), second),
        { real: real(), fake: fake(), uniform: uniform() },
      );
    const values = [0.3, -0.2, 0.5, 0.1, 0.4, -0.6];
    const at = (index: number, change: number): number =>
      penalty(
        tf.tensor2d(
          values.map((value, place) => (place === index ? value + change : value)),
          [2, 3],
        ),
      ).dataSync()[0]!;
    tf.grad(penalty)(tf.tensor2d(values, [2, 3]))
      .dataSync()
      .forEach((value, index) => expect(value).toBeCloseTo((at(index, 1e-3) - at(index, -1e-3)) / 2e-3, 2));
  });
});
