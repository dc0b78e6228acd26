import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../random.js';
import type { Stored } from '../../tensors.js';
import { between, type Case, floats, ints, nonZero, normal } from './case.js';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Draw = (random: Random, shape: readonly number[]) => Stored;

function interval(low: number, high: number): Draw {
  return (random, shape) => between(random, shape, low, high);
}

/** Away from the jumps of what rounds to integers. */
const offInteger: Draw = (random, shape) => {
  const { values } = between(random, shape, 0.1, 0.4);
  return floats(
    shape,
    [...values].map((part) => part + random.integer(7) - 3 + (random.integer(2) === 0 ? 0 : 0.5)),
  );
};

const DIFFERENTIABLE: readonly (readonly [string, Unary, Draw])[] = [
  ['neg', tf.neg, normal],
  ['abs', tf.abs, nonZero],
  ['square', tf.square, normal],
  ['sqrt', tf.sqrt, interval(0.2, 4)],
  ['rsqrt', tf.rsqrt, interval(0.2, 4)],
  ['reciprocal', tf.reciprocal, nonZero],
  ['exp', tf.exp, normal],
  ['expm1', tf.expm1, normal],
  ['log', tf.log, interval(0.2, 4)],
  ['log1p', tf.log1p, interval(-0.7, 4)],
  ['sin', tf.sin, interval(-7, 7)],
  ['cos', tf.cos, interval(-7, 7)],
  ['tan', tf.tan, interval(-1.2, 1.2)],
  ['atan', tf.atan, interval(-3, 3)],
  ['erf', tf.erf, interval(-2.5, 2.5)],
  ['sign', tf.sign, nonZero],
  ['step', tf.step, nonZero],
  ['floor', tf.floor, offInteger],
  ['ceil', tf.ceil, offInteger],
  ['round', tf.round, offInteger],
  ['clipByValue', (x) => tf.clipByValue(x, -0.75, 0.5), normal],
  ['step with another value below 0', (x) => tf.step(x, 0.3), nonZero],
  ['clone', tf.clone, normal],
];

const SHAPES: readonly (readonly number[])[] = [[], [2, 3], [1, 1], [0, 2]];

const FINITE = [0, 1, -1, 0.5, -2.5];
const SPECIAL = [0, 1, -1, NaN, Infinity, -Infinity];

/** What float32 can hold at its ends, and where a function has no derivative: forward alone. */
const ENDS: readonly (readonly [string, Unary, readonly number[]])[] = [
  ['abs at 0', tf.abs, FINITE],
  ['sign at 0', tf.sign, FINITE],
  ['step at 0', tf.step, FINITE],
  ['exp of large numbers', tf.exp, [80, -80, 200, -200, 0]],
  ['log of 0 and of small numbers', tf.log, [0, 1e-30, 1e30, 1]],
  ['sqrt of 0 and of large numbers', tf.sqrt, [0, 1e30, 1e-30, 1]],
  ['reciprocal of 0', tf.reciprocal, [0, 1e20, -1e-20]],
  ['rsqrt of small and large numbers', tf.rsqrt, [1e-20, 1e20, 1]],
  ['erf in its tails', tf.erf, [-6, -3.5, 3.5, 6, 0]],
  ['atan of large numbers', tf.atan, [1e10, -1e10, 0]],
  ['round from the middle to even numbers', tf.round, [0.5, 1.5, 2.5, -0.5, -1.5, -2.5]],
  ['floor at integers', tf.floor, [2, -2, 0, -0.5]],
  ['ceil at integers', tf.ceil, [2, -2, 0, 0.5]],
  ['clipByValue at its bounds', (x) => tf.clipByValue(x, -1, 0.5), [...FINITE, 100, -100]],
  ['isNaN', tf.isNaN, SPECIAL],
  ['isInf', tf.isInf, SPECIAL],
  ['isFinite', tf.isFinite, SPECIAL],
];

/** Their point is to be right where the plain formula loses all digits. */
const SMALL: readonly (readonly [string, Unary])[] = [
  ['expm1', tf.expm1],
  ['log1p', tf.log1p],
];

export const ELEMENTWISE_CASES: readonly Case[] = [
  ...DIFFERENTIABLE.flatMap(([name, f, draw]) =>
    SHAPES.map((shape): Case => ({
      name: `${name} of [${shape.join()}]`,
      inputs: (random) => [draw(random, shape)],
      f: (x) => f(x),
      order: 2,
    })),
  ),
  ...ENDS.map(([name, f, values]): Case => ({
    name,
    inputs: () => [floats([values.length], values)],
    f: (x) => f(x),
    order: 0,
  })),
  ...SMALL.map(([name, f]): Case => ({
    name: `${name} of numbers near 0`,
    inputs: () => [floats([4], [1e-4, -1e-5, 1e-10, 0])],
    f: (x) => f(x),
    order: 0,
    scale: 0,
    tolerance: 1e-5,
  })),
  ...(
    [
      ['neg', tf.neg],
      ['abs', tf.abs],
      ['square', tf.square],
      ['sign', tf.sign],
    ] as const
  ).map(([name, f]): Case => ({
    name: `${name} of int32`,
    inputs: () => [ints([5], [3, -3, 0, 100, -100])],
    f: (x) => f(x),
    order: 0,
  })),
];
