import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs-core';
import { UserFailure } from '../failure.js';
import { registerGradients } from './gradients.js';
import { mendWasmMatMul } from './wasm-matmul.js';
import { findWebGpuAdapter, type WebGpuAdapter } from './webgpu-adapter.js';

/** In the order in which they are tried. `cpu` is plain JavaScript: exact, slow, and used only when it is forced. */
export const ENGINE_NAMES = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** What computes tensors in this process. */
export interface Engine {
  readonly name: EngineName;
  /** What it runs on, for people: `NVIDIA H100 (CUDA)`, `AMD EPYC (SIMD)`. */
  readonly device: string;
  /** Of the package that implements it. */
  readonly version: string;
}

/** Whether an engine could start here, found without starting it. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  /** Where it would run; or, when it isn't available, what it needs. */
  readonly detail: string;
}

const TENSORFLOW_PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;
const TENSORFLOW_NEEDS =
  'it needs the optional package @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node with its native library; ' +
  'run `npm install` with access to storage.googleapis.com, or choose ENGINE=wasm';
const WEBGPU_NEEDS =
  'it needs a GPU with a Vulkan, Metal or Direct3D 12 driver that the webgpu package can open; ' +
  'install the driver, or choose ENGINE=wasm';
const WASM_NEEDS =
  'it needs the package @tensorflow/tfjs-backend-wasm with its .wasm files; run `npm ci` again';

const require = createRequire(import.meta.url);

/**
 * Starts the first engine that works here, or the forced one, and makes it tfjs's backend for the whole process.
 * Throws UserFailure ENGINE_UNAVAILABLE when the forced engine can't start: it never falls back without a word, as
 * tfjs itself does.
 */
export async function startEngine({ forced }: { forced?: string | undefined } = {}): Promise<Engine> {
  if (forced !== undefined && forced !== '') {
    const name = ENGINE_NAMES.find((candidate) => candidate === forced);
    if (!name) {
      throw new UserFailure(
        'ENGINE_UNAVAILABLE',
        `There is no engine "${forced}". Set ENGINE to one of ${ENGINE_NAMES.join(', ')}, or leave it out for the fastest one.`,
      );
    }
    return starters[name](true);
  }
  for (const name of ENGINE_NAMES) {
    if (name === 'cpu') continue;
    try {
      return await starters[name](false);
    } catch (error) {
      if (!(error instanceof UserFailure)) throw error;
    }
  }
  throw new UserFailure('ENGINE_UNAVAILABLE', `No engine starts on this machine. For wasm: ${WASM_NEEDS}.`);
}

/** Which engines could start here. Opens no native tensor library and starts no backend. */
export async function listEngines(): Promise<readonly EngineReport[]> {
  const tensorflow = installedTensorflow();
  const adapter = await findWebGpuAdapter({ allowSoftware: false });
  const wasm = versionOf('@tensorflow/tfjs-backend-wasm');
  return [
    report('tensorflow', tensorflow, TENSORFLOW_NEEDS),
    report('webgpu', adapter?.device, WEBGPU_NEEDS),
    report('wasm', wasm && processorName(), WASM_NEEDS),
    report('cpu', processorName(), ''),
  ];
}

/** Each either makes its backend the current one, or throws ENGINE_UNAVAILABLE. */
const starters: Record<EngineName, (forced: boolean) => Promise<Engine>> = {
  async tensorflow() {
    for (const name of TENSORFLOW_PACKAGES) {
      try {
        await import(name);
      } catch {
        // ERR_MODULE_NOT_FOUND where it isn't installed, and any error of the loader where its native library is
        // missing or doesn't fit: in either case there is no such engine here.
        continue;
      }
      await makeCurrent('tensorflow', TENSORFLOW_NEEDS);
      const device =
        name === '@tensorflow/tfjs-node-gpu' ? 'CUDA GPU, or CPU where none is found' : processorName();
      return { name: 'tensorflow', device: `${device} (${name})`, version: versionOf(name) ?? 'unknown' };
    }
    throw unavailable('tensorflow', TENSORFLOW_NEEDS);
  },

  async webgpu(forced) {
    const adapter = await findWebGpuAdapter({ allowSoftware: forced });
    if (!adapter) throw unavailable('webgpu', WEBGPU_NEEDS);
    publishToBackend(adapter);
    await import('@tensorflow/tfjs-backend-webgpu');
    await makeCurrent('webgpu', WEBGPU_NEEDS);
    const version = versionOf('@tensorflow/tfjs-backend-webgpu') ?? 'unknown';
    return { name: 'webgpu', device: adapter.device, version };
  },

  async wasm() {
    // The package finds its .wasm files beside itself; giving it a path would make it fetch them instead.
    const { version_wasm: version } = await import('@tensorflow/tfjs-backend-wasm');
    mendWasmMatMul();
    await makeCurrent('wasm', WASM_NEEDS);
    const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
    return { name: 'wasm', device: `${processorName()} (${simd ? 'SIMD' : 'no SIMD'}, 1 thread)`, version };
  },

  async cpu() {
    const { version_cpu: version } = await import('@tensorflow/tfjs-backend-cpu');
    await makeCurrent('cpu', 'it needs the package @tensorflow/tfjs-backend-cpu; run `npm ci` again');
    return { name: 'cpu', device: `${processorName()} (plain JavaScript)`, version };
  },
};

async function makeCurrent(name: EngineName, needs: string): Promise<void> {
  const started = await tf.setBackend(name).catch(() => false);
  // setBackend and ready() may leave another backend in place and not say so.
  if (!started || tf.getBackend() !== name) throw unavailable(name, needs);
  registerGradients();
}

function unavailable(name: EngineName, needs: string): UserFailure {
  return new UserFailure(
    'ENGINE_UNAVAILABLE',
    `The engine "${name}" doesn't start on this machine: ${needs}.`,
  );
}

function report(name: EngineName, where: string | undefined, needs: string): EngineReport {
  return where === undefined
    ? { name, available: false, detail: needs }
    : { name, available: true, detail: where };
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

/** tfjs-backend-webgpu registers itself while it is imported, if `navigator.gpu` is there by then. */
function publishToBackend({ gpu, globals }: WebGpuAdapter): void {
  Object.assign(globalThis, globals);
  // Node 20 has no navigator, later versions one without a GPU.
  const navigator = (globalThis as { navigator?: object }).navigator ?? {};
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
}

function versionOf(name: string): string | undefined {
  try {
    return (require(`${name}/package.json`) as { version: string }).version;
  } catch {
    return undefined;
  }
}

function processorName(): string {
  return cpus()[0]?.model.trim() || process.arch;
}
