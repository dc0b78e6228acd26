import * as tf from '@tensorflow/tfjs-core';
import { elementTypeNamed, sizeOf } from '../../tensors.js';
import type { Graph, Value } from '../graph.js';
import {
  binary,
  cast,
  dataOf,
  empty,
  expand,
  reduce,
  reshape,
  scalarOf,
  slice,
  transpose,
} from '../operations.js';
import type { Kernel, Kernels } from './kernel.js';

const gather: Kernel = ({ graph: g, input, attributes: { axis, batchDims } }) => {
  const [x, indices] = [input('x'), input('indices')];
  const along = tf.util.parseAxisParam(axis as number, [...x.shape])[0]!;
  const chosen = indices.shape.slice(batchDims);
  const shape = [...x.shape.slice(0, along), ...chosen, ...x.shape.slice(along + 1)];
  if (sizeOf(shape) === 0) return empty(g, shape, x.type);
  if (batchDims > 0) return gatherInBatches(g, x, indices, along, batchDims);
  return g.node('Gather', [x, indices], { shape, type: x.type }, { axis: along });
};

/** ONNX takes the entries right behind the batch axes, so axes between those and `along` move behind it and back. */
function gatherInBatches(g: Graph, x: Value, indices: Value, along: number, batchDims: number): Value {
  const axes = [...x.shape.keys()];
  const [batch, outer, inner] = [
    axes.slice(0, batchDims),
    axes.slice(batchDims, along),
    axes.slice(along + 1),
  ];
  const moved = transpose(g, x, [...batch, along, ...outer, ...inner]);
  const places = cast(g, reshape(g, indices, [...indices.shape, 1]), 'int64');
  const shape = [...indices.shape, ...moved.shape.slice(batchDims + 1)];
  const entries = g.node('GatherND', [moved, places], { shape, type: x.type }, { batch_dims: batchDims });
  const chosen = indices.shape.map((_, axis) => axis).slice(batchDims);
  const rest = [...shape.keys()].slice(indices.shape.length);
  return transpose(g, entries, [
    ...batch,
    ...rest.slice(0, outer.length),
    ...chosen,
    ...rest.slice(outer.length),
  ]);
}

const gatherEntries: Kernel = ({ graph: g, input }) => {
  const [x, indices] = [input('params'), input('indices')];
  const depth = indices.shape.at(-1)!;
  const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(depth)];
  if (sizeOf(shape) === 0) return empty(g, shape, x.type);
  return g.node('GatherND', [x, cast(g, indices, 'int64')], { shape, type: x.type });
};

/** Rows of x added up where `segmentIds` are equal; those with a negative one are left out. */
const segmentSum: Kernel = ({ graph: g, input, attributes: { numSegments } }) => {
  const [x, ids] = [input('x'), input('segmentIds')];
  const rest = x.shape.slice(ids.shape.length);
  const shape = [numSegments, ...rest];
  if (sizeOf(x.shape) === 0 || sizeOf(shape) === 0) return g.filled(dataOf(0, x.type), shape, x.type);
  // ONNX counts negative places from the end: all rows that are left out go into one more, which is cut off.
  const places = binary(g, 'Max', ids, scalarOf(g, -1, ids.type));
  const segments = cast(g, reshape(g, places, [sizeOf(ids.shape), 1]), 'int64');
  const sums = addRows(g, [numSegments + 1, ...rest], segments, reshape(g, x, [sizeOf(ids.shape), ...rest]));
  return slice(
    g,
    sums,
    shape.map(() => 0),
    shape,
  );
};

/** Zeros of `shape`, with `rows` [n, …] added at the places [n, 1] of its first axis; places may repeat. */
function addRows(g: Graph, shape: readonly number[], places: Value, rows: Value): Value {
  const output = { shape, type: rows.type };
  const zeros = g.filled(dataOf(0, rows.type), shape, rows.type);
  if (g.target.scatters === 'rows')
    return g.node('ScatterND', [zeros, places, rows], output, { reduction: 'add' });
  const aligned = reshape(g, places, [places.shape[0]!, ...rows.shape.slice(1).map(() => 1)]);
  const everyElement = expand(g, aligned, rows.shape);
  return g.node('ScatterElements', [zeros, everyElement, rows], output, { reduction: 'add', axis: 0 });
}

const scatter: Kernel = ({ graph: g, input, attributes: { shape } }) => {
  const [indices, updates] = [input('indices'), input('updates')];
  const depth = indices.shape.at(-1)!;
  if (sizeOf(updates.shape) === 0) return g.filled(dataOf(0, updates.type), shape, updates.type);
  // Places on several axes are places on one, in a tensor that has those axes as one.
  const strides = shape.slice(0, depth).map((_, axis) => sizeOf(shape.slice(axis + 1, depth)));
  const weights = g.constant(Int32Array.from(strides), [depth], 'int32');
  const flat = reduce(
    g,
    'ReduceSum',
    binary(g, 'Mul', indices, weights),
    [indices.shape.length - 1],
    false,
    0,
  );
  const count = sizeOf(flat.shape);
  const rest = shape.slice(depth);
  const places = cast(g, reshape(g, flat, [count, 1]), 'int64');
  const sums = addRows(
    g,
    [sizeOf(shape.slice(0, depth)), ...rest],
    places,
    reshape(g, updates, [count, ...rest]),
  );
  return reshape(g, sums, shape);
};

const oneHot: Kernel = ({ graph: g, input, attributes: { depth, onValue, offValue, dtype } }) => {
  const indices = input('indices');
  const type = elementTypeNamed(dtype ?? 'float32');
  const shape = [...indices.shape, depth];
  if (sizeOf(shape) === 0) return empty(g, shape, type);
  const places = reshape(g, indices, [...indices.shape, 1]);
  const numbers = g.constant(
    Int32Array.from({ length: depth }, (_, at) => at),
    [depth],
    'int32',
  );
  const hit = g.node('Equal', [places, numbers], { shape, type: 'bool' });
  if (onValue === 1 && offValue === 0) return cast(g, hit, type);
  return g.node('Where', [hit, scalarOf(g, onValue, type), expand(g, scalarOf(g, offValue, type), [])], {
    shape,
    type,
  });
};

export const INDEXING: Kernels = {
  GatherV2: gather,
  GatherNd: gatherEntries,
  UnsortedSegmentSum: segmentSum,
  ScatterNd: scatter,
  OneHot: oneHot,
};
