import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { registerGradients } from '../gradients/register.js';
import { Random } from '../random.js';
import { gelu, silu } from './activations.js';
import { dropout } from './dropout.js';
import { gumbelSoftmax, logSoftmax, maskedSoftmax } from './softmax.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  registerGradients();
});

const logits = (): tf.Tensor2D => tf.tensor2d([0.7, -1.3, 0.4, 1.9, -0.6, 0.25], [2, 3]);

function uniform(shape: [number, number]): tf.Tensor2D {
  const random = Random.seeded(3);
  return tf.tensor2d(
    Float32Array.from({ length: shape[0] * shape[1] }, () => random.uniform()),
    shape,
  );
}

function distance(a: tf.Tensor, b: tf.Tensor): number {
  return tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
}

describe('log softmax', () => {
  test('has the gradients of the composed form, the second too, where those of tfjs are wrong', () => {
    const composed = (x: tf.Tensor): tf.Tensor => tf.log(tf.softmax(x));
    const second = (of: (x: tf.Tensor) => tf.Tensor) =>
      tf.grad((x) => tf.sum(tf.square(tf.grad((at) => tf.sum(tf.mul(at, of(at))))(x))));
    expect(distance(logSoftmax(logits()), composed(logits()))).toBeLessThan(1e-6);
    expect(distance(second(logSoftmax)(logits()), second(composed)(logits()))).toBeLessThan(1e-4);
  });

  test('is finite for large logits', () => {
    expect([...logSoftmax(tf.tensor1d([1000, 0])).dataSync()]).toEqual([0, -1000]);
  });
});

describe('masked softmax', () => {
  test('gives what is forbidden no probability, and shares it among the others', () => {
    const y = maskedSoftmax(logits(), tf.tensor1d([1, 0, 1])).arraySync() as number[][];
    expect(y[0]![1]).toBe(0);
    expect(y[0]![0]).toBeCloseTo(1 / (1 + Math.exp(-0.3)), 6);
    expect(y[1]![0]! + y[1]![2]!).toBeCloseTo(1, 6);
  });
});

describe('Gumbel softmax', () => {
  test('draws categories in proportion to their probabilities', () => {
    const count = 4000;
    const tiled = tf.tile(tf.slice(logits(), [0, 0], [1, 3]), [count, 1]);
    const drawn = gumbelSoftmax(tiled, uniform([count, 3]), 0.5, { hard: true });
    const shares = tf.mean(drawn, 0);
    const expected = tf.reshape(tf.softmax(tf.slice(logits(), [0, 0], [1, 3])), [3]);
    // Four standard deviations of a share of one half.
    expect(distance(shares, expected)).toBeLessThan(4 * Math.sqrt(0.25 / count));
  });

  test('is exactly one-hot when hard, with the gradient of the soft one', () => {
    const noise = uniform([2, 3]);
    const hard = gumbelSoftmax(logits(), noise, 2, { hard: true });
    expect([...hard.dataSync()].sort()).toEqual([0, 0, 0, 0, 1, 1]);
    const weights = tf.tensor1d([1, 2, 3]);
    const gradient = (isHard: boolean): tf.Tensor =>
      tf.grad((x) => tf.sum(tf.mul(gumbelSoftmax(x, noise, tf.scalar(2), { hard: isHard }), weights)))(
        logits(),
      );
    expect(distance(gradient(true), gradient(false))).toBe(0);
  });

  test('is finite for noise at the ends', () => {
    const y = gumbelSoftmax(tf.zeros([1, 2]), tf.tensor2d([[0, 1]]), 0.1);
    expect([...y.dataSync()]).toEqual([0, 1]);
  });
});

describe('dropout', () => {
  test('drops the share that it is told, and keeps the mean', () => {
    const y = dropout(tf.ones([100, 100]), uniform([100, 100]), 0.2);
    const dropped = tf.mean(tf.cast(tf.equal(y, 0), 'float32')).dataSync()[0]!;
    expect(dropped).toBeCloseTo(0.2, 1.5);
    expect(tf.max(y).dataSync()[0]).toBe(1.25);
    expect(() => dropout(y, y, 1)).toThrow(RangeError);
  });
});

describe('activations', () => {
  test('GELU and SiLU have their published values', () => {
    const found = [...gelu(tf.tensor1d([1, -1, 0])).dataSync(), ...silu(tf.tensor1d([1])).dataSync()];
    [0.8413447, -0.1586553, 0, 0.7310586].forEach((value, index) =>
      expect(found[index]).toBeCloseTo(value, 5),
    );
  });
});
