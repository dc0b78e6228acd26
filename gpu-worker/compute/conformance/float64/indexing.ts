import type * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors.js';
import { allCoordinates, at, axisOf, build, type Kernels, type Operand } from './operand.js';

/** The rows of `indices`, along its last axis: each the start of some coordinates. */
function rowsOf(indices: Operand): { readonly shape: number[]; row(of: readonly number[]): number[] } {
  const width = indices.shape.at(-1)!;
  return {
    shape: indices.shape.slice(0, -1),
    row: (of) => Array.from({ length: width }, (_, index) => at(indices, [...of, index])),
  };
}

export const INDEXING_KERNELS: Kernels = {
  /** [...before, axis, ...after] at [...before, ...chosen] to [...before, ...chosen, ...after]. */
  GatherV2: ({ x, indices }, attributes) => {
    const { axis, batchDims } = attributes as tf.GatherV2Attrs;
    const along = axisOf(axis, x.shape.length);
    const chosen = indices.shape.slice(batchDims);
    const shape = [...x.shape.slice(0, along), ...chosen, ...x.shape.slice(along + 1)];
    return build(shape, x.dtype, (coordinates) => {
      const before = coordinates.slice(0, along);
      const choice = coordinates.slice(along, along + chosen.length);
      const index = at(indices, [...before.slice(0, batchDims), ...choice]);
      return at(x, [...before, index, ...coordinates.slice(along + chosen.length)]);
    });
  },
  GatherNd: ({ params, indices }) => {
    const { shape, row } = rowsOf(indices);
    const rest = params.shape.slice(indices.shape.at(-1));
    return build([...shape, ...rest], params.dtype, (coordinates) =>
      at(params, [...row(coordinates.slice(0, shape.length)), ...coordinates.slice(shape.length)]),
    );
  },
  /** Updates whose coordinates repeat are added up. */
  ScatterNd: ({ indices, updates }, attributes) => {
    const { shape } = attributes as tf.ScatterNdAttrs;
    const rows = rowsOf(indices);
    return build(shape, updates.dtype, (coordinates) =>
      allCoordinates(updates.shape)
        .filter((from) => {
          const to = [...rows.row(from.slice(0, rows.shape.length)), ...from.slice(rows.shape.length)];
          return to.every((coordinate, axis) => coordinate === coordinates[axis]);
        })
        .reduce((sum, from) => sum + at(updates, from), 0),
    );
  },
  /** [...ids, ...rest] to [segments, ...rest]. */
  UnsortedSegmentSum: ({ x, segmentIds }, attributes) => {
    const { numSegments } = attributes as tf.UnsortedSegmentSumAttrs;
    const rest = x.shape.slice(segmentIds.shape.length);
    return build([numSegments, ...rest], x.dtype, ([segment, ...coordinates]) =>
      allCoordinates(segmentIds.shape)
        .filter((of) => at(segmentIds, of) === segment)
        .reduce((sum, of) => sum + at(x, [...of, ...coordinates]), 0),
    );
  },
  OneHot: ({ indices }, attributes) => {
    const { depth, onValue, offValue, dtype } = attributes as tf.OneHotAttrs;
    return build([...indices.shape, depth], dtype, (coordinates) =>
      at(indices, coordinates.slice(0, -1)) === coordinates.at(-1) ? onValue : offValue,
    );
  },
  /** Values and their places, the largest first, equal ones in their order. */
  TopK: ({ x }, attributes) => {
    const { k } = attributes as tf.TopKAttrs;
    const before = x.shape.slice(0, -1);
    const length = x.shape.at(-1)!;
    const order = (of: readonly number[]): number[] =>
      Array.from({ length }, (_, index) => index).sort(
        (a, b) => at(x, [...of, b]) - at(x, [...of, a]) || a - b,
      );
    if (k > length) throw new RangeError(`the ${k} largest of ${length} in ${sizeOf(before)} rows`);
    const places = build([...before, k], 'int32', (coordinates) => {
      return order(coordinates.slice(0, -1))[coordinates.at(-1)!]!;
    });
    const values = build([...before, k], x.dtype, (coordinates) =>
      at(x, [...coordinates.slice(0, -1), at(places, coordinates)]),
    );
    return [values, places];
  },
};
