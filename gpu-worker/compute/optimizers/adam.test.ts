import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { registerGradients } from '../gradients/register.js';
import { adam, adamW, biasCorrection } from './adam.js';
import { averagingDecay, movingAverage } from './averaging.js';
import { clipByGlobalNorm } from './clipping.js';
import { constant, exponential, stepwise, warmupCosine } from './schedules.js';
import { sgd } from './sgd.js';
import { valueAndGradients } from './value-and-gradients.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  registerGradients();
});

const start = [0.5, -2, 3];
/** A gradient that changes from step to step, and differs in scale. */
const gradientAt = (step: number, index: number): number => Math.cos(step * (index + 1)) * 10 ** -index;

describe('Adam', () => {
  test.each([0, 0.1])('follows the algorithm of its paper, with a decay of %d', (decay) => {
    const expected = [...start];
    const means = [0, 0, 0];
    const squares = [0, 0, 0];
    let state = {
      parameters: { weights: tf.tensor2d([start]) },
      means: { weights: tf.zeros<tf.Rank.R2>([1, 3]) },
      squares: { weights: tf.zeros<tf.Rank.R2>([1, 3]) },
    };
    for (let step = 1; step <= 30; step++) {
      const rate = 0.1 / step;
      start.forEach((_, index) => {
        const gradient = gradientAt(step, index);
        means[index] = 0.9 * means[index]! + 0.1 * gradient;
        squares[index] = 0.999 * squares[index]! + 0.001 * gradient ** 2;
        const mean = means[index] / (1 - 0.9 ** step);
        const square = squares[index] / (1 - 0.999 ** step);
        expected[index]! -= rate * (mean / (Math.sqrt(square) + 1e-8) + decay * expected[index]!);
      });
      const gradients = { weights: tf.tensor2d([start.map((_, index) => gradientAt(step, index))]) };
      const scalars = { rate: tf.scalar(rate), correction: tf.scalar(biasCorrection(step)) };
      state = decay === 0 ? adam(state, gradients, scalars) : adamW(state, gradients, { ...scalars, decay });
    }
    state.parameters.weights
      .dataSync()
      .forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 5));
  });

  test('decays each element by its own share where there are several', () => {
    const zero = { weights: tf.zeros<tf.Rank.R2>([1, 3]) };
    const { parameters } = adamW(
      { parameters: { weights: tf.tensor2d([start]) }, means: zero, squares: zero },
      zero,
      { rate: tf.scalar(0.5), correction: tf.scalar(1), decay: tf.tensor2d([[0, 0.2, 1]]) },
    );
    expect([...parameters.weights.dataSync()]).toEqual([0.5, expect.closeTo(-1.8, 6), 1.5]);
  });

  test('leaves biases undecayed', () => {
    const zero = { bias: tf.zeros([3]) };
    const { parameters } = adamW(
      { parameters: { bias: tf.tensor1d(start) }, means: zero, squares: zero },
      zero,
      {
        rate: tf.scalar(1),
        correction: tf.scalar(1),
        decay: 0.5,
      },
    );
    expect([...parameters.bias.dataSync()]).toEqual(start);
  });
});

describe('SGD', () => {
  test('gathers velocity', () => {
    let state = { parameters: [tf.scalar(1)], velocities: [tf.scalar(0)] };
    for (let step = 0; step < 2; step++) {
      state = sgd(state, [tf.scalar(2)], { rate: tf.scalar(0.1), momentum: 0.5 });
    }
    // 1 − 0.1 · 2 − 0.1 · (0.5 · 2 + 2)
    expect(state.parameters[0]!.dataSync()[0]).toBeCloseTo(0.5, 6);
  });
});

describe('clipping by global norm', () => {
  const gradients = () => ({ a: tf.tensor1d([3]), b: { c: tf.tensor2d([[0, 4]]) } });

  test('scales long gradients down, and answers their norm', () => {
    const { gradients: clipped, norm } = clipByGlobalNorm(gradients(), 1);
    expect(norm.dataSync()[0]).toBe(5);
    expect(clipped.a.dataSync()[0]).toBeCloseTo(0.6, 6);
    expect(clipped.b.c.dataSync()[1]).toBeCloseTo(0.8, 6);
  });

  test('leaves short ones, and zeros, as they are', () => {
    expect(clipByGlobalNorm(gradients(), tf.scalar(6)).gradients.a.dataSync()[0]).toBe(3);
    expect(clipByGlobalNorm([tf.zeros([2])], 1).gradients[0]!.dataSync()[0]).toBe(0);
  });
});

describe('moving average', () => {
  test('keeps the share that decay says', () => {
    let averages = { w: tf.scalar(0) };
    for (const value of [1, 2]) averages = movingAverage(averages, { w: tf.scalar(value) }, tf.scalar(0.75));
    expect(averages.w.dataSync()[0]).toBeCloseTo(0.75 * 0.25 + 0.25 * 2, 6);
    expect([averagingDecay(1, 0.999), averagingDecay(1e6, 0.999)]).toEqual([2 / 11, 0.999]);
  });
});

describe('value and gradients', () => {
  test('come under the names of the parameters', () => {
    const { value, gradients } = valueAndGradients(
      ({ layer, scale }) => tf.mul(tf.sum(tf.square(layer.weights)), scale),
      { scale: tf.scalar(3), layer: { weights: tf.tensor1d([1, 2]) } },
    );
    expect(value.dataSync()[0]).toBe(15);
    expect([...gradients.layer.weights.dataSync()]).toEqual([6, 12]);
    expect(gradients.scale.dataSync()[0]).toBe(5);
  });
});

describe('schedules', () => {
  test('warm up, and go down along a cosine', () => {
    const schedule = warmupCosine({ peak: 2, warmup: 4, steps: 14, floor: 1 });
    expect([1, 4, 9, 14, 20].map(schedule)).toEqual([0.5, 2, 1.5, 1, 1]);
  });

  test('fall evenly, in steps, or not at all', () => {
    const options = { initial: 8, factor: 0.25, every: 10 };
    expect([1, 6, 11].map(exponential(options))).toEqual([8, 4, 2]);
    expect([1, 10, 11, 21].map(stepwise(options))).toEqual([8, 8, 2, 0.5]);
    expect(constant(3)(7)).toBe(3);
  });
});
