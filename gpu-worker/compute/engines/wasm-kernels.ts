import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { stridedSliceOfAllAxes, type StridedSlice } from './cpu-kernels.js';

/**
 * Mends what else tfjs-backend-wasm 4.22 does wrong, or lacks. Where a loop over the module's own memory is written in
 * JavaScript, it takes about as long as reading the numbers does. Kernels are found by the same names as before, so
 * models stay plain tfjs code.
 */
export function mendWasmKernels(): void {
  if (mended) return;
  mended = true;
  for (const [kernelName, mend] of Object.entries(MENDED)) {
    const stock = tf.getKernel(kernelName, 'wasm');
    if (stock) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({
      ...stock,
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs, backend }) =>
        mend({
          inputs: inputs as unknown as Inputs,
          attributes: (attrs ?? {}) as unknown as Attributes,
          backend: backend as BackendWasm,
          stock: (changed = {}) => {
            if (!stock) throw new Error(`the wasm engine has no operation "${kernelName}" to mend`);
            const all = { ...attrs, ...changed } as tf.NamedAttrMap;
            return stock.kernelFunc({ inputs, attrs: all, backend }) as tf.TensorInfo;
          },
        }),
    });
  }
}

let mended = false;

/** Inputs of all kernels below, by tfjs's names. */
interface Inputs {
  readonly x: tf.TensorInfo;
  readonly indices: tf.TensorInfo;
  readonly segmentIds: tf.TensorInfo;
}

interface Attributes extends StridedSlice {
  readonly axis: number;
  readonly batchDims: number;
  readonly depth: number;
  readonly dtype: tf.DataType;
  readonly keepDims: boolean;
  readonly numSegments: number;
  readonly offValue: number;
  readonly onValue: number;
  readonly perm: number[];
  /** tfjs's other name of "axis", for Max alone. */
  readonly reductionIndices: number;
}

interface Call {
  readonly inputs: Inputs;
  readonly attributes: Attributes;
  readonly backend: BackendWasm;
  /** What the package's own kernel answers, with some attributes changed. */
  readonly stock: (changed?: Partial<Attributes>) => tf.TensorInfo;
}

type Kernel = (call: Call) => tf.TensorInfo;

const MENDED: Readonly<Record<string, Kernel>> = {
  // Left their result as it was where there was nothing to reduce.
  Sum: reduction(0),
  Mean: reduction(NaN, 'float32'),
  Prod: reduction(1),
  Max: reduction(-Infinity),
  Min: reduction(Infinity),
  Any: reduction(0),
  All: reduction(1),

  // Divided by 0 where there was nothing to move.
  Transpose: ({ inputs: { x }, attributes: { perm }, backend, stock }) => {
    if (tf.util.sizeFromShape(x.shape) > 0) return stock();
    return backend.makeOutput(
      perm.map((axis) => x.shape[axis]!),
      x.dtype,
    );
  },

  StridedSlice: ({ inputs: { x }, attributes, stock }) => stridedSliceOfAllAxes(x, attributes, stock),

  // Took a negative axis as it is, and wrote outside of its tensors.
  Cumsum: ({ inputs: { x }, attributes: { axis }, stock }) =>
    stock({ axis: tf.util.parseAxisParam(axis, x.shape)[0]! }),

  // Kept the lowest byte of the integer in place of comparing with 0.
  Cast: ({ inputs: { x }, attributes: { dtype }, backend, stock }) => {
    if (dtype !== 'bool' || x.dtype === 'bool') return stock();
    const out = backend.makeOutput(x.shape, dtype);
    const numbers = backend.typedArrayFromHeap(x);
    const truths = backend.typedArrayFromHeap(out);
    for (let at = 0; at < numbers.length; at++) truths[at] = Number(numbers[at] !== 0);
    return out;
  },

  // Was log(1 + x), which loses the digits of x beside 1.
  Log1p: ({ inputs: { x }, backend }) => {
    const out = backend.makeOutput(x.shape, x.dtype);
    const numbers = backend.typedArrayFromHeap(x);
    const logarithms = backend.typedArrayFromHeap(out);
    for (let at = 0; at < numbers.length; at++) logarithms[at] = Math.log1p(numbers[at]!);
    return out;
  },

  // Wrote integers of four bytes, whatever the type.
  OneHot: ({ inputs: { indices }, attributes: { depth, dtype, onValue, offValue }, backend }) => {
    const out = backend.makeOutput([...indices.shape, depth], dtype);
    const places = backend.typedArrayFromHeap(indices);
    const values = backend.typedArrayFromHeap(out).fill(offValue);
    places.forEach((place: number, row: number) => {
      if (place >= 0 && place < depth) values[row * depth + place] = onValue;
    });
    return out;
  },

  // Read past the indices where each of several batches has its own.
  GatherV2: (call) => (call.attributes.batchDims === 0 ? call.stock() : gatherInBatches(call)),

  // Was missing: the gradient of an embedding.
  UnsortedSegmentSum: ({ inputs: { x, segmentIds }, attributes: { numSegments }, backend }) => {
    const rest = x.shape.slice(segmentIds.shape.length);
    const width = tf.util.sizeFromShape(rest);
    const out = backend.makeOutput([numSegments, ...rest], x.dtype);
    const sums = backend.typedArrayFromHeap(out).fill(0);
    const rows = backend.typedArrayFromHeap(x);
    const segments = backend.typedArrayFromHeap(segmentIds);
    for (let row = 0; row < segments.length; row++) {
      const segment = segments[row]!;
      if (segment < 0 || segment >= numSegments) continue;
      for (let at = 0; at < width; at++) sums[segment * width + at]! += rows[row * width + at]!;
    }
    return out;
  },
};

function reduction(ofNothing: number, dtype?: tf.DataType): Kernel {
  return ({ inputs: { x }, attributes: { axis, reductionIndices, keepDims }, backend, stock }) => {
    if (tf.util.sizeFromShape(x.shape) > 0) return stock();
    const axes = tf.util.parseAxisParam(axis ?? reductionIndices, x.shape);
    const [reduced] = tf.backend_util.computeOutAndReduceShapes(x.shape, axes);
    const shape = keepDims ? tf.backend_util.expandShapeToKeepDim(reduced, axes) : reduced;
    const out = backend.makeOutput(shape, dtype ?? x.dtype);
    backend.typedArrayFromHeap(out).fill(ofNothing);
    return out;
  };
}

function gatherInBatches({
  inputs: { x, indices },
  attributes: { axis, batchDims },
  backend,
}: Call): tf.TensorInfo {
  const along = tf.util.parseAxisParam(axis, x.shape)[0]!;
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
    tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, along, batchDims);
  const out = backend.makeOutput(outputShape, x.dtype);
  const [from, to] = [backend.typedArrayFromHeap(x), backend.typedArrayFromHeap(out)];
  const places = backend.typedArrayFromHeap(indices);
  const taken = places.length / batchSize;
  let next = 0;
  for (let row = 0; row < batchSize * outerSize; row++) {
    const batch = Math.floor(row / outerSize);
    for (const place of places.subarray(batch * taken, (batch + 1) * taken)) {
      if (place < 0 || place >= dimSize)
        throw new RangeError(`gather has the index ${place} into ${dimSize}`);
      const start = (row * dimSize + place) * sliceSize;
      to.set(from.subarray(start, start + sliceSize), next);
      next += sliceSize;
    }
  }
  return out;
}
