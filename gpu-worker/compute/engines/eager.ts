import * as tf from '@tensorflow/tfjs-core';
import type { Engine, EngineName, Program, Step, Variables } from '../program.js';
import {
  elementTypeNamed,
  valuesAs,
  elementTypeOf,
  fittingValues,
  flatten,
  isSpec,
  isStored,
  isTensor,
  mapTree,
  named,
  type Spec,
  type Stored,
  type StoredOf,
  type Tensors,
  type TensorsOf,
  type Tree,
  type Values,
  type ValuesOf,
} from '../tensors.js';
import { checkedAnswer } from '../step-answer.js';
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
  disposed = false;
  /** Not to be disposed of while several steps are taken, since one of them may fail. */
  #pinned = new Set<tf.Tensor>();

  constructor(state: StoredOf<State>) {
    this.tensors = mapTree<Stored, tf.Tensor>(
      state as unknown as Tree<Stored>,
      isStored,
      ({ shape, values, dtype }) => tf.keep(tf.tensor(values, [...shape], dtype)),
    );
  }

  get leaves(): [path: string, tensor: tf.Tensor][] {
    return flatten(this.tensors, isTensor);
  }

  async read(): Promise<StoredOf<State>> {
    const values = await valuesOf(new Map(this.leaves));
    return mapTree<tf.Tensor, Stored>(this.tensors, isTensor, ({ shape, dtype }, path) => ({
      shape,
      dtype: elementTypeNamed(dtype),
      values: values.get(path)!.slice(),
    })) as unknown as StoredOf<State>;
  }

  /** Puts these tensors in the places of those of the same paths, which it disposes of. */
  replace(tensors: ReadonlyMap<string, tf.Tensor>): void {
    const before = this.leaves.map(([, tensor]) => tensor);
    this.tensors = mapTree(this.tensors, isTensor, (tensor, path) => tensors.get(path) ?? tensor);
    const after = new Set(this.leaves.map(([, tensor]) => tensor));
    for (const tensor of after) tf.keep(tensor);
    for (const tensor of before) if (!after.has(tensor) && !this.#pinned.has(tensor)) tensor.dispose();
  }

  /** Does some steps, after which the state is as before if one of them fails. */
  async wholly<Result>(steps: () => Promise<Result>): Promise<Result> {
    const before = this.tensors;
    this.#pinned = new Set(this.leaves.map(([, tensor]) => tensor));
    try {
      return await steps();
    } catch (error) {
      for (const [, tensor] of this.leaves) if (!this.#pinned.has(tensor)) tensor.dispose();
      this.tensors = before;
      throw error;
    } finally {
      const now = new Set(this.leaves.map(([, tensor]) => tensor));
      for (const tensor of this.#pinned) if (!now.has(tensor)) tensor.dispose();
      this.#pinned = new Set();
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    for (const [, tensor] of this.leaves) tensor.dispose();
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
    return (await this.runAll([inputs]))[0]!;
  }

  async runAll(inputs: readonly ValuesOf<Inputs>[]): Promise<ValuesOf<Outputs>[]> {
    if (this.held.disposed) throw new Error(`the state of the program "${this.name}" is disposed of`);
    this.requireBackend();
    const specs = flatten(this.#specs, isSpec);
    const steps = inputs.map((given) => fittingValues(this.name, specs, given));
    return this.held.wholly(async () => {
      const answers: ValuesOf<Outputs>[] = [];
      for (const given of steps) answers.push(await this.#take(given));
      return answers;
    });
  }

  async #take(given: ReadonlyMap<string, Values>): Promise<ValuesOf<Outputs>> {
    let tree: Tree<string> = {};
    const { state, outputs } = tf.tidy(() => {
      const tensors = mapTree<Spec, tf.Tensor>(this.#specs, isSpec, (spec, path) =>
        tf.tensor(given.get(path)!, [...spec.shape], spec.dtype),
      );
      const answer = withoutRandomness(() =>
        this.step(this.held.tensors as unknown as State, tensors as TensorsOf<Inputs>),
      );
      const checked = checkedAnswer(this.name, new Map(this.held.leaves.map(specOf)), answer);
      tree = checked.outputTree;
      // A step may answer what it was given, which must outlive it.
      const own = [...checked.outputs].map(([path, tensor]) => [path, tf.clone(tensor)] as const);
      return { state: Object.fromEntries(checked.state), outputs: Object.fromEntries(own) };
    });
    this.held.replace(new Map(Object.entries(state)));
    const tensors = new Map(Object.entries(outputs));
    try {
      return named(tree, await valuesOf(tensors)) as unknown as ValuesOf<Outputs>;
    } finally {
      tf.dispose([...tensors.values()]);
    }
  }

  dispose(): void {
    // Nothing is held from one run to the next but the state, which isn't the program's.
  }
}

async function valuesOf(tensors: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, Values>> {
  const read = [...tensors].map(
    async ([path, tensor]) => [path, inOwnArray(tensor.dtype, await tensor.data<'float32'>())] as const,
  );
  return new Map(await Promise.all(read));
}

function specOf([path, { shape, dtype }]: [string, tf.Tensor]): [string, Spec] {
  return [path, { shape, dtype: elementTypeNamed(dtype) }];
}

function inOwnArray(dtype: tf.DataType, values: Values): Values {
  const type = elementTypeNamed(dtype);
  return elementTypeOf(values) === type ? values : valuesAs(type, values);
}
