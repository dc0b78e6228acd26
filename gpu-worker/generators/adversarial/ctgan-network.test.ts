import { beforeAll, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { VectorLayout } from '../encoding/row-encoding.js';
import { conditionError, pairDistance } from './ctgan-network.js';

/** A number of two modes and yes or no. */
const LAYOUT: VectorLayout = {
  scalars: [],
  spans: [
    { column: 0, width: 2, offset: 0, isCategory: false },
    { column: 1, width: 2, offset: 2, isCategory: true },
  ],
  groups: [{ offset: 0, columns: 2, width: 2 }],
  units: 4,
};

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
});

test('made rows with the joint frequencies of real ones are at no distance, whatever their order', async () => {
  const real = tf.tensor2d([
    [1, 0, 1, 0],
    [0, 1, 0, 1],
  ]);
  const sameInAnotherOrder = tf.tensor2d([
    [0, 1, 0, 1],
    [1, 0, 1, 0],
  ]);
  expect((await pairDistance(LAYOUT, real, sameInAnotherOrder).data())[0]).toBe(0);
});

test('columns that go together in real rows and not in made ones are at a distance, though each alone is alike', async () => {
  const together = tf.tensor2d([
    [1, 0, 1, 0],
    [0, 1, 0, 1],
  ]);
  const opposed = tf.tensor2d([
    [1, 0, 0, 1],
    [0, 1, 1, 0],
  ]);
  // Four pairs of units, met in both orders, differ by one half.
  expect((await pairDistance(LAYOUT, together, opposed).data())[0]).toBeCloseTo(8 * 0.5 ** 2, 6);
});

test('a condition is paid for by the column that it is of alone', async () => {
  const missedBy = async (logits: number[]): Promise<number> => {
    const rows = [tf.tensor3d(logits, [1, 2, 2])];
    return (await conditionError(LAYOUT, rows, tf.tensor2d([[0, 1]])).data())[0]!;
  };
  expect(await missedBy([0, 0, 0, 0])).toBeCloseTo(Math.log(2), 6);
  expect(await missedBy([50, -50, -20, 20])).toBeCloseTo(0, 6);
  expect(await missedBy([-50, 50, 20, -20])).toBeCloseTo(40, 4);
});
