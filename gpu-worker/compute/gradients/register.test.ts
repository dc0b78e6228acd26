import { beforeAll, describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { detached } from './gradient.js';
import { registerGradients } from './register.js';

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  registerGradients();
});

type Function = (x: tf.Tensor) => tf.Tensor;

const matrix = [0.7, -1.3, 0.4, 1.9, -0.6, 0.25];
const positive = matrix.map((value) => Math.abs(value) + 0.3);
const other = (): tf.Tensor => tf.tensor2d([0.5, 1.1, -0.8, 0.9, -1.4, 2.1], [2, 3]);
const row = (): tf.Tensor => tf.tensor1d([0.45, -0.7, 1.2]);

const functions: readonly [name: string, values: readonly number[], of: Function][] = [
  ['x + row, row − x, x · row', matrix, (x) => tf.mul(tf.add(x, row()), tf.mul(tf.sub(row(), x), row()))],
  ['a broadcast operand', matrix, (x) => tf.mul(other(), tf.square(tf.slice(x, [0, 0], [1, 3])))],
  ['x / x', positive, (x) => tf.div(row(), tf.mul(x, tf.div(x, other())))],
  ['squared difference', matrix, (x) => tf.mul(x, tf.squaredDifference(x, other()))],
  ['maximum, minimum', matrix, (x) => tf.mul(x, tf.add(tf.maximum(x, row()), tf.minimum(x, other())))],
  ['powers', positive, (x) => tf.mul(tf.pow(x, 2.5), tf.pow(tf.scalar(1.7), x))],
  ['addN, negation', matrix, (x) => tf.addN([tf.square(x), tf.neg(tf.square(x)), tf.mul(x, tf.square(x))])],
  ['abs', matrix, (x) => tf.mul(tf.abs(x), x)],
  ['sqrt, rsqrt', positive, (x) => tf.mul(tf.sqrt(x), tf.rsqrt(tf.add(x, tf.sqrt(x))))],
  ['reciprocal', positive, (x) => tf.reciprocal(tf.reciprocal(tf.square(x)))],
  ['exp, expm1, log, log1p', positive, (x) => tf.mul(tf.log1p(tf.exp(x)), tf.mul(tf.log(x), tf.expm1(x)))],
  ['sin, cos, erf', matrix, (x) => tf.mul(tf.sin(x), tf.mul(tf.cos(x), tf.erf(x)))],
  [
    'clip by value, where',
    matrix,
    (x) => tf.mul(tf.clipByValue(x, -1, 1), tf.where(tf.greater(x, 0.3), tf.square(x), tf.neg(x))),
  ],
  ['relu, leaky relu', matrix, (x) => tf.mul(tf.relu(x), tf.mul(x, tf.leakyRelu(x, 0.1)))],
  ['elu, selu', matrix, (x) => tf.mul(tf.elu(x), tf.selu(x))],
  ['softplus, tanh, sigmoid', matrix, (x) => tf.mul(tf.softplus(x), tf.mul(tf.tanh(x), tf.sigmoid(x)))],
  ['softmax', matrix, (x) => tf.softmax(x)],
  ['prelu', matrix, (x) => tf.mul(x, tf.prelu(x, tf.mul(row(), tf.slice(x, [1, 0], [1, 3]))))],
  ['sum, mean', matrix, (x) => tf.mul(tf.sum(tf.square(x), 0), tf.mean(tf.square(x), [0, 1], true))],
  ['max, min', matrix, (x) => tf.add(tf.max(tf.square(x), 1), tf.min(tf.square(x)))],
  [
    'product, a zero among its factors',
    [0.7, 0, 0.4, 1.9, -0.6, 0.25],
    (x) => tf.add(tf.prod(x, 1), tf.prod(x)),
  ],
  ['product over the first axis', matrix, (x) => tf.prod(x, 0)],
  ['cumulative sum', matrix, (x) => tf.cumsum(tf.square(x), 1, true, true)],
  [
    'shapes',
    matrix,
    (x) => tf.square(tf.transpose(tf.expandDims(tf.reshape(tf.cast(x, 'float32'), [3, 2]), 1))),
  ],
  [
    'slice, pad, reverse',
    matrix,
    (x) =>
      tf.mul(
        x,
        tf.reverse(
          tf.pad(tf.square(tf.slice(x, [0, 1], [2, 2])), [
            [0, 0],
            [1, 0],
          ]),
          1,
        ),
      ),
  ],
  [
    'strided slice, either way',
    matrix,
    (x) =>
      tf.mul(
        tf.stridedSlice(tf.square(x), [0, 0], [2, 3], [1, 2]),
        tf.stridedSlice(x, [1, 2], [-3, -4], [-1, -2]),
      ),
  ],
  [
    'concat, split',
    matrix,
    (x) => {
      const [left, right] = tf.split(tf.concat([x, tf.square(x)], -1), 2, -1);
      return tf.mul(left!, right!);
    },
  ],
  ['stack, unstack', matrix, (x) => tf.square(tf.stack([...tf.unstack(tf.square(x), 1)].reverse(), -1))],
  [
    'tile, broadcast',
    matrix,
    (x) => {
      const repeated = tf.tile(tf.square(x), [2, 3]);
      return tf.mul(repeated, tf.broadcastTo(tf.tile(tf.slice(x, [0, 0], [1, 1]), [4, 1]), [4, 9]));
    },
  ],
  ['matrix products', matrix, (x) => tf.matMul(tf.matMul(x, other(), true), x, false, true)],
  [
    'products of stacks',
    matrix,
    (x) => tf.matMul(tf.reshape(x, [2, 1, 3]), tf.reshape(tf.matMul(x, x, true), [1, 3, 3])),
  ],
  [
    'gather along either axis',
    matrix,
    (x) =>
      tf.mul(
        tf.gather(tf.square(x), tf.tensor2d([2, 0, 2, 1], [2, 2], 'int32'), 1),
        tf.sum(tf.gather(x, [1, 1])),
      ),
  ],
  [
    'segment sums',
    matrix,
    (x) => tf.square(tf.unsortedSegmentSum(tf.square(x), tf.tensor1d([2, 2], 'int32'), 3)),
  ],
];

