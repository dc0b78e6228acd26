import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { ENGINE_NAMES, listEngines, startEngine } from './engine.js';
import { Random } from './random.js';

const random = Random.seeded(3);

function randomTensor(...shape: number[]): tf.Tensor {
  const length = shape.reduce((count, size) => count * size, 1);
  return tf.tensor(
    Float32Array.from({ length }, () => random.normal()),
    shape,
  );
}

describe('engines', () => {
  test('start the fastest one that works here, and say which', async () => {
    const engine = await startEngine();
    expect(engine.name).not.toBe('cpu');
    expect(tf.getBackend()).toBe(engine.name);
    expect(engine.version).toMatch(/^\d+\.\d+/);
    expect(engine.device).not.toBe('');
  });

  test.each(['wasm', 'cpu'])('start %s when it is forced', async (forced) => {
    expect((await startEngine({ forced })).name).toBe(forced);
    expect(tf.getBackend()).toBe(forced);
  });

  test('refuse a name that is none', async () => {
    await expect(startEngine({ forced: 'abacus' })).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
      message: expect.stringContaining(ENGINE_NAMES.join(', ')) as unknown,
    });
  });

  test('are listed with whether they could start, without starting one', async () => {
    await startEngine({ forced: 'cpu' });
    const reports = await listEngines();
    expect(reports.map(({ name }) => name)).toEqual([...ENGINE_NAMES]);
    expect(reports.find(({ name }) => name === 'wasm')!.available).toBe(true);
    expect(tf.getBackend()).toBe('cpu');
  });

  test('refuse a forced engine that is listed as absent instead of falling back', async () => {
    const absent = (await listEngines()).filter(({ available, name }) => !available && name !== 'webgpu');
    for (const { name, detail } of absent) {
      await expect(startEngine({ forced: name })).rejects.toMatchObject({
        code: 'ENGINE_UNAVAILABLE',
        message: expect.stringContaining(detail) as unknown,
      });
    }
  });
});

describe('gradients', () => {
  // Each function ends in a scalar; its gradients must match central differences.
  const positive = (x: tf.Tensor): tf.Tensor => tf.add(tf.square(x), 0.5);
  const cases: Record<string, { shapes: number[][]; f: (...x: tf.Tensor[]) => tf.Tensor }> = {
    'broadcast sums and differences': {
      shapes: [[3, 4], [4]],
      f: (a, b) => tf.square(tf.sub(tf.add(a, b), 0.3)),
    },
    'broadcast products and quotients': {
      shapes: [
        [2, 3],
        [2, 1],
      ],
      f: (a, b) => tf.div(tf.mul(a, b), positive(b)),
    },
    'exp, log, sqrt, tanh, sigmoid': {
      shapes: [[5]],
      f: (a) => tf.addN([tf.exp(a), tf.log(positive(a)), tf.sqrt(positive(a)), tf.tanh(a), tf.sigmoid(a)]),
    },
    'slices, joins and transposes': {
      shapes: [
        [3, 4],
        [2, 4],
      ],
      f: (a, b) => tf.square(tf.transpose(tf.slice(tf.concat([a, b], 0), [1, 1], [3, 2]))),
    },
    'sums over an axis': { shapes: [[3, 4]], f: (a) => tf.square(tf.sum(a, 1)) },
    'rectified linear units': { shapes: [[20]], f: (a) => tf.mul(tf.relu(a), a) },
    'batched products': {
      shapes: [
        [2, 3, 4],
        [4, 5],
      ],
      f: (a, b) => tf.square(tf.matMul(a, b)),
    },
    'transposed products': {
      shapes: [
        [4, 3],
        [5, 4],
      ],
      f: (a, b) => tf.square(tf.matMul(a, b, true, true)),
    },
  };
  test.each(Object.entries(cases))('of %s match differences', async (_, { shapes, f }) => {
    await startEngine({ forced: 'cpu' });
    const inputs = shapes.map((shape) => randomTensor(...shape));
    const total = (...x: tf.Tensor[]): tf.Scalar => tf.sum(f(...x));
    const gradients = tf.grads(total)(inputs);
    const step = 1e-2;
    for (const [index, input] of inputs.entries()) {
      const values = input.dataSync();
      const found = gradients[index]!.dataSync();
      for (let at = 0; at < values.length; at++) {
        const moved = (by: number): number => {
          const other = tf.tensor(
            values.map((value, position) => value + (position === at ? by : 0)),
            input.shape,
          );
          return total(
            ...inputs.map((tensor, position) => (position === index ? other : tensor)),
          ).dataSync()[0]!;
        };
        const difference = (moved(step) - moved(-step)) / (2 * step);
        expect(Math.abs(found[at]! - difference)).toBeLessThan(0.02 * Math.max(1, Math.abs(difference)));
      }
    }
  });
});

