import * as tf from '@tensorflow/tfjs-core';
import { fromInput, fromNothing, single, unbroadcast, type GradientTable } from './gradient.js';

type Axes = number | number[] | null | undefined;

/** Copies, and what moves elements about. */
export const SHAPES: GradientTable = {
  Identity: fromNothing((dy) => tf.clone(dy)),
  Cast: fromNothing((dy) => tf.clone(dy)),
  Reshape: fromInput((dy, x) => tf.reshape(dy, x.shape)),
  ExpandDims: fromInput((dy, x) => tf.reshape(dy, x.shape), 'input'),
  Transpose: fromNothing<{ perm: number[] }>((dy, { perm }) =>
    tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm)),
  ),
  Reverse: fromNothing<{ dims: Axes }>((dy, { dims }) =>
    tf.reverse(dy, tf.util.parseAxisParam(dims as number | number[], dy.shape)),
  ),
  Slice: fromInput<{ begin: number | number[]; size: number | number[] }>((dy, x, { begin, size }) => {
    const [starts, sizes] = tf.slice_util.parseSliceParams(x, begin, size) as [number[], number[]];
    return tf.pad(
      dy,
      x.shape.map((length, axis) => [starts[axis]!, length - starts[axis]! - sizes[axis]!]),
    );
  }),
  StridedSlice: fromInput<StridedSliceAttributes>(spread),
  PadV2: fromNothing<{ paddings: [before: number, after: number][] }>((dy, { paddings }) =>
    tf.slice(
      dy,
      paddings.map(([before]) => before),
      paddings.map(([before, after], axis) => dy.shape[axis]! - before - after),
    ),
  ),
  BroadcastTo: fromInput((dy, x) => unbroadcast(dy, x.shape)),
  Tile: fromInput<{ reps: number[] }>((dy, x, { reps }) => {
    // Each repeated dimension as two: which repetition, and where in it.
    const split: number[] = [];
    const repetitions: number[] = [];
    reps.forEach((count, axis) => {
      if (count !== 1) repetitions.push(split.push(count) - 1);
      if (count === 1 || x.shape[axis] !== 1) split.push(x.shape[axis]!);
    });
    return tf.reshape(tf.sum(tf.reshape(dy, split), repetitions), x.shape);
  }),

  Concat: {
    saveAllInputs: true,
    gradFunc: (dy, saved, attributes) => {
      const parts = saved;
      const axis = positive((attributes as unknown as { axis: number }).axis, parts[0]!.rank);
      const pieces = tf.split(
        single(dy),
        parts.map(({ shape }) => shape[axis]!),
        axis,
      );
      return Object.fromEntries(pieces.map((piece, index) => [index, () => piece]));
    },
  },
  SplitV: {
    gradFunc: (dys, _, attributes) => {
      const pieces = listOf(dys);
      const axis = positive((attributes as unknown as { axis: number }).axis, pieces[0]!.rank);
      return { x: () => tf.concat(pieces, axis) };
    },
  },
  Pack: {
    gradFunc: (dy, _, attributes) => {
      const axis = positive((attributes as unknown as { axis: number }).axis, single(dy).rank);
      return Object.fromEntries(tf.unstack(single(dy), axis).map((piece, index) => [index, () => piece]));
    },
  },
  Unpack: {
    gradFunc: (dys, _, attributes) => {
      const pieces = listOf(dys);
      const axis = positive((attributes as unknown as { axis: number }).axis, pieces[0]!.rank + 1);
      return { value: () => tf.stack(pieces, axis) };
    },
  },
};

function listOf(dys: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
  return Array.isArray(dys) ? dys : [dys];
}

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

interface StridedSliceAttributes {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

/** The gradient of a strided slice: dy's elements back in their places, zeros between them. */
function spread(dy: tf.Tensor, x: tf.Tensor, attributes: StridedSliceAttributes): tf.Tensor {
  const { begin, end, strides } = tf.slice_util.sliceInfo(
    x.shape,
    attributes.begin,
    attributes.end,
    attributes.strides,
    attributes.beginMask,
    attributes.endMask,
    attributes.ellipsisMask,
    attributes.newAxisMask,
    attributes.shrinkAxisMask,
  );
  const counts = x.shape.map((_, axis) =>
    Math.max(0, Math.ceil((end[axis]! - begin[axis]!) / strides[axis]!)),
  );
  const backward = x.shape.flatMap((_, axis) => (strides[axis]! < 0 ? [axis] : []));
  let placed = tf.reshape(dy, counts);
  if (backward.length > 0) placed = tf.reverse(placed, backward);
  x.shape.forEach((length, axis) => {
    const stride = Math.abs(strides[axis]!);
    const count = counts[axis]!;
    const start = strides[axis]! < 0 ? begin[axis]! - (count - 1) * stride : begin[axis]!;
    placed = placeAlong(placed, axis, start, stride, length);
  });
  return placed;
}

/** Element i along an axis goes to start + i·stride of `length` places. */
function placeAlong(x: tf.Tensor, axis: number, start: number, stride: number, length: number): tf.Tensor {
  const { shape } = x;
  const count = shape[axis]!;
  const before = shape.slice(0, axis);
  const after = shape.slice(axis + 1);
  let spaced = x;
  if (stride > 1) {
    const gaps = tf.pad(tf.reshape(x, [...before, count, 1, ...after]), [
      ...before.map((): [number, number] => [0, 0]),
      [0, 0],
      [0, stride - 1],
      ...after.map((): [number, number] => [0, 0]),
    ]);
    // Without the gap behind the last element, which may stick out.
    spaced = tf.slice(
      tf.reshape(gaps, [...before, count * stride, ...after]),
      shape.map(() => 0),
      [...before, Math.max(0, (count - 1) * stride + 1), ...after],
    );
  }
  const left = length - start - spaced.shape[axis]!;
  if (start === 0 && left === 0) return spaced;
  return tf.pad(
    spaced,
    shape.map((_, other): [number, number] => (other === axis ? [start, left] : [0, 0])),
  );
}
