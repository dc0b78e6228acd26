import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/**
 * Mends matrix multiplication on the wasm engine. tfjs-backend-wasm 4.22 multiplies through XNNPACK (about 40 GFLOP/s
 * on one core) only for one matrix by one matrix, neither transposed; anything else takes a plain loop of 2–3 GFLOP/s,
 * and every gradient of a multiplication has a transposed side. Here both sides are transposed first where they must
 * be, which costs next to nothing, and each product of a batch goes through XNNPACK on its own.
 *
 * The kernel is found by the same name as before, so models stay plain tfjs code.
 */
export function mendWasmMatMul(): void {
  const stock = tf.getKernel('BatchMatMul', 'wasm');
  const stockFused = tf.getKernel('_FusedMatMul', 'wasm');
  if (!stock || !stockFused) throw new Error('the wasm engine has no matrix multiplication to mend');
  if (mended) return;
  mended = true;

  let multiply: Multiply | undefined;
  const multiplyOf = (backend: BackendWasm): Multiply => (multiply ??= xnnpackMultiply(backend));

  tf.unregisterKernel('BatchMatMul', 'wasm');
  tf.registerKernel({
    ...stock,
    setupFunc: (backend) => {
      stock.setupFunc?.(backend);
      multiply = undefined;
    },
    kernelFunc: (parameters) => {
      const { a, b } = parameters.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      const { transposeA, transposeB } = parameters.attrs as unknown as Transposition;
      if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock.kernelFunc(parameters);
      const backend = parameters.backend as BackendWasm;
      return batchMatMul(backend, multiplyOf(backend), a, b, { transposeA, transposeB });
    },
  });

  tf.unregisterKernel('_FusedMatMul', 'wasm');
  tf.registerKernel({
    ...stockFused,
    kernelFunc: (parameters) => {
      const { transposeA, transposeB } = parameters.attrs as unknown as Transposition;
      const { a, b } = parameters.inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      if (a.shape.at(transposeA ? -2 : -1) === 0) {
        return withoutInner(parameters.backend as BackendWasm, a, b, (zeros) =>
          stockFused.kernelFunc({ ...parameters, inputs: { ...parameters.inputs, ...zeros } }),
        );
      }
      // Without a batch, transposing is all that the stock kernel needs to take its fast path, bias and activation too.
      if ((!transposeA && !transposeB) || batchSize(a) !== 1 || batchSize(b) !== 1)
        return stockFused.kernelFunc(parameters);
      const backend = parameters.backend as BackendWasm;
      const left = transposeA ? transposed(backend, a) : a;
      const right = transposeB ? transposed(backend, b) : b;
      const out = stockFused.kernelFunc({
        ...parameters,
        inputs: { ...parameters.inputs, a: left, b: right },
        attrs: { ...parameters.attrs, transposeA: false, transposeB: false },
      });
      if (transposeA) backend.disposeData(left.dataId);
      if (transposeB) backend.disposeData(right.dataId);
      return out;
    },
  });
}

let mended = false;

