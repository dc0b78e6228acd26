import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Spec, Values } from '../tensors.js';
import { acceleratorOf, onnxRuntime } from './onnx-providers.js';

/** Where and how onnxruntime computes. */
export interface Hardware {
  /** What onnxruntime calls it: `cpu`, `cuda`, `webgpu`. */
  readonly provider: string;
  /** Threads of one operation, on the CPU. */
  readonly threads: number;
}

/** A session of a model; `kept`: outputs that stay on the device, where it isn't the processor. */
export function createSession(
  { provider, threads }: Hardware,
  file: Uint8Array,
  kept: readonly string[] = [],
): Promise<InferenceSession> {
  const locations = Object.fromEntries(kept.map((output) => [output, 'gpu-buffer' as const]));
  return onnxRuntime().InferenceSession.create(file, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [acceleratorOf(provider), 'cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(provider === 'webgpu' && { preferredOutputLocation: locations }),
    extra: {
      session: {
        // Threads that wait for work by spinning would take the processor from the gateway beside them.
        intra_op: { allow_spinning: '0' },
        // Adam's moments fade into denormal numbers, which processors compute a hundred times slower.
        set_denormal_as_zero: '1',
      },
    },
  });
}

export function ortTensor({ shape, dtype }: Spec, values: Values): OrtTensor {
  const { Tensor } = onnxRuntime();
  return new Tensor(dtype, values as never, shape);
}
