import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { STEPS, writeLoop, writeModel, type OnnxModel } from '../onnx/write.js';
import type { Spec, Values } from '../tensors.js';
import { Graph } from '../tracing/graph.js';
import type { Trace } from '../tracing/trace.js';
import { onnxRuntime } from './onnx-providers.js';

/** One tensor of the held state, as the last step left it. */
export interface Slot {
  readonly spec: Spec;
  tensor: OrtTensor;
}

/** Where and how onnxruntime computes. */
export interface Hardware {
  /** What onnxruntime calls it: `cpu`, `cuda`, `webgpu`. */
  readonly provider: string;
  /** Threads of one operation, on the CPU. */
  readonly threads: number;
}

/** A traced step, with the state that it reads and replaces. */
export interface BoundStep {
  readonly name: string;
  readonly traced: Trace;
  /** By path. */
  readonly slots: ReadonlyMap<string, Slot>;
  readonly inputs: readonly (readonly [path: string, spec: Spec])[];
}

/** Numbers by path: the inputs of a step, or what it answers. */
export type ByPath = ReadonlyMap<string, Values>;

export interface StepRunner {
  /** Takes steps, at least one, one after the other. */
  run(steps: readonly ByPath[]): Promise<ByPath[]>;
  dispose(): void;
}

/** A session that takes any number of steps in one call: state leaves the runtime only at its end. */
export async function loopRunner(step: BoundStep, hardware: Hardware): Promise<StepRunner> {
  const { name, traced, slots, inputs } = step;
  const model = writeLoop(name, {
    carried: [...traced.newState].map(([path, after]) => [traced.state.get(path)!, after] as const),
    perStep: [...traced.inputs.values()],
    answers: [...traced.outputs.values()],
  });
  const session = await createSession(hardware, model.file);
  const { Tensor } = onnxRuntime();
  return {
    async run(steps) {
      const feeds = stateFeeds(step, model);
      feeds[STEPS] = new Tensor('int64', BigInt64Array.of(BigInt(steps.length)), []);
      for (const [path, { shape, dtype }] of inputs) {
        const input = model.inputs.get(traced.inputs.get(path)!);
        if (input === undefined) continue;
        const all = stacked(steps.map((values) => values.get(path)!));
        feeds[input] = ortTensor({ shape: [steps.length, ...shape], dtype }, all);
      }
      const results = outputsOf(step, model, await session.run(feeds));
      for (const [path, tensor] of results.newState) slots.get(path)!.tensor = tensor;
      return steps.map((_, at) => {
        const part = (all: Values): Values => {
          const length = all.length / steps.length;
          return all.subarray(at * length, (at + 1) * length);
        };
        return new Map(results.answers.map(([path, { data }]) => [path, part(data as Values)] as const));
      });
    },
    dispose: () => void session.release(),
  };
}

/** A session that takes one step a call: where state hardly changes, or is kept on the device between calls. */
export async function singleRunner(step: BoundStep, hardware: Hardware): Promise<StepRunner> {
  const { name, traced, slots, inputs } = step;
  const model = writeModel(name, [...traced.newState.values(), ...traced.outputs.values()]);
  const session = await createSession(hardware, model.file, model.outputs.slice(0, traced.newState.size));
  const changing = [...traced.newState.keys()].map((path) => slots.get(path)!);
  const take = async (values: ByPath, before: readonly OrtTensor[]): Promise<ByPath> => {
    const feeds = stateFeeds(step, model);
    for (const [path, spec] of inputs) {
      const input = model.inputs.get(traced.inputs.get(path)!);
      if (input !== undefined) feeds[input] = ortTensor(spec, values.get(path)!);
    }
    const results = outputsOf(step, model, await session.run(feeds));
    for (const [path, tensor] of results.newState) {
      const slot = slots.get(path)!;
      if (!before.includes(slot.tensor)) slot.tensor.dispose();
      slot.tensor = tensor;
    }
    const answers = results.answers.map(
      async ([path, tensor]) => [path, (await tensor.getData()) as Values] as const,
    );
    return new Map(await Promise.all(answers));
  };
  return {
    async run(steps) {
      // If a step fails, the state is what it was before the first one.
      const before = changing.map(({ tensor }) => tensor);
      const answers: ByPath[] = [];
      try {
        for (const values of steps) answers.push(await take(values, before));
      } catch (error) {
        changing.forEach((slot, index) => (slot.tensor = before[index]!));
        throw error;
      }
      changing.forEach(({ tensor }, index) => {
        if (tensor !== before[index]) before[index]!.dispose();
      });
      return answers;
    },
    dispose: () => void session.release(),
  };
}

