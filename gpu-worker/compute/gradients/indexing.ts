import * as tf from '@tensorflow/tfjs-core';
import { detached, flat, single, zeros, type GradientTable } from './gradient.js';

export const INDEXING: GradientTable = {
  GatherV2: {
    inputsToSave: ['x', 'indices'],
    gradFunc: (dy, saved, attributes) => {
      const [x, indices] = saved as [tf.Tensor, tf.Tensor];
      const { axis, batchDims } = attributes as unknown as { axis: number; batchDims: number };
      return {
        x: () => scatterAdd(single(dy), x.shape, indices, axis < 0 ? axis + x.rank : axis, batchDims),
        indices: () => zeros(indices.shape),
      };
    },
  },
  GatherNd: {
    inputsToSave: ['params', 'indices'],
    gradFunc: (dy, saved) => {
      const [params, indices] = saved as [tf.Tensor, tf.Tensor];
      return {
        params: () => tf.scatterND(indices, single(dy), params.shape),
        indices: () => zeros(indices.shape),
      };
    },
  },
  ScatterNd: {
    inputsToSave: ['indices'],
    gradFunc: (dy, saved) => {
      const indices = saved[0]!;
      return {
        updates: () => tf.gatherND(single(dy), indices),
        indices: () => zeros(indices.shape),
      };
    },
  },
  UnsortedSegmentSum: {
    inputsToSave: ['segmentIds'],
    gradFunc: (dy, saved) => {
      const segmentIds = saved[0] as tf.Tensor1D;
      return {
        x: () => gatherSegments(single(dy), segmentIds),
        segmentIds: () => zeros(segmentIds.shape),
      };
    },
  },
  OneHot: flat('indices'),
};

/** The sum that each row went into; zeros for a row of a negative segment, which the sums leave out. */
function gatherSegments(sums: tf.Tensor, segmentIds: tf.Tensor1D): tf.Tensor {
  const places = tf.maximum(segmentIds, tf.scalar(0, 'int32'));
  const summed = detached(() => {
    const column = [segmentIds.size, ...sums.shape.slice(1).map(() => 1)];
    return tf.reshape(tf.cast(tf.equal(places, segmentIds), 'float32'), column);
  });
  return tf.mul(tf.gather(sums, places), summed);
}

/**
 * Adds up the slices of dy that were taken from the same place along the axis of a tensor of this shape, for each of
 * the leading `batchDims` axes on its own.
 */
function scatterAdd(
  dy: tf.Tensor,
  shape: number[],
  indices: tf.Tensor,
  axis: number,
  batchDims: number,
): tf.Tensor {
  // The batch and the taken axes to the front, then all as a matrix with a row a taken slice.
  const axes = dy.shape.map((_, place) => place);
  const batch = axes.slice(0, batchDims);
  const taken = axes.slice(axis, axis + indices.rank - batchDims);
  const rest = axes.filter((place) => !batch.includes(place) && !taken.includes(place));
  const moved = axis === batchDims ? dy : tf.transpose(dy, [...batch, ...taken, ...rest]);
  const restShape = rest.map((place) => dy.shape[place]!);
  const rows = tf.reshape(moved, [indices.size, tf.util.sizeFromShape(restShape)]);

  const length = shape[axis]!;
  const batchShape = shape.slice(0, batchDims);
  const batches = tf.util.sizeFromShape(batchShape);
  const segments = batchDims === 0 ? indices : shiftedByBatch(indices, batches, length);
  const summed = tf.unsortedSegmentSum(
    rows,
    tf.reshape<tf.Rank.R1>(segments, [indices.size]),
    batches * length,
  );
  if (axis === batchDims) return tf.reshape(summed, shape);
  const back = shape.map((_, place) => {
    if (place === axis) return batchDims;
    return place >= batchDims && place < axis ? place + 1 : place;
  });
  return tf.transpose(tf.reshape(summed, [...batchShape, length, ...restShape]), back);
}

/** Indices into `length` places of each batch, as indices into the places of all batches in a row. */
function shiftedByBatch(indices: tf.Tensor, batches: number, length: number): tf.Tensor {
  const starts = tf.range(0, batches * length, length, 'int32');
  return tf.add(tf.reshape(indices, [batches, indices.size / batches]), tf.reshape(starts, [batches, 1]));
}
