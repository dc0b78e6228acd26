import * as tf from '@tensorflow/tfjs-core';
import {
  broadcast,
  detached,
  fromInput,
  fromNothing,
  single,
  type Gradient,
  type GradientTable,
} from './gradient.js';

type Axes = number | number[] | null | undefined;

export const REDUCTIONS: GradientTable = {
  Sum: fromInput<{ axis: Axes }>((dy, x, { axis }) => repeated(dy, x.shape, axesOf(axis, x))),
  Mean: fromInput<{ axis: Axes }>((dy, x, { axis }) => {
    const axes = axesOf(axis, x);
    const count = axes.reduce((product, reduced) => product * x.shape[reduced]!, 1);
    return repeated(tf.div(dy, count), x.shape, axes);
  }),
  Max: extremum(({ reductionIndices }) => reductionIndices),
  Min: extremum(({ axis }) => axis),
  Prod: fromInput<{ axis: Axes }>((dy, x, { axis }) => productBackward(dy, x, axesOf(axis, x))),
  Cumsum: fromNothing<{ axis: number; exclusive: boolean; reverse: boolean }>(
    (dy, { axis, exclusive, reverse }) => tf.cumsum(dy, axis, exclusive, !reverse),
  ),
};

function axesOf(axis: Axes, x: tf.Tensor): number[] {
  return tf.util.parseAxisParam(axis as number | number[], x.shape);
}

function kept(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

/** What was reduced over these axes, over them again. */
function repeated(reduced: tf.Tensor, shape: number[], axes: readonly number[]): tf.Tensor {
  return broadcast(tf.reshape(reduced, kept(shape, axes)), shape);
}

/** The extreme element gets the gradient; several equal ones share it. */
function extremum(axesFrom: (attributes: { axis: Axes; reductionIndices: Axes }) => Axes): Gradient {
  return {
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attributes) => {
      const [x, y] = saved as [tf.Tensor, tf.Tensor];
      const axes = axesOf(axesFrom(attributes as unknown as { axis: Axes; reductionIndices: Axes }), x);
      const shape = kept(x.shape, axes);
      return {
        x: () => {
          const shares = detached(() => {
            const extreme = tf.cast(tf.equal(x, tf.reshape(y, shape)), 'float32');
            return tf.div(extreme, tf.sum(extreme, axes, true));
          });
          return tf.mul(tf.reshape(single(dy), shape), shares);
        },
      };
    },
  };
}

/** Each factor's gradient is the product of all others, found without dividing by the factor, which may be 0. */
function productBackward(dy: tf.Tensor, x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  if (x.size === 0) return repeated(dy, x.shape, axes);
  const others = x.shape.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const order = [...others, ...axes];
  const moved = tf.transpose(x, order);
  const outer = others.map((axis) => x.shape[axis]!);
  const factors = tf.reshape(moved, [tf.util.sizeFromShape(outer), -1]);
  const before = productBefore(factors);
  const after = tf.reverse(productBefore(tf.reverse(factors, 1)), 1);
  const gradient = tf.mul(tf.reshape(dy, [-1, 1]), tf.mul(before, after));
  return tf.transpose(tf.reshape(gradient, moved.shape), tf.backend_util.getUndoAxesPermutation(order));
}

/**
 * The product of the elements before each in its row of [rows, n]; a scan by doubling (Hillis and Steele, "Data
 * parallel algorithms", 1986).
 */
function productBefore(x: tf.Tensor): tf.Tensor {
  const length = x.shape[1]!;
  let products = shifted(x, 1);
  for (let reach = 1; reach < length; reach *= 2) products = tf.mul(products, shifted(products, reach));
  return products;
}

/** Each row moved by some places to the right, with ones in front. */
function shifted(x: tf.Tensor, places: number): tf.Tensor {
  const [rows, length] = x.shape as [number, number];
  return tf.pad(
    tf.slice(x, [0, 0], [rows, length - places]),
    [
      [0, 0],
      [places, 0],
    ],
    1,
  );
}