interface Transposition {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** out[m, n] = a[m, k] · b[k, n], each given by the id of a tensor registered with the wasm module. */
type Multiply = (a: number, b: number, out: number, m: number, k: number, n: number) => void;

/** What we call of the wasm module; the package exports no types for it. */
interface WasmModule {
  cwrap(name: string, returns: null, parameters: readonly string[]): (...parameters: unknown[]) => void;
  tfjs: { registerTensor(id: number, elements: number, offset: number): void; disposeData(id: number): void };
}

interface WasmTensor {
  readonly id: number;
  readonly memoryOffset: number;
}

const FLOAT_BYTES = 4;

function xnnpackMultiply(backend: BackendWasm): Multiply {
  const call = wasmOf(backend).cwrap('BatchMatMul', null, [
    ...['number', 'array', 'number'],
    ...['number', 'array', 'number'],
    ...['number', 'number', 'number'],
  ]);
  return (a, b, out, m, k, n) =>
    call(a, shapeBytes(1, m, k), 3, b, shapeBytes(1, k, n), 3, false, false, out);
}

/**
 * Products over nothing are 0, as are those of zeros. XNNPACK refuses matrices without numbers, and leaves the product
 * as it was.
 */
function withoutInner<T>(
  backend: BackendWasm,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  multiply: (zeros: { a: tf.TensorInfo; b: tf.TensorInfo }) => T,
): T {
  const zerosFor = ({ shape }: tf.TensorInfo): tf.TensorInfo => {
    const zeros = backend.makeOutput(
      shape.map((length, axis) => (axis >= shape.length - 2 && length === 0 ? 1 : length)),
      'float32',
    );
    backend.typedArrayFromHeap(zeros).fill(0);
    return zeros;
  };
  const zeros = { a: zerosFor(a), b: zerosFor(b) };
  const product = multiply(zeros);
  backend.disposeData(zeros.a.dataId);
  backend.disposeData(zeros.b.dataId);
  return product;
}

function batchMatMul(
  backend: BackendWasm,
  multiply: Multiply,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: Transposition,
): tf.TensorInfo {
  const left = transposeA ? transposed(backend, a) : a;
  const right = transposeB ? transposed(backend, b) : b;
  const [m, k] = left.shape.slice(-2) as [number, number];
  const [inner, n] = right.shape.slice(-2) as [number, number];
  tf.util.assert(
    k === inner,
    () =>
      `Error in matMul: inner shapes (${k}) and (${inner}) of Tensors with shapes ${a.shape.join()} and ` +
      `${b.shape.join()} and transposeA=${transposeA} and transposeB=${transposeB} must match.`,
  );
  const batchShape = tf.broadcast_util.assertAndGetBroadcastShape(
    left.shape.slice(0, -2),
    right.shape.slice(0, -2),
  );
  const out = backend.makeOutput([...batchShape, m, n], 'float32');
  if (k === 0) {
    backend.typedArrayFromHeap(out).fill(0);
  } else if (tf.util.sizeFromShape(out.shape) > 0) {
    const leftTensor = tensorOf(backend, left);
    const rightTensor = tensorOf(backend, right);
    const outTensor = tensorOf(backend, out);
    const products = tf.util.sizeFromShape(batchShape);
    if (products === 1) {
      multiply(leftTensor.id, rightTensor.id, outTensor.id, m, k, n);
    } else {
      const leftIndex = broadcastIndex(left.shape.slice(0, -2), batchShape);
      const rightIndex = broadcastIndex(right.shape.slice(0, -2), batchShape);
      for (let product = 0; product < products; product++) {
        withViews(
          backend,
          [
            [leftTensor.memoryOffset, leftIndex(product), m * k],
            [rightTensor.memoryOffset, rightIndex(product), k * n],
            [outTensor.memoryOffset, product, m * n],
          ],
          ([leftView, rightView, outView]) => multiply(leftView, rightView, outView, m, k, n),
        );
      }
    }
  }
  if (transposeA) backend.disposeData(left.dataId);
  if (transposeB) backend.disposeData(right.dataId);
  return out;
}

/**
 * Registers parts of tensors as tensors of their own for the length of a call. Fresh ids each time, and disposed at
 * once: XNNPACK packs the right side once per id and would otherwise reuse the packing for other numbers.
 */
function withViews(
  backend: BackendWasm,
  views: readonly [offset: number, index: number, elements: number][],
  use: (ids: [number, number, number]) => void,
): void {
  const { tfjs } = wasmOf(backend);
  const counter = backend as unknown as { dataIdNextNumber: number };
  const ids = views.map(([offset, index, elements]) => {
    const id = counter.dataIdNextNumber++;
    tfjs.registerTensor(id, elements, offset + index * elements * FLOAT_BYTES);
    return id;
  });
  use(ids as [number, number, number]);
  for (const id of ids) tfjs.disposeData(id);
}

/** Which matrix of a side of shape `from` belongs to a product, when the sides broadcast to `to`. */
function broadcastIndex(from: readonly number[], to: readonly number[]): (product: number) => number {
  const padded = [...Array<number>(to.length - from.length).fill(1), ...from];
  return (product) => {
    let index = 0;
    let stride = 1;
    let rest = product;
    for (let dimension = to.length - 1; dimension >= 0; dimension--) {
      const position = rest % to[dimension]!;
      rest = Math.floor(rest / to[dimension]!);
      if (padded[dimension] !== 1) index += position * stride;
      stride *= padded[dimension]!;
    }
    return index;
  };
}

function transposed(backend: BackendWasm, x: tf.TensorInfo): tf.TensorInfo {
  const transpose = tf.getKernel('Transpose', 'wasm');
  const rank = x.shape.length;
  const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  return transpose.kernelFunc({ inputs: { x }, backend, attrs: { perm } }) as tf.TensorInfo;
}

function batchSize(x: tf.TensorInfo): number {
  return tf.util.sizeFromShape(x.shape.slice(0, -2));
}

function tensorOf(backend: BackendWasm, x: tf.TensorInfo): WasmTensor {
  const { dataIdMap } = backend as unknown as { dataIdMap: { get(dataId: object): WasmTensor } };
  return dataIdMap.get(x.dataId);
}

function wasmOf(backend: BackendWasm): WasmModule {
  return backend.wasm as unknown as WasmModule;
}

function shapeBytes(...shape: number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(shape).buffer);
}
