import type * as tf from '@tensorflow/tfjs-core';
import {
  allCoordinates,
  at,
  axesOf,
  axisOf,
  build,
  type Kernel,
  type Kernels,
  type Operand,
  replaced,
} from './operand.js';

interface Reduction {
  readonly axis?: number | number[] | null;
  /** tfjs's other name of `axis`, for Max alone. */
  readonly reductionIndices?: number | number[] | null;
  readonly keepDims?: boolean;
}

/** A kernel that makes one number of all that lie along the axes. */
function reduction(f: (numbers: readonly number[]) => number, dtype?: tf.DataType): Kernel {
  return ({ x }, attributes) => {
    const { axis, reductionIndices, keepDims = false } = attributes as Reduction;
    const axes = axesOf(axis ?? reductionIndices, x.shape.length);
    return reduce(x, axes, keepDims, f, dtype ?? (x.dtype === 'bool' ? 'int32' : x.dtype));
  };
}

function reduce(
  x: Operand,
  axes: readonly number[],
  keepDims: boolean,
  f: (numbers: readonly number[]) => number,
  dtype: tf.DataType,
): Operand {
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const steps = allCoordinates(x.shape.map((length, axis) => (axes.includes(axis) ? length : 1)));
  const reduced = build(kept, dtype, (coordinates) =>
    f(
      steps.map((step) =>
        at(
          x,
          coordinates.map((coordinate, axis) => coordinate + step[axis]!),
        ),
      ),
    ),
  );
  return keepDims ? reduced : { ...reduced, shape: x.shape.filter((_, axis) => !axes.includes(axis)) };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** The index of the first number that no other one beats. */
function firstBest(numbers: readonly number[], beats: (a: number, b: number) => boolean): number {
  return numbers.reduce((best, number, index) => (beats(number, numbers[best]!) ? index : best), 0);
}

/** A kernel that changes each row along an axis on its own. */
function alongAxis(x: Operand, axis: number, f: (row: readonly number[]) => readonly number[]): Operand {
  const along = axisOf(axis, x.shape.length);
  return build(x.shape, x.dtype, (coordinates) => {
    const row = Array.from({ length: x.shape[along]! }, (_, index) =>
      at(x, replaced(coordinates, along, index)),
    );
    return f(row)[coordinates[along]!]!;
  });
}

/** log Σ exp, less the largest so that nothing overflows. */
function logSumExp(row: readonly number[]): number {
  const largest = Math.max(...row);
  return largest + Math.log(sum(row.map((number) => Math.exp(number - largest))));
}

export const REDUCTION_KERNELS: Kernels = {
  Sum: reduction(sum),
  Mean: reduction((numbers) => sum(numbers) / numbers.length, 'float32'),
  Prod: reduction((numbers) => numbers.reduce((product, number) => product * number, 1)),
  Max: reduction((numbers) => Math.max(...numbers)),
  Min: reduction((numbers) => Math.min(...numbers)),
  Any: reduction((numbers) => (numbers.some((number) => number !== 0) ? 1 : 0), 'bool'),
  All: reduction((numbers) => (numbers.every((number) => number !== 0) ? 1 : 0), 'bool'),
  ArgMax: reduction((numbers) => firstBest(numbers, (a, b) => a > b), 'int32'),
  ArgMin: reduction((numbers) => firstBest(numbers, (a, b) => a < b), 'int32'),
  Softmax: ({ logits }, attributes) =>
    alongAxis(logits, (attributes as tf.SoftmaxAttrs).dim, (row) =>
      row.map((number) => Math.exp(number - logSumExp(row))),
    ),
  LogSoftmax: ({ logits }, attributes) =>
    alongAxis(logits, (attributes as tf.LogSoftmaxAttrs).axis, (row) =>
      row.map((number) => number - logSumExp(row)),
    ),
  Cumsum: ({ x }, attributes) => {
    const { axis, exclusive, reverse } = attributes as tf.CumsumAttrs;
    return alongAxis(x, axis, (row) =>
      row.map((_, index) =>
        sum(
          row.filter((__, other) => {
            if (other === index) return !exclusive;
            return reverse ? other > index : other < index;
          }),
        ),
      ),
    );
  },
};
