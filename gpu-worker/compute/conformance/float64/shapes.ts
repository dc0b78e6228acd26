import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors.js';
import { at, axesOf, axisOf, build, type Kernels, type Operand, replaced } from './operand.js';

function reshaped(x: Operand, shape: readonly number[]): Operand {
  if (sizeOf(shape) !== x.values.length) {
    throw new RangeError(`[${x.shape.join()}] can't be reshaped to [${shape.join()}]`);
  }
  return { ...x, shape, values: x.values.slice() };
}

/** The part of `x` with `lengths` from `starts`, a step an axis. */
function cut(
  x: Operand,
  starts: readonly number[],
  lengths: readonly number[],
  steps: readonly number[] = lengths.map(() => 1),
): Operand {
  return build(lengths, x.dtype, (coordinates) =>
    at(
      x,
      coordinates.map((coordinate, axis) => starts[axis]! + coordinate * steps[axis]!),
    ),
  );
}

function concatenated(parts: readonly Operand[], axis: number): Operand {
  const along = axisOf(axis, parts[0]!.shape.length);
  const length = parts.reduce((sum, { shape }) => sum + shape[along]!, 0);
  return build(replaced(parts[0]!.shape, along, length), parts[0]!.dtype, (coordinates) => {
    let left = coordinates[along]!;
    for (const part of parts) {
      if (left < part.shape[along]!) return at(part, replaced(coordinates, along, left));
      left -= part.shape[along]!;
    }
    throw new RangeError('a coordinate is behind the last part');
  });
}

function repeated(x: Operand, shape: readonly number[]): Operand {
  return build(shape, x.dtype, (coordinates) =>
    at(
      x,
      coordinates.map((coordinate, axis) => coordinate % x.shape[axis]!),
    ),
  );
}

