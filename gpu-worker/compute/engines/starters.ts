import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { UserFailure } from '../../failure.js';
import { registerGradients } from '../gradients/register.js';
import type { Engine, EngineName } from '../program.js';
import { registerTracing, TRACING } from '../tracing/backend.js';
import { mendCpuKernels } from './cpu-kernels.js';
import { eagerEngine } from './eager.js';
import { onnxEngine } from './onnx.js';
import { onnxProviders, providerStarts } from './onnx-providers.js';
import { mendWasmKernels } from './wasm-kernels.js';
import { mendWasmMatMul } from './wasm-matmul.js';
import { findWebGpuAdapter, publishAdapter } from './webgpu-adapter.js';
import { mendWebGpu } from './webgpu-backend.js';

export interface Conditions {
  /** Whether a software renderer counts as a GPU: right, but slower than a processor's own engines. */
  readonly allowSoftware: boolean;
  /** Threads that one run may compute with. */
  readonly threads: number;
}

/** How an engine is found and started. */
export interface Starter {
  /** What the engine needs, to end the sentence "The engine … doesn't start on this machine: …". */
  readonly needs: string;
  /** Where it would compute, found without loading a tensor library where that is possible; undefined: nowhere. */
  find(conditions: Conditions): Promise<string | undefined>;
  /** Throws UserFailure ENGINE_UNAVAILABLE. */
  start(conditions: Conditions): Promise<Engine>;
}

const TENSORFLOW_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;
const OTHERWISE = 'or choose ENGINE=onnx-cpu';
const GPU_DRIVER = `a GPU with a Vulkan, Metal or Direct3D 12 driver; install the driver, ${OTHERWISE}`;

const require = createRequire(import.meta.url);

export const STARTERS: Readonly<Record<EngineName, Starter>> = {
  tensorflow: {
    needs:
      'it needs the optional package @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node with its native library; run ' +
      `\`npm install\` with access to storage.googleapis.com, ${OTHERWISE}`,
    find: async () => installedTensorflow(),
    async start({ allowSoftware }) {
      for (const name of TENSORFLOW_PACKAGES) {
        try {
          await import(name);
        } catch {
          // ERR_MODULE_NOT_FOUND where it isn't installed, and any error of the loader where its native library is
          // missing or doesn't fit: in either case there is no such engine here.
          continue;
        }
        await makeCurrent('tensorflow', 'tensorflow');
        // Without a GPU it is slower than onnxruntime on the same processor.
        const { isUsingGpuDevice } = tf.backend() as unknown as { isUsingGpuDevice?: boolean };
        if (!isUsingGpuDevice && !allowSoftware) throw unavailable('tensorflow');
        const device = `${isUsingGpuDevice ? 'CUDA GPU' : processor()} (${name})`;
        return eager('tensorflow', 'tensorflow', device, versionOf(name));
      }
      throw unavailable('tensorflow');
    },
  },

  'onnx-cuda': {
    needs:
      'it needs an NVIDIA GPU, and the CUDA library of onnxruntime-node, which ' +
      `\`ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js\` fetches; ${OTHERWISE}`,
    find: (conditions) => onnxDevice('cuda', conditions),
    start: (conditions) => startOnnx('onnx-cuda', 'cuda', conditions),
  },

  'onnx-webgpu': {
    needs: `it needs ${GPU_DRIVER}`,
    find: (conditions) => onnxDevice('webgpu', conditions),
    start: (conditions) => startOnnx('onnx-webgpu', 'webgpu', conditions),
  },

  'tfjs-webgpu': {
    needs: `it needs ${GPU_DRIVER}`,
    find: async (conditions) => (await findWebGpuAdapter(conditions))?.device,
    async start(conditions) {
      const adapter = await findWebGpuAdapter(conditions);
      if (!adapter) throw unavailable('tfjs-webgpu');
      publishAdapter(adapter);
      await import('@tensorflow/tfjs-backend-webgpu');
      await makeCurrent('webgpu', 'tfjs-webgpu');
      mendWebGpu();
      return eager('tfjs-webgpu', 'webgpu', adapter.device, versionOf('@tensorflow/tfjs-backend-webgpu'));
    },
  },

  'onnx-cpu': {
    needs:
      'it needs the package onnxruntime-node with a library for this system; run `npm ci` again, or choose ENGINE=tfjs-wasm',
    find: (conditions) => onnxDevice('cpu', conditions),
    start: (conditions) => startOnnx('onnx-cpu', 'cpu', conditions),
  },

  'tfjs-wasm': {
    needs: 'it needs the package @tensorflow/tfjs-backend-wasm with its .wasm files; run `npm ci` again',
    find: async () => (versionOf('@tensorflow/tfjs-backend-wasm') ? processor() : undefined),
    async start() {
      // The package finds its .wasm files beside itself; giving it a path would make it fetch them instead.
      const { version_wasm: version } = await import('@tensorflow/tfjs-backend-wasm');
      mendWasmMatMul();
      mendWasmKernels();
      await makeCurrent('wasm', 'tfjs-wasm');
      const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
      return eager('tfjs-wasm', 'wasm', `${processor()} (${simd ? 'SIMD' : 'no SIMD'}, 1 thread)`, version);
    },
  },

  'tfjs-cpu': {
    needs: 'it needs the package @tensorflow/tfjs-backend-cpu; run `npm ci` again',
    find: async () => processor(),
    async start() {
      const { version_cpu: version } = await import('@tensorflow/tfjs-backend-cpu');
      mendCpuKernels();
      await makeCurrent('cpu', 'tfjs-cpu');
      return eager('tfjs-cpu', 'cpu', `${processor()} (plain JavaScript)`, version);
    },
  },
};

