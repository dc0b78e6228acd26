import * as tf from '@tensorflow/tfjs-core';
import type { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';

/**
 * Mends what tfjs-backend-cpu 4.22 does wrong, for the engine that runs on it and for the constants that compiled steps
 * compute with it.
 */
export function mendCpuKernels(): void {
  if (mended) return;
  mended = true;

  // Takes a negative axis as it is.
  mend('Cumsum', (stock, call) => {
    const { x } = call.inputs as { x: tf.TensorInfo };
    const axis = tf.util.parseAxisParam((call.attrs as unknown as { axis: number }).axis, x.shape)[0]!;
    return stock({ ...call, attrs: { ...call.attrs, axis } });
  });

  mend('StridedSlice', (stock, call) =>
    stridedSliceOfAllAxes(
      call.inputs['x'] as tf.TensorInfo,
      call.attrs as unknown as StridedSlice,
      (changed) => stock({ ...call, attrs: { ...call.attrs, ...changed } }) as tf.TensorInfo,
    ),
  );

  for (const [kernelName, ofNothing] of Object.entries(OF_NOTHING)) {
    mend(kernelName, (stock, call) => {
      const out = stock(call) as tf.TensorInfo;
      if (tf.util.sizeFromShape((call.inputs['x'] as tf.TensorInfo).shape) === 0) {
        const { data } = call.backend as MathBackendCPU;
        (data.get(out.dataId).values as tf.TypedArray).fill(ofNothing);
      }
      return out;
    });
  }

  // Repeats the matrices of the side that has fewer, rather than along the axes that must be repeated.
  mend('BatchMatMul', (stock, call) => {
    const backend = call.backend as MathBackendCPU;
    const { a, b } = call.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    if (tf.util.arraysEqual(batchA, batchB)) return stock(call);
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
    const [left, right] = [repeated(backend, a, batch), repeated(backend, b, batch)];
    const out = stock({ ...call, inputs: { a: left, b: right } });
    backend.disposeIntermediateTensorInfo(left);
    backend.disposeIntermediateTensorInfo(right);
    return out;
  });
}

let mended = false;

/** What reductions to a number can't get right where there is none. */
const OF_NOTHING = { Mean: NaN, Max: -Infinity, Min: Infinity, All: 1 } as const;

/** Attributes of tfjs's StridedSlice. */
export interface StridedSlice {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

/**
 * A strided slice whose result has fewer axes, or more. tfjs's kernels take it as one of the axes that are left; here
 * it is one of all axes, reshaped.
 */
export function stridedSliceOfAllAxes(
  x: tf.TensorInfo,
  attributes: StridedSlice,
  stock: (changed?: Partial<StridedSlice>) => tf.TensorInfo,
): tf.TensorInfo {
  const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
  if (newAxisMask === 0 && shrinkAxisMask === 0) return stock();
  const all = tf.slice_util.sliceInfo(
    x.shape,
    begin,
    end,
    strides,
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
  const out = stock({
    begin: all.begin,
    end: all.end,
    strides: all.strides,
    beginMask: 0,
    // Backwards to the first element, the end lies before it, and −1 would be the last one.
    endMask: all.end.reduce((mask, place, axis) => (place < 0 ? mask | (1 << axis) : mask), 0),
    ellipsisMask: 0,
    newAxisMask: 0,
    shrinkAxisMask: 0,
  });
  return { ...out, shape: all.finalShape };
}

type KernelCall = Parameters<tf.KernelFunc>[0];

function mend(
  kernelName: string,
  by: (stock: tf.KernelFunc, call: KernelCall) => ReturnType<tf.KernelFunc>,
): void {
  const stock = tf.getKernel(kernelName, 'cpu');
  if (!stock) throw new Error(`the cpu engine has no operation "${kernelName}" to mend`);
  tf.unregisterKernel(kernelName, 'cpu');
  tf.registerKernel({ ...stock, kernelFunc: (call) => by(stock.kernelFunc, call) });
}

/** A copy of matrices with this batch shape. */
function repeated(backend: MathBackendCPU, x: tf.TensorInfo, batch: readonly number[]): tf.TensorInfo {
  const run = (kernelName: string, info: tf.TensorInfo, attributes: tf.NamedAttrMap): tf.TensorInfo =>
    tf
      .getKernel(kernelName, 'cpu')
      .kernelFunc({ inputs: { x: info }, backend, attrs: attributes }) as tf.TensorInfo;
  const rank = batch.length + 2;
  const shape = [...Array<number>(rank - x.shape.length).fill(1), ...x.shape];
  const aligned = run('Reshape', x, { shape });
  const out = run('Tile', aligned, {
    reps: shape.map((length, axis) => (axis < batch.length && length === 1 ? batch[axis]! : 1)),
  });
  backend.disposeIntermediateTensorInfo(aligned);
  return out;
}
