import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { writeModel } from '../onnx/write.js';
import type { Engine, EngineName, Program, Step, Variables } from '../program.js';
import {
  flatten,
  isSpec,
  isStored,
  isValues,
  mapTree,
  requireFitting,
  sizeOf,
  type Spec,
  type Stored,
  type StoredOf,
  type Tree,
  type Values,
  type ValuesOf,
} from '../tensors.js';
import { trace } from '../tracing/trace.js';
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
    hold: <State extends object>(state: StoredOf<State>) => new HeldState<State>(state, options),
    compile: (program, { state, inputs, step }) => compile(options, program, state, inputs, step),
  };
}

const ORT_TYPES = { float32: 'float32', int32: 'int32', bool: 'bool' } as const;

/** One tensor of the state: the one that runs read, and the one that the next run writes. */
interface Slot {
  readonly spec: Spec;
  current: OrtTensor;
  next: OrtTensor | undefined;
}

class HeldState<State extends object> implements Variables<State> {
  readonly slots: ReadonlyMap<string, Slot>;
  readonly specs: Tree<Spec>;
  readonly #tree: Tree<string>;

  constructor(state: StoredOf<State>, options: OnnxOptions) {
    const tree = state as unknown as Tree<Stored>;
    this.specs = tree;
    this.#tree = mapTree<Stored, string>(tree, isStored, (_, path) => path);
    this.slots = new Map(
      flatten(tree, isStored).map(([path, { shape, dtype, values }]) => {
        const spec = { shape, dtype };
        const current = ortTensor(spec, values.slice());
        const next = options.provider === 'cpu' ? ortTensor(spec, zeros(spec)) : undefined;
        return [path, { spec, current, next }] as const;
      }),
    );
  }

  async read(): Promise<StoredOf<State>> {
    const read = new Map<string, Stored>();
    for (const [path, { spec, current }] of this.slots) {
      const values = (await current.getData()) as Values;
      read.set(path, { ...spec, values: values.slice() });
    }
    return mapTree<string, Stored>(
      this.#tree,
      (node): node is string => typeof node === 'string',
      (path) => read.get(path)!,
    ) as unknown as StoredOf<State>;
  }

  dispose(): void {
    for (const slot of this.slots.values()) slot.current.dispose();
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
  const changed = [...traced.newState];
  const answered = [...traced.outputs];
  const model = writeModel(
    name,
    [...changed, ...answered].map(([, value]) => value),
  );
  const session = await createSession(options, model.file, model.outputs.slice(0, changed.length));

  const reads = [...traced.state].flatMap(([path, value]) => {
    const input = model.inputs.get(value);
    return input === undefined ? [] : [{ input, slot: held.slots.get(path)! }];
  });
  const writes = changed.map(([path], index) => ({
    output: model.outputs[index]!,
    slot: held.slots.get(path)!,
  }));
  const gives = answered.map(([path], index) => ({ path, output: model.outputs[changed.length + index]! }));
  const takes = flatten(inputSpecs as Tree<Spec>, isSpec).map(([path, spec]) => ({
    path,
    spec,
    input: model.inputs.get(traced.inputs.get(path)!),
  }));

  return {
    async run(given: ValuesOf<Inputs>): Promise<ValuesOf<Outputs>> {
      const feeds: Record<string, OrtTensor> = {};
      for (const { input, slot } of reads) feeds[input] = slot.current;
      const values = new Map(flatten<Values>(given as unknown as Tree<Values>, isValues));
      for (const { path, spec, input } of takes) {
        const tensor = ortTensor(spec, requireFitting(name, path, spec, values.get(path)));
        if (input !== undefined) feeds[input] = tensor;
      }
      const fetches: Record<string, OrtTensor | null> = {};
      for (const { output, slot } of writes) fetches[output] = slot.next ?? null;
      for (const { output } of gives) fetches[output] = null;

      const results = await session.run(feeds, fetches);
      for (const { output, slot } of writes) {
        const written = slot.next ?? results[output]!;
        if (slot.next) slot.next = slot.current;
        else slot.current.dispose();
        slot.current = written;
      }
      const answers = new Map<string, Values>();
      for (const { path, output } of gives) answers.set(path, (await results[output]!.getData()) as Values);
      return mapTree<string, Values>(
        traced.outputTree,
        (node): node is string => typeof node === 'string',
        (path) => answers.get(path)!,
      ) as unknown as ValuesOf<Outputs>;
    },
    dispose(): void {
      void session.release();
    },
  };
}

function createSession(
  { provider, threads }: OnnxOptions,
  file: Uint8Array,
  stateOutputs: readonly string[],
): Promise<InferenceSession> {
  const onDevice =
    provider === 'cpu'
      ? undefined
      : Object.fromEntries(stateOutputs.map((output) => [output, 'gpu-buffer' as const]));
  return onnxRuntime().InferenceSession.create(file, {
    executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(onDevice && { preferredOutputLocation: onDevice }),
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
  return new Tensor(ORT_TYPES[dtype], values as never, shape);
}

function zeros({ shape, dtype }: Spec): Values {
  const size = sizeOf(shape);
  switch (dtype) {
    case 'float32':
      return new Float32Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'bool':
      return new Uint8Array(size);
  }
}
