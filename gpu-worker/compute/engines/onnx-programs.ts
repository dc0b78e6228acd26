import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { STEPS, writeLoop, writeModel, type OnnxModel } from '../onnx/write.js';
import type { Spec, Values } from '../tensors.js';
import type { Trace } from '../tracing/trace.js';
import { DeviceReader } from './device-transfer.js';
import { onnxRuntime } from './onnx-providers.js';
import { createSession, ortTensor, type Hardware } from './onnx-session.js';

/** One tensor of the held state, as the last step left it. */
export interface Slot {
  readonly spec: Spec;
  tensor: OrtTensor;
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
  // Answers of a step that changes the state are small. Left on the device until all steps were sent there, they don't
  // make it wait for the process after each.
  const session = await createSession(hardware, model.file, traced.newState.size > 0 ? model.outputs : []);
  const reader = new DeviceReader(hardware);
  const changing = [...traced.newState.keys()].map((path) => slots.get(path)!);
  const take = async (values: ByPath, before: readonly OrtTensor[]): Promise<Named> => {
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
    return results.answers;
  };
  return {
    async run(steps) {
      // If a step fails, the state is what it was before the first one.
      const before = changing.map(({ tensor }) => tensor);
      const taken: Named[] = [];
      let answers: ByPath[];
      try {
        for (const values of steps) taken.push(await take(values, before));
        const numbers = (await reader.read(taken.flat().map(([, tensor]) => tensor))).values();
        answers = taken.map(
          (named) => new Map(named.map(([path]) => [path, numbers.next().value!] as const)),
        );
      } catch (error) {
        changing.forEach((slot, index) => (slot.tensor = before[index]!));
        throw error;
      } finally {
        for (const [, tensor] of taken.flat()) if (tensor.location !== 'cpu') tensor.dispose();
      }
      changing.forEach(({ tensor }, index) => {
        if (tensor !== before[index]) before[index]!.dispose();
      });
      return answers;
    },
    dispose() {
      reader.dispose();
      void session.release();
    },
  };
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

/** One array of all, in order. */
function stacked(parts: readonly Values[]): Values {
  const [first] = parts as [Values];
  if (parts.length === 1) return first;
  const all = new (first.constructor as new (length: number) => Values)(first.length * parts.length);
  parts.forEach((part, index) => all.set(part, index * first.length));
  return all;
}
