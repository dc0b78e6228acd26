import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { STEPS, writeLoop, writeModel, type OnnxModel } from '../onnx/write.js';
import type { Engine, EngineName, Program, Step, Variables } from '../program.js';
import {
  flatten,
  isSpec,
  isStored,
  mapTree,
  sizeOf,
  fittingValues,
  type Spec,
  type Stored,
  type StoredOf,
  type Tree,
  type Values,
  type ValuesOf,
} from '../tensors.js';
import type { Value } from '../tracing/graph.js';
import { trace, type Trace } from '../tracing/trace.js';
import { onnxRuntime } from './onnx-providers.js';

export interface OnnxOptions {
  readonly name: EngineName;
  readonly device: string;
  readonly version: string;
  /** What onnxruntime calls the hardware: `cpu`, `cuda`, `webgpu`. */
  readonly provider: string;
  /** Threads of one operation, on the CPU. */
  readonly threads: number;
}

/**
 * An engine that compiles: a step is traced to one ONNX graph, forward and backward, and each run is one call of
 * onnxruntime. State stays where the runtime computes; the numbers of a run are written beside the ones it read, and
 * the two change places.
 */
export function onnxEngine(options: OnnxOptions): Engine {
  const { name, device, version } = options;
  return {
    name,
    device,
    version,
    hold: <State extends object>(state: StoredOf<State>) => new HeldState<State>(state),
    compile: (program, { state, inputs, step }) => compile(options, program, state, inputs, step),
  };
}

/** One tensor of the state, as the last run left it. */
interface Slot {
  readonly spec: Spec;
  tensor: OrtTensor;
}

class HeldState<State extends object> implements Variables<State> {
  readonly slots: ReadonlyMap<string, Slot>;
  readonly specs: Tree<Spec>;
  readonly #tree: Tree<string>;

  constructor(state: StoredOf<State>) {
    const tree = state as unknown as Tree<Stored>;
    this.specs = tree;
    this.#tree = mapTree<Stored, string>(tree, isStored, (_, path) => path);
    this.slots = new Map(
      flatten(tree, isStored).map(([path, { shape, dtype, values }]) => {
        const spec = { shape, dtype };
        return [path, { spec, tensor: ortTensor(spec, values.slice()) }] as const;
      }),
    );
  }

  async read(): Promise<StoredOf<State>> {
    const read = new Map<string, Stored>();
    for (const [path, { spec, tensor }] of this.slots) {
      const values = (await tensor.getData()) as Values;
      read.set(path, { ...spec, values: values.slice() });
    }
    return named(this.#tree, read) as unknown as StoredOf<State>;
  }

  dispose(): void {
    for (const slot of this.slots.values()) slot.tensor.dispose();
  }
}

async function compile<State extends object, Inputs extends object, Outputs extends object>(
  options: OnnxOptions,
  name: string,
  variables: Variables<State>,
  inputSpecs: Inputs,
  step: Step<State, Inputs, Outputs>,
): Promise<Program<Inputs, Outputs>> {
  if (!(variables instanceof HeldState))
    throw new RangeError(`the state of "${name}" is held by another engine`);
  const held = variables as HeldState<State>;
  const scatters = options.provider !== 'cpu' || options.threads === 1 ? 'rows' : 'elements';
  const traced = trace(name, { scatters }, held.specs, inputSpecs, step);
  const specs = flatten(inputSpecs as Tree<Spec>, isSpec);
  // On WebGPU state stays on the device from one run to the next, and there is no Loop. Elsewhere a call copies what
  // changed of the state; a loop of steps copies their inputs instead, into the stack and from it.
  const looped =
    options.provider !== 'webgpu' && bytesOf(traced.newState.values()) > 2 * bytesOf(traced.inputs.values());
  const program = looped
    ? await LoopProgram.start(options, name, traced, held, specs)
    : await SingleProgram.start(options, name, traced, held, specs);
  const runAll = async (given: readonly ValuesOf<Inputs>[]): Promise<ValuesOf<Outputs>[]> => {
    if (given.length === 0) return [];
    const answers = await program.run(given.map((values) => fittingValues(name, specs, values)));
    return answers.map((answer) => named(traced.outputTree, answer) as unknown as ValuesOf<Outputs>);
  };
  return {
    runAll,
    run: async (given) => (await runAll([given]))[0]!,
    dispose: () => program.dispose(),
  };
}

function bytesOf(values: Iterable<Value>): number {
  let bytes = 0;
  for (const { shape, type } of values) bytes += sizeOf(shape) * (type === 'bool' ? 1 : 4);
  return bytes;
}

type Specs = readonly (readonly [path: string, spec: Spec])[];
type ByPath = ReadonlyMap<string, Values>;

/** A session that takes any number of steps in one call: state leaves the runtime only at its end. */
class LoopProgram {
  private constructor(
    private readonly session: InferenceSession,
    private readonly model: OnnxModel,
    private readonly traced: Trace,
    private readonly slots: ReadonlyMap<string, Slot>,
    private readonly specs: Specs,
  ) {}

