import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { registerGradients } from '../gradients/register.js';
import { Random } from '../random.js';
import { normal } from './initialisation.js';
import { gru, gruCell, lstm, lstmCell } from './recurrent.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  registerGradients();
});

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const random = Random.seeded(5);
function drawn(...shape: number[]): tf.Tensor {
  return tf.tensor(normal(random, shape, 0.7), shape);
}

const gruParameters = () => ({
  input: drawn(2, 9),
  recurrent: drawn(3, 9),
  inputBias: drawn(9),
  recurrentBias: drawn(9),
});
const lstmParameters = () => ({ input: drawn(2, 12), recurrent: drawn(3, 12), bias: drawn(12) });

function expectEqual(found: tf.Tensor, expected: tf.Tensor): void {
  expect(found.shape).toEqual(expected.shape);
  expect(tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]).toBeLessThan(1e-6);
}

describe('GRU', () => {
  test('a cell of one unit follows its equations', () => {
    const next = gruCell(tf.tensor2d([[0.5]]), tf.tensor2d([[-0.4]]), {
      input: tf.tensor2d([[1.5, -0.8, 0.6]]),
      recurrent: tf.tensor2d([[0.3, 0.9, -1.1]]),
      inputBias: tf.tensor1d([0.1, 0.2, 0.3]),
      recurrentBias: tf.tensor1d([-0.1, 0.4, 0.25]),
    }).dataSync()[0]!;
    const reset = sigmoid(1.5 * 0.5 + 0.1 + 0.3 * -0.4 - 0.1);
    const update = sigmoid(-0.8 * 0.5 + 0.2 + 0.9 * -0.4 + 0.4);
    const candidate = Math.tanh(0.6 * 0.5 + 0.3 + reset * (-1.1 * -0.4 + 0.25));
    expect(next).toBeCloseTo((1 - update) * candidate + update * -0.4, 6);
  });

  test('unrolled is a cell a step', () => {
    const parameters = gruParameters();
    const x = drawn(4, 3, 2);
    const { outputs, last } = gru(x, parameters);
    let hidden: tf.Tensor = tf.zeros([4, 3]);
    const states = tf.unstack(x, 1).map((step) => (hidden = gruCell(step, hidden, parameters)));
    expectEqual(outputs, tf.stack(states, 1));
    expectEqual(last, hidden);
  });

  test('has second gradients through all its steps', () => {
    const parameters = gruParameters();
    const outer = tf.grad((x) => {
      const inner = tf.grad((at) => tf.sum(tf.square(gru(at, parameters).last)))(x);
      return tf.sum(tf.square(inner));
    })(drawn(1, 3, 2));
    expect(outer.dataSync().every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
  });
});

describe('LSTM', () => {
  test('a cell of one unit follows its equations', () => {
    const state = { hidden: tf.tensor2d([[-0.4]]), cell: tf.tensor2d([[0.7]]) };
    const next = lstmCell(tf.tensor2d([[0.5]]), state, {
      input: tf.tensor2d([[1.5, -0.8, 0.6, 0.2]]),
      recurrent: tf.tensor2d([[0.3, 0.9, -1.1, 0.5]]),
      bias: tf.tensor1d([0.1, 0.2, 0.3, 0.4]),
    });
    const gate = (input: number, recurrent: number, bias: number): number =>
      0.5 * input - 0.4 * recurrent + bias;
    const cell =
      sigmoid(gate(-0.8, 0.9, 0.2)) * 0.7 + sigmoid(gate(1.5, 0.3, 0.1)) * Math.tanh(gate(0.6, -1.1, 0.3));
    expect(next.cell.dataSync()[0]).toBeCloseTo(cell, 6);
    expect(next.hidden.dataSync()[0]).toBeCloseTo(sigmoid(gate(0.2, 0.5, 0.4)) * Math.tanh(cell), 6);
  });

  test('unrolled is a cell a step, from the state that it is given', () => {
    const parameters = lstmParameters();
    const x = drawn(4, 3, 2);
    let state = { hidden: drawn(4, 3), cell: drawn(4, 3) };
    const { outputs, last } = lstm(x, parameters, state);
    const states = tf.unstack(x, 1).map((step) => (state = lstmCell(step, state, parameters)).hidden);
    expectEqual(outputs, tf.stack(states, 1));
    expectEqual(last.cell, state.cell);
  });
});
