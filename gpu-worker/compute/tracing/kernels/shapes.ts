import * as tf from '@tensorflow/tfjs-core';
import { elementTypeNamed, sizeOf } from '../../tensors.js';
import type { Graph, Value } from '../graph.js';
import { concat, dataOf, empty, expand, reshape, same, scalarOf, slice, transpose } from '../operations.js';
import type { Kernel, Kernels } from './kernel.js';

const strided: Kernel = ({ graph: g, input, attributes: a }) => {
  const x = input('x');
  const { finalShape, begin, end, strides } = tf.slice_util.sliceInfo(
    [...x.shape],
    [...(a.begin as readonly number[])],
    [...a.end],
    [...a.strides],
    a.beginMask,
    a.endMask,
    a.ellipsisMask,
    a.newAxisMask,
    a.shrinkAxisMask,
  );
  // Of all axes; tfjs's own list of lengths leaves out those that are dropped.
  const lengths = x.shape.map((_, axis) =>
    Math.max(0, Math.ceil((end[axis]! - begin[axis]!) / strides[axis]!)),
  );
  return reshape(g, slice(g, x, begin, lengths, strides), finalShape);
};

const split: Kernel = ({ graph: g, input, attributes: { numOrSizeSplits, axis } }) => {
  const x = input('x');
  const along = tf.util.parseAxisParam(axis as number, [...x.shape])[0]!;
  const shaped = { shape: [...x.shape] } as tf.Tensor;
  const sizes = tf.backend_util.prepareSplitSize(shaped, numOrSizeSplits, along);
  let begin = 0;
  return sizes.map((length) => {
    const part = slice(
      g,
      x,
      x.shape.map((_, at) => (at === along ? begin : 0)),
      x.shape.map((whole, at) => (at === along ? length : whole)),
    );
    begin += length;
    return part;
  });
};

const tile: Kernel = ({ graph: g, input, attributes: { reps } }) => {
  const x = input('x');
  const shape = x.shape.map((length, axis) => length * reps[axis]!);
  // Along axes of length 1 repeating is broadcasting, which costs nothing where the next operation broadcasts.
  if (x.shape.every((length, axis) => length === 1 || reps[axis] === 1)) return expand(g, x, shape);
  if (sizeOf(shape) === 0) return empty(g, shape, x.type);
  return g.node('Tile', [x, g.integers(reps)], { shape, type: x.type });
};

const pad: Kernel = ({ graph: g, input, attributes: { paddings, constantValue } }) => {
  const x = input('x');
  const shape = x.shape.map((length, axis) => paddings[axis]![0] + length + paddings[axis]![1]);
  if (same(shape, x.shape)) return x;
  if (sizeOf(x.shape) === 0) return g.filled(dataOf(constantValue, x.type), shape, x.type);
  const amounts = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)];
  return g.node('Pad', [x, g.integers(amounts), scalarOf(g, constantValue, x.type)], { shape, type: x.type });
};

const reverse: Kernel = ({ graph: g, input, attributes: { dims } }) => {
  const x = input('x');
  const axes = tf.util.parseAxisParam(dims as number[], [...x.shape]);
  const backwards = (axis: number): boolean => axes.includes(axis) && x.shape[axis]! > 0;
  return slice(
    g,
    x,
    x.shape.map((length, axis) => (backwards(axis) ? length - 1 : 0)),
    x.shape,
    x.shape.map((_, axis) => (backwards(axis) ? -1 : 1)),
  );
};

function unsqueeze(g: Graph, x: Value, axis: number): Value {
  return reshape(g, x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]);
}

export const SHAPES: Kernels = {
  Reshape: ({ graph: g, input, attributes: { shape } }) =>
    reshape(g, input('x'), tf.util.inferFromImplicitShape([...shape], sizeOf(input('x').shape))),
  ExpandDims: ({ graph: g, input, attributes: { dim } }) => {
    const x = input('input');
    return unsqueeze(g, x, dim < 0 ? x.shape.length + 1 + dim : dim);
  },
  Transpose: ({ graph: g, input, attributes: { perm } }) => transpose(g, input('x'), perm),
  BroadcastTo: ({ graph: g, input, attributes: { shape } }) => expand(g, input('x'), shape),
  Slice: ({ graph: g, input, attributes: { begin, size } }) => {
    const x = input('x');
    const shaped = { shape: [...x.shape], rank: x.shape.length } as unknown as tf.Tensor;
    const [starts, sizes] = tf.slice_util.parseSliceParams(shaped, begin as number[], size as number[]);
    return slice(g, x, starts!, sizes!);
  },
  StridedSlice: strided,
  SplitV: split,
  Concat: ({ graph: g, inputs, attributes: { axis } }) =>
    concat(g, inputs, tf.util.parseAxisParam(axis as number, [...inputs[0]!.shape])[0]!),
  Pack: ({ graph: g, inputs, attributes: { axis } }) => {
    const at = (axis as number) < 0 ? inputs[0]!.shape.length + 1 + (axis as number) : (axis as number);
    return concat(
      g,
      inputs.map((part) => unsqueeze(g, part, at)),
      at,
    );
  },
  Unpack: ({ graph: g, input, attributes: { axis } }) => {
    const x = input('value');
    const along = tf.util.parseAxisParam(axis as number, [...x.shape])[0]!;
    const rest = x.shape.filter((_, at) => at !== along);
    return Array.from({ length: x.shape[along]! }, (_, index) => {
      const begin = x.shape.map((_, at) => (at === along ? index : 0));
      const size = x.shape.map((length, at) => (at === along ? 1 : length));
      return reshape(g, slice(g, x, begin, size), rest);
    });
  },
  Tile: tile,
  PadV2: pad,
  Reverse: reverse,
  Fill: ({ graph: g, attributes: { shape, value, dtype } }) => {
    const type = elementTypeNamed(dtype ?? 'float32');
    return g.filled(dataOf(value, type), shape, type);
  },
};