/**
 * The numbers of held tensors, which may lie on a GPU. onnxruntime-node 1.30 ends the process when one of those is asked
 * for its data, so they are copied by a graph whose outputs lie in the process's memory.
 */
export async function readSlots(
  slots: ReadonlyMap<string, Slot>,
  hardware: Hardware,
): Promise<ReadonlyMap<string, Values>> {
  const onGpu = [...slots].filter(([, { tensor }]) => tensor.location !== 'cpu');
  const copied = onGpu.length > 0 ? await copiedFrom(new Map(onGpu), hardware) : new Map<string, Values>();
  return new Map(
    [...slots].map(([path, { tensor }]) => [path, copied.get(path) ?? (tensor.data as Values).slice()]),
  );
}

async function copiedFrom(
  slots: ReadonlyMap<string, Slot>,
  hardware: Hardware,
): Promise<ReadonlyMap<string, Values>> {
  const graph = new Graph();
  const values = [...slots].map(
    ([path, { spec, tensor }]) =>
      ({ path, tensor, value: graph.input(path, spec.shape, spec.dtype) }) as const,
  );
  const model = writeModel(
    'reading state',
    values.map(({ value }) => value),
  );
  const session = await createSession(hardware, model.file);
  try {
    const feeds = values.map(({ value, tensor }) => [model.inputs.get(value)!, tensor] as const);
    const results = await session.run(Object.fromEntries(feeds));
    return new Map(
      values.map(({ path }, index) => [path, results[model.outputs[index]!]!.data as Values] as const),
    );
  } finally {
    await session.release();
  }
}

export function ortTensor({ shape, dtype }: Spec, values: Values): OrtTensor {
  const { Tensor } = onnxRuntime();
  return new Tensor(dtype, values as never, shape);
}

/** The held state that the model reads, under the model's names. */
function stateFeeds({ traced, slots }: BoundStep, { inputs }: OnnxModel): Record<string, OrtTensor> {
  const feeds: Record<string, OrtTensor> = {};
  for (const [path, value] of traced.state) {
    const input = inputs.get(value);
    if (input !== undefined) feeds[input] = slots.get(path)!.tensor;
  }
  return feeds;
}

type Named = readonly (readonly [path: string, tensor: OrtTensor])[];

/** A model's outputs are the new state, then the answers. */
function outputsOf(
  { traced }: BoundStep,
  { outputs }: OnnxModel,
  results: InferenceSession.OnnxValueMapType,
): { readonly newState: Named; readonly answers: Named } {
  const values = [...traced.newState.values(), ...traced.outputs.values()];
  const tensors = outputs.map((output, index) => {
    const tensor = results[output]!;
    const shape = values[index]!.shape;
    // Of several steps, answers have one more axis.
    if (!tensor.dims.slice(tensor.dims.length - shape.length).every((length, axis) => length === shape[axis]))
      throw new Error(`onnxruntime made [${tensor.dims.join()}] of what is [${shape.join()}]`);
    return tensor;
  });
  const first = traced.newState.size;
  return {
    newState: [...traced.newState.keys()].map((path, index) => [path, tensors[index]!] as const),
    answers: [...traced.outputs.keys()].map((path, index) => [path, tensors[first + index]!] as const),
  };
}

/** `kept`: outputs that stay on the device, where it isn't the processor. */
function createSession(
  { provider, threads }: Hardware,
  file: Uint8Array,
  kept: readonly string[] = [],
): Promise<InferenceSession> {
  const locations = Object.fromEntries(kept.map((output) => [output, 'gpu-buffer' as const]));
  return onnxRuntime().InferenceSession.create(file, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
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

/** One array of all, in order. */
function stacked(parts: readonly Values[]): Values {
  const [first] = parts as [Values];
  if (parts.length === 1) return first;
  const all = new (first.constructor as new (length: number) => Values)(first.length * parts.length);
  parts.forEach((part, index) => all.set(part, index * first.length));
  return all;
}