/** Σ wᵢ yᵢ with weights that differ, so that no part of the gradient cancels another. */
function weighted(y: tf.Tensor): tf.Scalar {
  const weights = tf.reshape(tf.cos(tf.range(0, y.size)), y.shape);
  return tf.sum(tf.mul(y, weights));
}

function differences(of: (x: tf.Tensor) => tf.Tensor, values: readonly number[]): number[] {
  const step = 0.005;
  const at = (index: number, change: number): number =>
    of(
      tf.tensor2d(
        values.map((value, place) => (place === index ? value + change : value)),
        [2, 3],
      ),
    ).dataSync()[0]!;
  return values.map((_, index) => (at(index, step) - at(index, -step)) / (2 * step));
}

function expectClose(found: tf.Tensor, expected: readonly number[]): void {
  const largest = Math.max(1, ...expected.map(Math.abs));
  found.dataSync().forEach((value, index) => {
    expect(Math.abs(value - expected[index]!) / largest).toBeLessThan(5e-3);
  });
}

describe('gradients', () => {
  test.each(functions)('%s: first and second ones agree with differences', (_, values, of) => {
    const loss = (x: tf.Tensor): tf.Tensor => weighted(of(x));
    const gradient = tf.grad(loss);
    const x = tf.tensor2d([...values], [2, 3]);
    expectClose(gradient(x), differences(loss, values));
    const ofGradient = (at: tf.Tensor): tf.Tensor => weighted(gradient(at));
    expectClose(tf.grad(ofGradient)(x), differences(ofGradient, values));
  });

  test('equal maxima share the gradient', () => {
    const gradient = tf.grad((x) => tf.max(x))(tf.tensor1d([1, 3, 3, 2]));
    expect([...gradient.dataSync()]).toEqual([0, 0.5, 0.5, 0]);
  });

  test('a detached value gets no gradient', () => {
    const gradient = tf.grad((x) =>
      tf.mul(
        x,
        detached(() => tf.square(x)),
      ),
    )(tf.scalar(3));
    expect(gradient.dataSync()[0]).toBe(9);
  });

  test('leave no tensors behind', () => {
    const x = tf.tensor2d(matrix, [2, 3]);
    const before = tf.memory().numTensors;
    tf.tidy(() =>
      tf
        .grad((at) => weighted(tf.grad((inner) => weighted(tf.tanh(inner)))(at)))(x)
        .dataSync(),
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test('the gradient of a matrix product is one of matrices, with nothing transposed', async () => {
    const profile = await tf.profile(() =>
      tf.grads((a, b) => tf.sum(tf.matMul(a, b)))([other(), tf.ones([3, 4])]),
    );
    const products = profile.kernels.filter(({ name }) => name === 'BatchMatMul');
    expect(products.map(({ inputShapes }) => inputShapes.map((shape) => shape?.length))).toEqual([
      [2, 2],
      [2, 2],
      [2, 2],
    ]);
    expect(profile.kernelNames).not.toContain('Transpose');
  });
});
