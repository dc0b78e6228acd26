import * as tf from '@tensorflow/tfjs-core';
import { elementTypeNamed } from '../tensors.js';
import { foldConstants } from './folding.js';
import { Graph, type ConstantData, type Target, type Value } from './graph.js';
import { ELEMENTWISE } from './kernels/elementwise.js';
import { INDEXING } from './kernels/indexing.js';
import type { Attributes, Kernel, Kernels } from './kernels/kernel.js';
import { REDUCTIONS } from './kernels/reductions.js';
import { SHAPES } from './kernels/shapes.js';

/**
 * A tfjs backend that computes nothing: its tensors are values of a graph, and running an operation adds nodes to it.
 * tfjs's own gradient engine runs on it unchanged, so the graph of a step has its backward pass in it.
 */
export const TRACING = 'tracing';

const KERNELS: Kernels = { ...ELEMENTWISE, ...SHAPES, ...REDUCTIONS, ...INDEXING };

/** Draw numbers by themselves, so two runs would differ; a compiled step takes noise as an input. */
const RANDOM = ['Multinomial', 'RandomUniform', 'RandomNormal', 'StatelessRandomNormal', 'TruncatedNormal'];

class TracingBackend extends tf.KernelBackend {
  #graph: Graph | undefined;
  /** Of the graph being built: a tensor of another step is none of this one. */
  #values = new WeakMap<object, Value>();

  get graph(): Graph | undefined {
    return this.#graph;
  }

  set graph(graph: Graph | undefined) {
    this.#graph = graph;
    this.#values = new WeakMap();
  }

  /** A tensor that stands for a value. */
  infoOf(value: Value): tf.TensorInfo {
    const dataId = {};
    this.#values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.type as tf.DataType };
  }

  of({ dataId }: tf.TensorInfo): Value {
    const value = this.#values.get(dataId);
    if (!value) throw new Error('a tensor that was made outside of the step is used in it; give it as state');
    return value;
  }

  override write(data: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    if (!this.graph) {
      throw new Error('tensors can be made in compiled steps only; give the numbers as state or inputs');
    }
    const type = elementTypeNamed(dtype);
    const copy = (data as ConstantData).slice() as ConstantData;
    return this.infoOf(this.graph.constant(copy, shape, type)).dataId;
  }

  override readSync(): never {
    throw new Error("the value of a tensor is read, which isn't known while compiling");
  }

  override read(): never {
    return this.readSync();
  }

  override move(): never {
    throw new Error('a tensor of another engine is used in the step; give it as state or as an input');
  }

  override disposeData(): boolean {
    return true;
  }

  override incRef(): void {
    // Values live as long as their graph; tfjs counts references all the same.
  }

  override refCount(): number {
    return 1;
  }

  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }
}

const backend = new TracingBackend();

/** Makes tracing one of tfjs's backends; once is enough. */
export function registerTracing(): void {
  if (tf.findBackendFactory(TRACING)) return;
  tf.registerBackend(TRACING, () => backend, 0);
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    tf.registerKernel({
      kernelName,
      backendName: TRACING,
      kernelFunc: ({ inputs, attrs }) =>
        run(kernelName, kernel, inputs, (attrs ?? {}) as unknown as Attributes),
    });
  }
  for (const kernelName of NUMBERS) {
    tf.registerKernel({
      kernelName,
      backendName: TRACING,
      kernelFunc: ({ inputs, attrs }) =>
        run(kernelName, tooLong, inputs, (attrs ?? {}) as unknown as Attributes),
    });
  }
  for (const kernelName of RANDOM) {
    tf.registerKernel({
      kernelName,
      backendName: TRACING,
      kernelFunc: () => {
        throw new Error(
          `"${kernelName}" draws random numbers; take noise from a seeded \`Random\` as an input instead`,
        );
      },
    });
  }
}

/** Made of attributes alone, so always folded. */
const NUMBERS = ['Range', 'LinSpace'];

const tooLong: Kernel = () => {
  throw new Error('it is too long for a constant; take it as state');
};

function run(
  name: string,
  kernel: Kernel,
  given: tf.NamedTensorInfoMap,
  attributes: Attributes,
): tf.TensorInfo | tf.TensorInfo[] {
  const { graph } = backend;
  if (!graph) throw new Error(`"${name}" is used outside of a compiled step`);
  const named = Object.entries(given).flatMap(([key, info]) =>
    info ? [[key, backend.of(info)] as const] : [],
  );
  const inputs = new Map(named);
  const result =
    foldConstants(graph, name, inputs, attributes) ??
    kernel({
      graph,
      inputs: named.map(([, value]) => value),
      optional: (key) => inputs.get(key),
      input: (key) => {
        const value = inputs.get(key);
        if (!value) throw new Error(`"${name}" has no input "${key}"`);
        return value;
      },
      attributes,
    });
  return isList(result) ? result.map((value) => backend.infoOf(value)) : backend.infoOf(result);
}

function isList(result: Value | readonly Value[]): result is readonly Value[] {
  return Array.isArray(result);
}

/** Runs `work` with a new graph behind tfjs; inside, tensors and values stand for each other. */
export function withGraph<Result>(
  target: Target,
  work: (
    graph: Graph,
    tensorOf: (value: Value) => tf.Tensor,
    valueOf: (tensor: tf.Tensor) => Value,
  ) => Result,
): Result {
  if (backend.graph) throw new Error('a step is compiled inside another one');
  const graph = new Graph(target);
  backend.graph = graph;
  const before = tf.engine().backendName;
  // Takes effect at once, since this backend starts without waiting.
  void tf.setBackend(TRACING);
  try {
    const tensorOf = (value: Value): tf.Tensor => {
      const { dataId, shape, dtype } = backend.infoOf(value);
      return tf.engine().makeTensorFromDataId(dataId, shape, dtype, backend);
    };
    return tf.tidy(
      () => work(graph, tensorOf, (tensor) => backend.of(tensor)) as tf.TensorContainer,
    ) as Result;
  } finally {
    backend.graph = undefined;
    if (before !== TRACING) void tf.setBackend(before);
  }
}
