import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { writeModel } from '../onnx/write.js';
import { Graph } from '../tracing/graph.js';

type Runtime = typeof import('onnxruntime-node');

const require = createRequire(import.meta.url);

/** onnxruntime, whose native library is loaded when it is first asked for. Throws what the loader throws. */
export function onnxRuntime(): Runtime {
  return require('onnxruntime-node') as Runtime;
}

/**
 * What the installed onnxruntime has libraries for, by its own names; none where it has none for this system. Those
 * for CUDA aren't part of the package: they are fetched into its folder, or aren't there.
 */
export function onnxProviders(): readonly string[] {
  try {
    const backends = onnxRuntime().listSupportedBackends();
    return backends.filter(({ name, bundled }) => bundled || hasLibrary(name)).map(({ name }) => name);
  } catch {
    return [];
  }
}

function hasLibrary(provider: string): boolean {
  const bin = join(dirname(require.resolve('onnxruntime-node/package.json')), 'bin');
  const ending = `${process.platform}/${process.arch}/libonnxruntime_providers_${provider}.so`;
  return readdirSync(bin).some((api) => existsSync(join(bin, api, ending)));
}

/**
 * Dawn's checks of each command take a fifth of a small step's time, and find mistakes of shaders that onnxruntime wrote;
 * accesses out of bounds are caught by the shaders themselves. The first session of a process sets it for all.
 */
export const acceleratorOf = (provider: string) =>
  provider === 'webgpu' ? { name: provider, validationMode: 'disabled' } : provider;

const starts = new Map<string, Promise<boolean>>();

/** Whether a provider really works here, found by adding two numbers on it. Tried once in a process. */
export function providerStarts(provider: string): Promise<boolean> {
  let known = starts.get(provider);
  if (!known) {
    known = addsTwoNumbers(provider);
    starts.set(provider, known);
  }
  return known;
}

async function addsTwoNumbers(provider: string): Promise<boolean> {
  const graph = new Graph();
  const x = graph.input('x', [2], 'float32');
  const model = writeModel('probe', [graph.node('Add', [x, x], x)]);
  let session: InferenceSession | undefined;
  try {
    const { InferenceSession: Session, Tensor } = onnxRuntime();
    session = await Session.create(model.file, {
      executionProviders: [acceleratorOf(provider)],
      logSeverityLevel: 4,
    });
    const given = new Tensor('float32', Float32Array.of(1, 2), [2]);
    const results = await session.run({ [model.inputs.get(x)!]: given });
    return (await results[model.outputs[0]!]!.getData())[1] === 4;
  } catch {
    // No library of that provider, no driver, or no device: it isn't to be had here.
    return false;
  } finally {
    await session?.release();
  }
}
