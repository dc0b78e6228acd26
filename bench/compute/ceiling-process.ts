import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../gpu-worker/compute/engine.js';
import { findWebGpuAdapter } from '../../gpu-worker/compute/engines/webgpu-adapter.js';
import { normal } from '../../gpu-worker/compute/layers/initialisation.js';
import type { Engine, Step } from '../../gpu-worker/compute/program.js';
import { Random } from '../../gpu-worker/compute/random.js';
import { stored, type Spec } from '../../gpu-worker/compute/tensors.js';
import type { Ceiling } from './ceiling.js';

/** Of the square matrices: large enough that nothing but the product takes time. */
const SIZE_ON_CPU = 1024;
const SIZE_ON_GPU = 4096;

type Factors = { readonly a: tf.Tensor; readonly b: tf.Tensor };
type OneInput = { readonly one: Spec };
type OneOutput = { readonly corner: tf.Tensor };
type Program = (runs: number) => Promise<unknown>;

/** On a processor held state is read where it is. */
const once: Step<Factors, OneInput, OneOutput> = ({ a, b }) => ({
  outputs: { corner: cornerOf(tf.matMul(a, b)) },
});

/** Products of one step on a GPU, beside which the rest of the step is small. */
const PRODUCTS_A_STEP = 8;

/**
 * State that no step replaces is brought to the GPU at each call, so both factors are replaced. The right one isn't
 * changed by it, and keeps lengths, so that the numbers stay as large as they were.
 */
const often: Step<Factors, OneInput, OneOutput> = ({ a, b }, { one }) => {
  let product = a;
  for (let count = 0; count < PRODUCTS_A_STEP; count++) product = tf.matMul(product, b);
  return { state: { a: product, b: tf.mul(b, one) }, outputs: { corner: cornerOf(product) } };
};

/** One number, so that the product needn't be brought back; it is computed whole all the same. */
const cornerOf = (product: tf.Tensor): tf.Tensor => tf.slice(product, [0, 0], [1, 1]);

async function ceilingOf(engine: Engine): Promise<Ceiling> {
  const gpu = await isOnGpu(engine);
  const size = gpu ? SIZE_ON_GPU : SIZE_ON_CPU;
  const compiled = await engine.compile('ceiling', {
    state: engine.hold<Factors>(factors(size)),
    inputs: { one: { shape: [], dtype: 'float32' } },
    step: gpu ? often : once,
  });
  const run: Program = (runs) =>
    compiled.runAll(Array<{ one: Float32Array }>(runs).fill({ one: Float32Array.of(1) }));
  const ms = gpu ? (await oneOfMany(run)) / PRODUCTS_A_STEP : await fastest(() => run(1));
  return { gflops: (2 * size ** 3) / ms / 1e6, size };
}

async function isOnGpu({ name }: Engine): Promise<boolean> {
  switch (name) {
    case 'onnx-cuda':
      return true;
    case 'tensorflow':
      return (tf.backend() as unknown as { isUsingGpuDevice?: boolean }).isUsingGpuDevice ?? false;
    case 'onnx-webgpu':
    case 'tfjs-webgpu':
      return (await findWebGpuAdapter({ allowSoftware: false })) !== undefined;
    case 'onnx-cpu':
    case 'tfjs-wasm':
    case 'tfjs-cpu':
      return false;
  }
}

/** Noise, as equal numbers let some GPUs run faster; and a reflection, which a vector keeps its length in. */
function factors(size: number) {
  const random = Random.seeded(1).derive('ceiling');
  const axis = normal(random, [size], 1);
  const square = axis.reduce((sum, x) => sum + x * x, 0);
  const reflection = new Float32Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      reflection[row * size + column] = Number(row === column) - (2 * axis[row]! * axis[column]!) / square;
    }
  }
  const shape = [size, size];
  return { a: stored(shape, normal(random, shape, 1)), b: stored(shape, reflection) };
}

const ENOUGH_MS = 1_000;

/** Milliseconds of the fastest of some runs. */
async function fastest(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  const begun = performance.now();
  while (times.length < 3 || performance.now() - begun < ENOUGH_MS) times.push(await timed(run));
  return Math.min(...times);
}

/** Milliseconds of one of so many runs that the call's own cost, and of bringing the state, can be taken off. */
async function oneOfMany(run: Program): Promise<number> {
  const alone = await fastest(() => run(1));
  let more = 1;
  while ((await timed(() => run(1 + more))) - alone < ENOUGH_MS / 2) more *= 2;
  return ((await fastest(() => run(1 + more))) - alone) / more;
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

/** Measures one engine, and ends. Usage: ceiling-process.js THREADS ENGINE */
async function main([threads = '1', forced = '']: readonly string[]): Promise<void> {
  const ceiling = await ceilingOf(await startEngine({ forced, threads: Number(threads) }));
  process.stdout.write(`${JSON.stringify(ceiling)}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