  static async start(
    options: OnnxOptions,
    name: string,
    traced: Trace,
    { slots }: Pick<HeldState<object>, 'slots'>,
    specs: Specs,
  ): Promise<LoopProgram> {
    const carried = [...traced.newState].map(([path, after]) => [traced.state.get(path)!, after] as const);
    const model = writeLoop(name, {
      carried,
      perStep: [...traced.inputs.values()],
      answers: [...traced.outputs.values()],
    });
    const session = await createSession(options, model.file);
    return new LoopProgram(session, model, traced, slots, specs);
  }

  async run(steps: readonly ByPath[]): Promise<ByPath[]> {
    const { session, model, traced, slots, specs } = this;
    const { Tensor } = onnxRuntime();
    const feeds: Record<string, OrtTensor> = {
      [STEPS]: new Tensor('int64', BigInt64Array.of(BigInt(steps.length)), []),
    };
    for (const [path, value] of traced.state) {
      const input = model.inputs.get(value);
      if (input !== undefined) feeds[input] = slots.get(path)!.tensor;
    }
    for (const [path, { shape, dtype }] of specs) {
      const input = model.inputs.get(traced.inputs.get(path)!);
      if (input === undefined) continue;
      const all = stacked(steps.map((values) => values.get(path)!));
      feeds[input] = ortTensor({ shape: [steps.length, ...shape], dtype }, all);
    }
    const results = await session.run(feeds);
    [...traced.newState.keys()].forEach((path, index) => {
      slots.get(path)!.tensor = results[model.outputs[index]!]!;
    });
    const answers = [...traced.outputs.keys()].map((path, index) => {
      const output = results[model.outputs[traced.newState.size + index]!]!;
      return [path, output.data as Values] as const;
    });
    return steps.map(
      (_, step) =>
        new Map(
          answers.map(([path, all]) => {
            const length = all.length / steps.length;
            return [path, all.subarray(step * length, (step + 1) * length)];
          }),
        ),
    );
  }

  dispose(): void {
    void this.session.release();
  }
}

/** A session that takes one step: where state doesn't change, or is kept on the device between calls. */
class SingleProgram {
  private constructor(
    private readonly session: InferenceSession,
    private readonly model: OnnxModel,
    private readonly traced: Trace,
    private readonly slots: ReadonlyMap<string, Slot>,
    private readonly specs: Specs,
  ) {}

  static async start(
    options: OnnxOptions,
    name: string,
    traced: Trace,
    { slots }: Pick<HeldState<object>, 'slots'>,
    specs: Specs,
  ): Promise<SingleProgram> {
    const model = writeModel(name, [...traced.newState.values(), ...traced.outputs.values()]);
    const kept = model.outputs.slice(0, traced.newState.size);
    return new SingleProgram(await createSession(options, model.file, kept), model, traced, slots, specs);
  }

  async run(steps: readonly ByPath[]): Promise<ByPath[]> {
    const answers: ByPath[] = [];
    for (const step of steps) answers.push(await this.#step(step));
    return answers;
  }

  async #step(values: ByPath): Promise<ByPath> {
    const { session, model, traced, slots, specs } = this;
    const feeds: Record<string, OrtTensor> = {};
    for (const [path, value] of traced.state) {
      const input = model.inputs.get(value);
      if (input !== undefined) feeds[input] = slots.get(path)!.tensor;
    }
    for (const [path, spec] of specs) {
      const input = model.inputs.get(traced.inputs.get(path)!);
      if (input !== undefined) feeds[input] = ortTensor(spec, values.get(path)!);
    }
    const results = await session.run(feeds);
    [...traced.newState.keys()].forEach((path, index) => {
      const slot = slots.get(path)!;
      slot.tensor.dispose();
      slot.tensor = results[model.outputs[index]!]!;
    });
    const answers = new Map<string, Values>();
    for (const [index, path] of [...traced.outputs.keys()].entries()) {
      const output = results[model.outputs[traced.newState.size + index]!]!;
      answers.set(path, (await output.getData()) as Values);
    }
    return answers;
  }

  dispose(): void {
    void this.session.release();
  }
}

/** `kept`: outputs that stay on the device, where it isn't the processor. */
function createSession(
  { provider, threads }: OnnxOptions,
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

function ortTensor({ shape, dtype }: Spec, values: Values): OrtTensor {
  const { Tensor } = onnxRuntime();
  return new Tensor(dtype, values as never, shape);
}

/** One array of all, in order. */
function stacked(parts: readonly Values[]): Values {
  const [first] = parts as [Values];
  if (parts.length === 1) return first;
  const all = new (first.constructor as new (length: number) => Values)(first.length * parts.length);
  parts.forEach((part, index) => all.set(part, index * first.length));
  return all;
}

/** The values under the names whose paths the tree has. */
function named<Leaf>(tree: Tree<string>, byPath: ReadonlyMap<string, Leaf>): Tree<Leaf> {
  return mapTree<string, Leaf>(
    tree,
    (node): node is string => typeof node === 'string',
    (path) => byPath.get(path)!,
  );
}
