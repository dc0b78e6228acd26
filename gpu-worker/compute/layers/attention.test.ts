import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { registerGradients } from '../gradients/register.js';
import { Random } from '../random.js';
import { causalMask, multiHeadAttention, paddingMask, scaledDotProduct } from './attention.js';
import { glorotUniform, heNormal, normal } from './initialisation.js';
import { sinusoidalPositions } from './positions.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  registerGradients();
});

const random = Random.seeded(11);
function drawn(...shape: number[]): tf.Tensor {
  return tf.tensor(normal(random, shape, 1), shape);
}

const layer = () => ({ weights: drawn(4, 4), bias: drawn(4) });
const newLayers = () => ({ query: layer(), key: layer(), value: layer(), output: layer() });

function rowsOf(x: tf.Tensor): number[][] {
  return (x.arraySync() as number[][][])[0]!;
}

describe('attention', () => {
  test('weighs values by the softmax of scaled products, head by head', () => {
    const [queries, keys, values] = [drawn(1, 2, 3, 4), drawn(1, 2, 5, 4), drawn(1, 2, 5, 2)];
    const found = scaledDotProduct(queries, keys, values).arraySync() as number[][][][];
    const [q, k, v] = [queries, keys, values].map((x) => (x.arraySync() as number[][][][])[0]!);
    const weights = k![1]!.map((key) =>
      Math.exp(key.reduce((sum, value, index) => sum + value * q![1]![2]![index]!, 0) / 2),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const expected = weights.reduce((sum, weight, place) => sum + (weight / total) * v![1]![place]![0]!, 0);
    expect(found[0]![1]![2]![0]).toBeCloseTo(expected, 5);
  });

  test('a causal mask hides what comes later', () => {
    const layers = newLayers();
    const x = drawn(1, 5, 4);
    const changed = tf.concat([tf.slice(x, [0, 0, 0], [1, 3, 4]), drawn(1, 2, 4)], 1);
    const attend = (of: tf.Tensor): number[][] =>
      rowsOf(multiHeadAttention(of, layers, { heads: 2, mask: causalMask(5) }));
    const [before, after] = [attend(x), attend(changed)];
    expect(after.slice(0, 3)).toEqual(before.slice(0, 3));
    expect(after[3]).not.toEqual(before[3]);
    // The first place sees nothing but itself.
    const gradient = tf.grad((at) =>
      tf.sum(
        tf.slice(multiHeadAttention(at, layers, { heads: 2, mask: causalMask(5) }), [0, 0, 0], [1, 1, 4]),
      ),
    )(x);
    expect(rowsOf(gradient).map((row) => row.every((value) => value === 0))).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  test('a padding mask hides what is behind the end of each sequence', () => {
    const layers = newLayers();
    const [x, memory] = [drawn(2, 3, 4), drawn(2, 4, 4)];
    const mask = paddingMask(tf.tensor1d([2, 4], 'int32'), 4);
    const full = multiHeadAttention(x, layers, { heads: 2, memory, mask });
    const short = multiHeadAttention(tf.slice(x, [0, 0, 0], [1, 3, 4]), layers, {
      heads: 2,
      memory: tf.slice(memory, [0, 0, 0], [1, 2, 4]),
    });
    rowsOf(full).forEach((row, place) =>
      row.forEach((value, column) => expect(value).toBeCloseTo(rowsOf(short)[place]![column]!, 5)),
    );
  });

  test('refuses a width that the heads can’t share', () => {
    expect(() => multiHeadAttention(drawn(1, 2, 4), newLayers(), { heads: 3 })).toThrow(RangeError);
  });
});

describe('sinusoidal positions', () => {
  test('are sines and cosines of falling frequencies', () => {
    const table = sinusoidalPositions(3, 4);
    const expected = [0, 1, 0, 1, Math.sin(1), Math.cos(1), Math.sin(0.01), Math.cos(0.01)];
    expected.forEach((value, index) => expect(table[index]).toBeCloseTo(value, 6));
  });
});

describe('first values', () => {
  test('have the spread that their authors ask for', () => {
    const shape = [200, 100];
    const glorot = glorotUniform(Random.seeded(1), shape);
    expect(Math.max(...glorot)).toBeLessThanOrEqual(Math.sqrt(6 / 300));
    expect(Math.max(...glorot)).toBeGreaterThan(0.99 * Math.sqrt(6 / 300));
    const he = heNormal(Random.seeded(1), shape);
    const deviation = Math.sqrt(he.reduce((sum, value) => sum + value * value, 0) / he.length);
    expect(deviation / Math.sqrt(2 / 200)).toBeCloseTo(1, 1.5);
  });
});
