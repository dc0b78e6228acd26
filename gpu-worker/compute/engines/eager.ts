import * as tf from '@tensorflow/tfjs-core';
import type { Engine, EngineName, Program, Step, Variables } from '../program.js';
import {
  fittingValues,
  flatten,
  isSpec,
  isStored,
  isTensor,
  mapTree,
  type Spec,
  type Stored,
  type StoredOf,
  type Tensors,
  type TensorsOf,
  type Tree,
  type Values,
  type ValuesOf,
} from '../tensors.js';
import { withoutRandomness } from '../without-randomness.js';

/**
 * An engine that runs a step as it stands, operation by operation, on tfjs's current backend. `requireBackend` is
 * called before anything is computed, since tfjs has one current backend for the whole process.
 */
export function eagerEngine(engine: {
  readonly name: EngineName;
  readonly device: string;
  readonly version: string;
  readonly requireBackend: () => void;
}): Engine {
  const { name, device, version, requireBackend } = engine;
  return {
    name,
    device,
    version,
    hold: <State extends object>(state: StoredOf<State>) => {
      requireBackend();
      return new KeptState<State>(state);
    },
    compile: async (program, { state, inputs, step }) => {
      if (!(state instanceof KeptState))
        throw new RangeError(`the state of "${program}" is held by another engine`);
      return new EagerProgram(program, state, inputs, step, requireBackend);
    },
  };
}

class KeptState<State extends object> implements Variables<State> {
  tensors: Tensors;

  constructor(state: StoredOf<State>) {
    this.tensors = mapTree<Stored, tf.Tensor>(
      state as unknown as Tree<Stored>,
      isStored,
      ({ shape, values, dtype }) => tf.keep(tf.tensor(values, [...shape], dtype)),
    );
  }

  async read(): Promise<StoredOf<State>> {
    const leaves = flatten(this.tensors, isTensor);
    const values = await Promise.all(leaves.map(([, tensor]) => tensor.data() as Promise<Values>));
    const read = new Map(leaves.map(([path], index) => [path, values[index]!] as const));
    return mapTree<tf.Tensor, Stored>(this.tensors, isTensor, ({ shape, dtype }, path) => ({
      shape,
      dtype: dtype as Spec['dtype'],
      values: read.get(path)!.slice(),
    })) as unknown as StoredOf<State>;
  }

  /** Disposes of the tensors that the new state hasn't got any more. */
  replace(tensors: Tensors): void {
    const kept = new Set(flatten(tensors, isTensor).map(([, tensor]) => tensor));
    for (const tensor of kept) tf.keep(tensor);
    for (const [, tensor] of flatten(this.tensors, isTensor)) if (!kept.has(tensor)) tensor.dispose();
    this.tensors = tensors;
  }

  dispose(): void {
    for (const [, tensor] of flatten(this.tensors, isTensor)) tensor.dispose();
  }
}

class EagerProgram<State extends object, Inputs extends object, Outputs extends object> implements Program<
  Inputs,
  Outputs
> {
  readonly #specs: Tree<Spec>;

  constructor(
    private readonly name: string,
    private readonly held: KeptState<State>,
    inputs: Inputs,
    private readonly step: Step<State, Inputs, Outputs>,
    private readonly requireBackend: () => void,
  ) {
    this.#specs = inputs as Tree<Spec>;
  }

  async run(inputs: ValuesOf<Inputs>): Promise<ValuesOf<Outputs>> {
    this.requireBackend();
    const given = fittingValues(this.name, flatten(this.#specs, isSpec), inputs);
    const { state, outputs } = tf.tidy(() => {
      const tensors = mapTree<Spec, tf.Tensor>(this.#specs, isSpec, (spec, path) =>
        tf.tensor(given.get(path)!, [...spec.shape], spec.dtype),
      );
      const result = withoutRandomness(() =>
        this.step(this.held.tensors as unknown as State, tensors as TensorsOf<Inputs>),
      );
      // A step may answer what it was given, which must outlive it.
      const own = mapTree(result.outputs as Tensors, isTensor, (tensor) => tf.clone(tensor));
      return { state: result.state, outputs: own } as unknown as tf.TensorContainer;
    }) as unknown as { state: Tensors | undefined; outputs: Tensors };
    if (state) this.held.replace(state);
    const leaves = flatten(outputs, isTensor);
    const values = await Promise.all(leaves.map(([, tensor]) => tensor.data() as Promise<Values>));
    tf.dispose(leaves.map(([, tensor]) => tensor));
    const answers = new Map(leaves.map(([path], index) => [path, values[index]!] as const));
    return mapTree(outputs, isTensor, (_, path) => answers.get(path)!) as unknown as ValuesOf<Outputs>;
  }

  async runAll(inputs: readonly ValuesOf<Inputs>[]): Promise<ValuesOf<Outputs>[]> {
    const answers: ValuesOf<Outputs>[] = [];
    for (const step of inputs) answers.push(await this.run(step));
    return answers;
  }

  dispose(): void {
    // Nothing is held from one run to the next but the state, which isn't the program's.
  }
}