describe('matrix multiplication on the wasm engine', () => {
  const size = (): number => 1 + random.integer(40);
  const shapes = Array.from({ length: 40 }, () => {
    const [m, k, n, batch] = [size(), size(), size(), 1 + random.integer(4)];
    const [transposeA, transposeB] = [random.integer(2) === 1, random.integer(2) === 1];
    const [batchA, batchB] = [[], [1], [batch]]
      .flatMap((a, i, all) => all.slice(0, i + 1).map((b) => [a, b]))
      .at(random.integer(6)) as [number[], number[]];
    return {
      a: [...batchA, ...(transposeA ? [k, m] : [m, k])],
      b: [...batchB, ...(transposeB ? [n, k] : [k, n])],
      transposeA,
      transposeB,
    };
  });

  test('agrees with the plain JavaScript engine for any shape, batch and transposition', async () => {
    for (const { a, b, transposeA, transposeB } of shapes) {
      await startEngine({ forced: 'cpu' });
      const left = randomTensor(...a);
      const right = randomTensor(...b);
      const expected = tf.matMul(left, right, transposeA, transposeB);
      const [leftValues, rightValues, expectedValues] = [
        left.dataSync(),
        right.dataSync(),
        expected.dataSync(),
      ];
      await startEngine({ forced: 'wasm' });
      const result = tf.matMul(tf.tensor(leftValues, a), tf.tensor(rightValues, b), transposeA, transposeB);
      expect(result.shape).toEqual(expected.shape);
      expect(largestDifference(result.dataSync(), expectedValues)).toBeLessThan(1e-4);
    }
  });

  test('repeats each side along batch dimensions that the other has', async () => {
    await startEngine({ forced: 'wasm' });
    const a = randomTensor(2, 1, 3, 4);
    const b = randomTensor(1, 5, 4, 6);
    const repeated = tf.matMul(tf.tile(a, [1, 5, 1, 1]), tf.tile(b, [2, 1, 1, 1]));
    expect(largestDifference(tf.matMul(a, b).dataSync(), repeated.dataSync())).toBe(0);
  });

  test('agrees with and without a fused bias and activation', async () => {
    await startEngine({ forced: 'wasm' });
    const a = randomTensor(7, 5);
    const b = randomTensor(6, 7);
    const bias = tf.tensor1d([1, -1, 2, -2, 0.5, 0]);
    const fused = tf.fused.matMul({
      a: a,
      b: b,
      transposeA: true,
      transposeB: true,
      bias,
      activation: 'relu',
    });
    const plain = tf.relu(tf.add(tf.matMul(a, b, true, true), bias));
    expect(largestDifference(fused.dataSync(), plain.dataSync())).toBeLessThan(1e-5);
  });

  test('leaves no tensor behind', async () => {
    await startEngine({ forced: 'wasm' });
    const a = randomTensor(3, 4, 5);
    const b = randomTensor(3, 6, 5);
    const before = tf.memory().numDataBuffers;
    tf.tidy(() => void tf.matMul(a, b, false, true));
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  test('says which shapes do not fit', async () => {
    await startEngine({ forced: 'wasm' });
    expect(() => tf.matMul(randomTensor(2, 3), randomTensor(4, 5))).toThrow('inner shapes (3) and (4)');
  });
});

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let index = 0; index < a.length; index++) largest = Math.max(largest, Math.abs(a[index]! - b[index]!));
  return largest;
}
