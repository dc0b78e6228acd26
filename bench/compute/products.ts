import * as tf from '@tensorflow/tfjs-core';
import { mendCpuKernels } from '../../gpu-worker/compute/engines/cpu-kernels.js';
import { registerGradients } from '../../gpu-worker/compute/gradients/register.js';
import { sizeOf } from '../../gpu-worker/compute/tensors.js';
import { registerTracing, TRACING } from '../../gpu-worker/compute/tracing/backend.js';
import { nodesFor, type Node } from '../../gpu-worker/compute/tracing/graph.js';
import type { Trace } from '../../gpu-worker/compute/tracing/trace.js';

/** What an engine that traces does when it starts; needed where a step is traced and no engine runs. */
export async function prepareTracing(): Promise<void> {
  // Constants of a step are computed while it is traced.
  await import('@tensorflow/tfjs-backend-cpu');
  mendCpuKernels();
  registerGradients();
  registerTracing();
  // Keeps tfjs from advertising its other packages.
  tf.enableProdMode();
  await tf.setBackend(TRACING);
}

/** Floating point operations of a step's matrix products, forward and backward. */
export function productOperations({ newState, outputs }: Trace): number {
  return nodesFor([...newState.values(), ...outputs.values()])
    .map(operationsOf)
    .reduce((sum, operations) => sum + operations, 0);
}

/** 2 · m · n · k for each matrix of the batch; none for what isn't a product. */
function operationsOf({ op, inputs, outputs, attributes }: Node): number {
  if (op !== 'Gemm' && op !== 'FusedMatMul' && op !== 'MatMul') return 0;
  const [left, right] = inputs;
  // A product with a vector of equal numbers is a sum or a mean of rows, whatever it is computed by.
  if ([left!, right!].some(({ source, shape }) => source.kind === 'filled' && shape.length === 1)) return 0;
  const inner = left!.shape.at(attributes['transA'] === 1 ? -2 : -1)!;
  return 2 * sizeOf(outputs[0]!.shape) * inner;
}