export const SHAPE_KERNELS: Kernels = {
  Identity: ({ x }) => reshaped(x, x.shape),
  Cast: ({ x }, attributes) => {
    const { dtype } = attributes as tf.CastAttrs;
    const convert = {
      int32: Math.trunc,
      bool: (value: number) => (value === 0 ? 0 : 1),
    }[dtype as string];
    return { ...x, dtype, values: convert ? x.values.map(convert) : x.values.slice() };
  },
  Reshape: ({ x }, attributes) => {
    const { shape } = attributes as tf.ReshapeAttrs;
    const known = shape.filter((length) => length !== -1);
    return reshaped(
      x,
      shape.map((length) => (length === -1 ? x.values.length / sizeOf(known) : length)),
    );
  },
  ExpandDims: ({ input }, attributes) => {
    const axis = axisOf((attributes as tf.ExpandDimsAttrs).dim, input.shape.length + 1);
    return reshaped(input, [...input.shape.slice(0, axis), 1, ...input.shape.slice(axis)]);
  },
  Transpose: ({ x }, attributes) => {
    const { perm } = attributes as tf.TransposeAttrs;
    return build(
      perm.map((axis) => x.shape[axis]!),
      x.dtype,
      (coordinates) =>
        at(
          x,
          x.shape.map((_, axis) => coordinates[perm.indexOf(axis)]!),
        ),
    );
  },
  Slice: ({ x }, attributes) => {
    const { begin, size } = attributes as tf.SliceAttrs;
    const shape = { shape: [...x.shape] } as tf.Tensor;
    const [starts, lengths] = tf.slice_util.parseSliceParams(shape, begin, size) as [number[], number[]];
    return cut(x, starts, lengths);
  },
  StridedSlice: ({ x }, attributes) => {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
      attributes as tf.StridedSliceAttrs;
    // What the masks mean is tfjs's; which elements that takes is computed here.
    const info = tf.slice_util.sliceInfo(
      [...x.shape],
      begin,
      end,
      strides,
      beginMask,
      endMask,
      ellipsisMask,
      newAxisMask,
      shrinkAxisMask,
    );
    const lengths = info.begin.map((start, axis) =>
      Math.max(0, Math.ceil((info.end[axis]! - start) / info.strides[axis]!)),
    );
    return reshaped(cut(x, info.begin, lengths, info.strides), info.finalShape);
  },
  Concat: (inputs, attributes) =>
    concatenated(Object.values(inputs) as Operand[], (attributes as tf.ConcatAttrs).axis),
  SplitV: ({ x }, attributes) => {
    const { numOrSizeSplits, axis } = attributes as tf.SplitVAttrs;
    const along = axisOf(axis, x.shape.length);
    const total = x.shape[along]!;
    const given =
      typeof numOrSizeSplits === 'number'
        ? Array.from({ length: numOrSizeSplits }, () => total / numOrSizeSplits)
        : numOrSizeSplits;
    const known = given.filter((length) => length !== -1).reduce((sum, length) => sum + length, 0);
    const lengths = given.map((length) => (length === -1 ? total - known : length));
    let start = 0;
    return lengths.map((length) => {
      const starts = x.shape.map((_, other) => (other === along ? start : 0));
      start += length;
      return cut(x, starts, replaced(x.shape, along, length));
    });
  },
  Pack: (inputs, attributes) => {
    const parts = Object.values(inputs) as Operand[];
    const { shape } = parts[0]!;
    const axis = axisOf((attributes as tf.PackAttrs).axis, shape.length + 1);
    const expanded = [...shape.slice(0, axis), 1, ...shape.slice(axis)];
    return concatenated(
      parts.map((part) => reshaped(part, expanded)),
      axis,
    );
  },
  Unpack: ({ value }, attributes) => {
    const axis = axisOf((attributes as tf.UnpackAttrs).axis, value.shape.length);
    const shape = value.shape.filter((_, other) => other !== axis);
    return Array.from({ length: value.shape[axis]! }, (_, index) =>
      build(shape, value.dtype, (coordinates) =>
        at(value, [...coordinates.slice(0, axis), index, ...coordinates.slice(axis)]),
      ),
    );
  },
  Tile: ({ x }, attributes) => {
    const { reps } = attributes as tf.TileAttrs;
    return repeated(
      x,
      x.shape.map((length, axis) => length * reps[axis]!),
    );
  },
  BroadcastTo: ({ x }, attributes) => {
    const { shape } = attributes as tf.BroadCastToAttrs;
    const ones = Array.from({ length: shape.length - x.shape.length }, () => 1);
    return repeated(reshaped(x, [...ones, ...x.shape]), shape);
  },
  PadV2: ({ x }, attributes) => {
    const { paddings, constantValue } = attributes as tf.PadV2Attrs;
    const shape = x.shape.map((length, axis) => paddings[axis]![0] + length + paddings[axis]![1]);
    return build(shape, x.dtype, (coordinates) => {
      const source = coordinates.map((coordinate, axis) => coordinate - paddings[axis]![0]);
      const inside = source.every((coordinate, axis) => coordinate >= 0 && coordinate < x.shape[axis]!);
      return inside ? at(x, source) : constantValue;
    });
  },
  Reverse: ({ x }, attributes) => {
    const axes = axesOf((attributes as tf.ReverseAttrs).dims, x.shape.length);
    return build(x.shape, x.dtype, (coordinates) =>
      at(
        x,
        coordinates.map((coordinate, axis) =>
          axes.includes(axis) ? x.shape[axis]! - 1 - coordinate : coordinate,
        ),
      ),
    );
  },

  // Made from nothing
  Fill: (_, attributes) => {
    const { shape, value, dtype } = attributes as tf.FillAttrs;
    return build(shape, dtype, () => Number(value));
  },
  ZerosLike: ({ x }) => build(x.shape, x.dtype, () => 0),
  OnesLike: ({ x }) => build(x.shape, x.dtype, () => 1),
  Range: (_, attributes) => {
    const { start, stop, step, dtype } = attributes as tf.RangeAttrs;
    const length = Math.max(0, Math.ceil((stop - start) / step));
    return build([length], dtype, ([index]) => start + index! * step);
  },
  LinSpace: (_, attributes) => {
    const { start, stop, num } = attributes as tf.LinSpaceAttrs;
    return build([num], 'float32', ([index]) =>
      num === 1 ? start : start + ((stop - start) * index!) / (num - 1),
    );
  },
};
