import * as tf from '@tensorflow/tfjs-core';
import { ELEMENTWISE_KERNELS } from './float64/elementwise.js';
import { INDEXING_KERNELS } from './float64/indexing.js';
import type { KernelInputs, Kernels, Operand } from './float64/operand.js';
import { PRODUCT_KERNELS } from './float64/products.js';
import { REDUCTION_KERNELS } from './float64/reductions.js';
import { SHAPE_KERNELS } from './float64/shapes.js';

const BACKEND = 'float64';

/** Every kernel in its closed form: slow and plainly right, since all engines are measured against it. */
const KERNELS: Kernels = {
  ...SHAPE_KERNELS,
  ...ELEMENTWISE_KERNELS,
  ...REDUCTION_KERNELS,
  ...PRODUCT_KERNELS,
  ...INDEXING_KERNELS,
};

/**
 * A tfjs backend whose tensors are Float64Arrays, whatever their dtype, so that any function in plain tfjs, gradients
 * included, can be evaluated to some 15 digits. Numbers written in a function still reach it as tfjs rounds them, to
 * float32, which is what every engine computes with.
 */
class Float64Backend extends tf.KernelBackend {
  private readonly stored = new tf.DataStorage<Float64Array>(this, tf.engine());

  override write(values: tf.BackendValues): object {
    const dataId = {};
    this.stored.set(dataId, asFloat64(values));
    return dataId;
  }

  override move(dataId: object, values: tf.BackendValues): void {
    this.stored.set(dataId, asFloat64(values));
  }

  override readSync(dataId: object): tf.BackendValues {
    // tfjs's types know no Float64Array; whoever reads gets what was written.
    return this.stored.get(dataId) as unknown as Float32Array;
  }

  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }

  /** Kernels always answer copies, so that each tensor has data of its own. */
  override refCount(dataId: object): number {
    return this.stored.has(dataId) ? 1 : 0;
  }

  override disposeData(dataId: object): boolean {
    this.stored.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.stored.numDataIds();
  }

  override timerAvailable(): boolean {
    return false;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  /** tfjs's epsilons depend on it, and must be those of the engines. */
  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {}
}

function asFloat64(values: tf.BackendValues): Float64Array {
  return Float64Array.from(values as ArrayLike<number>);
}

function asOperand(backend: Float64Backend, { dataId, shape, dtype }: tf.TensorInfo): Operand {
  return { shape, dtype, values: backend.readSync(dataId) as unknown as Float64Array };
}

function register(): void {
  tf.registerBackend(BACKEND, () => new Float64Backend());
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: ({ inputs, backend, attrs }) => {
        const own = backend as Float64Backend;
        const operands: Record<string, Operand> = {};
        for (const [name, info] of Object.entries(inputs)) {
          // Optional inputs that are left out are there, undefined.
          if (info) operands[name] = asOperand(own, info);
        }
        const answered = kernel(operands as unknown as KernelInputs, attrs);
        const infos = [answered].flat().map(({ values, shape, dtype }) => ({
          dataId: own.write(values as unknown as tf.BackendValues),
          shape: [...shape],
          dtype,
        }));
        return Array.isArray(answered) ? infos : infos[0]!;
      },
    });
  }
}

/** Makes float64 tfjs's current backend. */
export async function useFloat64(): Promise<void> {
  if (!(BACKEND in tf.engine().registryFactory)) register();
  await tf.setBackend(BACKEND);
}

/** A tensor of the current float64 backend, without tf.tensor's rounding to float32. */
export function float64Tensor(
  values: Float64Array,
  shape: readonly number[],
  dtype: tf.DataType = 'float32',
): tf.Tensor {
  const dataId = (tf.backend() as Float64Backend).write(values as unknown as tf.BackendValues);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape: [...shape], dtype });
}

/** All digits of a tensor of the float64 backend. */
export function readFloat64(tensor: tf.Tensor): Float64Array {
  return Float64Array.from(tensor.dataSync());
}
