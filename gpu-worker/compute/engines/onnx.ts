import type { Engine, EngineName, Program, Step, Variables } from '../program.js';
import {
  flatten,
  isSpec,
  isStored,
  mapTree,
  named,
  sizeOf,
  fittingValues,
  type Spec,
  type Stored,
  type StoredOf,
  type Tree,
  type ValuesOf,
} from '../tensors.js';
import type { Value } from '../tracing/graph.js';
import { trace } from '../tracing/trace.js';
import { bringToDevice, canLieOnDevice, DeviceReader } from './device-transfer.js';
import { loopRunner, singleRunner, type Slot, type StepRunner } from './onnx-programs.js';
import { ortTensor, type Hardware } from './onnx-session.js';

export interface OnnxOptions extends Hardware {
  readonly name: EngineName;
  readonly device: string;
  readonly version: string;
}

/**
 * An engine that compiles: a step is traced to one ONNX graph, forward and backward, and one call of onnxruntime takes
 * one step or several.
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

class HeldState<State extends object> implements Variables<State> {
  readonly slots: ReadonlyMap<string, Slot>;
  readonly specs: Tree<Spec>;
  readonly #tree: Tree<string>;
  disposed = false;
  /** To be ended with the state. */
  readonly #waiting: Pick<StepRunner, 'dispose'>[] = [];

  constructor(
    state: StoredOf<State>,
    private readonly hardware: Hardware,
  ) {
    const tree = state as unknown as Tree<Stored>;
    this.specs = mapTree<Stored, Spec>(tree, isStored, ({ shape, dtype }) => ({ shape, dtype }));
    this.#tree = mapTree<Stored, string>(tree, isStored, (_, path) => path);
    this.slots = new Map(
      flatten(tree, isStored).map(([path, { shape, dtype, values }]) => {
        const spec = { shape, dtype };
        return [path, { spec, tensor: ortTensor(spec, values.slice()) }] as const;
      }),
    );
  }

  async read(): Promise<StoredOf<State>> {
    const reader = new DeviceReader(this.hardware);
    try {
      const values = await reader.read([...this.slots.values()].map(({ tensor }) => tensor));
      const read = new Map(
        [...this.slots].map(([path, { spec }], index) => {
          return [path, { ...spec, values: values[index]!.slice() }] as const;
        }),
      );
      return named(this.#tree, read) as unknown as StoredOf<State>;
    } finally {
      reader.dispose();
    }
  }

  /** Lets runs find the state on the GPU, where it would be brought to at each of them otherwise. */
  async bringToDevice(): Promise<void> {
    const slots = [...this.slots.values()].filter(({ tensor }) => canLieOnDevice(tensor));
    if (slots.length === 0) return;
    const { tensors, release } = await bringToDevice(
      this.hardware,
      slots.map(({ tensor }) => tensor),
    );
    slots.forEach((slot, index) => (slot.tensor = tensors[index]!));
    this.#waiting.push({ dispose: release });
  }

  /**
   * Ends a program's session; where that made tensors on a GPU, once they are gone: disposing of them after their session
   * would end the process (onnxruntime-node 1.30).
   */
  release(runner: StepRunner): void {
    if (this.hardware.provider === 'webgpu' && !this.disposed) this.#waiting.push(runner);
    else runner.dispose();
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const slot of this.slots.values()) slot.tensor.dispose();
    for (const runner of this.#waiting) runner.dispose();
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
  const tallProducts = options.provider === 'cpu' ? 'parts' : 'whole';
  const traced = trace(name, { scatters, tallProducts }, held.specs, inputSpecs, step);
  const specs = flatten(inputSpecs as Tree<Spec>, isSpec);
  // On WebGPU state stays on the device from one run to the next, and there is no Loop. Elsewhere a call copies what
  // changed of the state; a loop of steps copies their inputs instead, into the stack and from it.
  const looped =
    options.provider !== 'webgpu' && bytesOf(traced.newState.values()) > 2 * bytesOf(traced.inputs.values());
  const bound = { name, traced, slots: held.slots, inputs: specs };
  const isEmpty = traced.newState.size + traced.outputs.size === 0;
  if (options.provider === 'webgpu') await held.bringToDevice();
  const runner = isEmpty ? NOTHING_TO_DO : await (looped ? loopRunner : singleRunner)(bound, options);
  let disposed = false;
  const runAll = async (given: readonly ValuesOf<Inputs>[]): Promise<ValuesOf<Outputs>[]> => {
    if (disposed) throw new Error(`the program "${name}" is disposed of`);
    if (held.disposed) throw new Error(`the state of the program "${name}" is disposed of`);
    if (given.length === 0) return [];
    const answers = await runner.run(given.map((values) => fittingValues(name, specs, values)));
    return answers.map((answer) => named(traced.outputTree, answer) as unknown as ValuesOf<Outputs>);
  };
  return {
    runAll,
    run: async (given) => (await runAll([given]))[0]!,
    dispose: () => {
      if (!disposed) held.release(runner);
      disposed = true;
    },
  };
}

/** Of a step without outputs that changes no state; onnxruntime refuses a graph without outputs. */
const NOTHING_TO_DO: StepRunner = {
  run: (steps) => Promise.resolve(steps.map(() => new Map())),
  dispose: () => undefined,
};

function bytesOf(values: Iterable<Value>): number {
  let bytes = 0;
  for (const { shape, type } of values) bytes += sizeOf(shape) * (type === 'bool' ? 1 : 4);
  return bytes;
}