export function unavailable(name: EngineName): UserFailure {
  return new UserFailure(
    'ENGINE_UNAVAILABLE',
    `The engine "${name}" doesn't start on this machine: ${STARTERS[name].needs}.`,
  );
}

async function startOnnx(name: EngineName, provider: string, conditions: Conditions): Promise<Engine> {
  const device = await onnxDevice(provider, conditions);
  if (device === undefined || !(await providerStarts(provider))) throw unavailable(name);
  // Constants of a step are computed while it is compiled.
  await import('@tensorflow/tfjs-backend-cpu');
  mendCpuKernels();
  registerTracing();
  // Whatever is computed outside of a compiled step is a mistake, and says so.
  await makeCurrent(TRACING, name);
  const version = versionOf('onnxruntime-node') ?? 'unknown';
  return onnxEngine({ name, device, version, provider, threads: conditions.threads });
}

/** Where a provider of onnxruntime would compute. Starts nothing but the look for a GPU. */
async function onnxDevice(provider: string, conditions: Conditions): Promise<string | undefined> {
  if (!onnxProviders().includes(provider)) return undefined;
  switch (provider) {
    case 'cpu': {
      const threads = Math.min(conditions.threads, availableParallelism());
      return `${processor()} (${threads} ${threads === 1 ? 'thread' : 'threads'})`;
    }
    case 'webgpu':
      return (await findWebGpuAdapter(conditions))?.device;
    case 'cuda':
      return 'NVIDIA GPU (CUDA)';
    default:
      return undefined;
  }
}

/** Makes a backend tfjs's current one, for an engine that runs on it. */
async function makeCurrent(backend: string, name: EngineName): Promise<void> {
  // Keeps tfjs from advertising its other packages on stderr; no check that we rely on is off in it.
  tf.enableProdMode();
  const started = await tf.setBackend(backend).catch(() => false);
  // setBackend and ready() may leave another backend in place and not say so.
  if (!started || tf.getBackend() !== backend) throw unavailable(name);
  registerGradients();
}

function eager(name: EngineName, backend: string, device: string, version: string | undefined): Engine {
  // Another engine of this process, or a compilation, may have left its own backend in place.
  const requireBackend = (): void => {
    if (tf.getBackend() !== backend) void tf.setBackend(backend);
  };
  return eagerEngine({ name, device, version: version ?? 'unknown', requireBackend });
}

/** The TensorFlow package that is installed with its native binding; loading it would take seconds and 500 MB. */
function installedTensorflow(): string | undefined {
  return TENSORFLOW_PACKAGES.find((name) => {
    try {
      const library = require.resolve(`${name}/package.json`).replace(/package\.json$/, 'lib');
      return readdirSync(library).some((entry) => entry.startsWith('napi-v'));
    } catch {
      return false;
    }
  });
}

function versionOf(name: string): string | undefined {
  try {
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}

function processor(): string {
  return cpus()[0]?.model.trim() || process.arch;
}
