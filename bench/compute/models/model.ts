import type * as tf from '@tensorflow/tfjs-core';
import { heUniform, normal } from '../../../gpu-worker/compute/layers/initialisation.js';
import { biasCorrection } from '../../../gpu-worker/compute/optimizers/adam.js';
import type { Engine, Step } from '../../../gpu-worker/compute/program.js';
import { Random } from '../../../gpu-worker/compute/random.js';
import {
  flatten,
  isStored,
  mapTree,
  stored,
  type Spec,
  type Stored,
  type StoredOf,
  type Tree,
} from '../../../gpu-worker/compute/tensors.js';
import { trace } from '../../../gpu-worker/compute/tracing/trace.js';
import { productOperations } from '../products.js';

/** Of one step, by name. A loss is of the parameters as they were before the step. */
export type Losses = Readonly<Record<string, number>>;

/** A training step that is timed. `torch_steps.py` has one of the same name that computes the same. */
export interface BenchModel {
  readonly name: string;
  /** Sizes, for people. */
  readonly what: string;
  /** First state and inputs by path, the same at each call. */
  tensors(): ReadonlyMap<string, Stored>;
  /** What PyTorch's side must know beside the tensors. */
  readonly details: object;
  /** Floating point operations of a step's matrix products. Needs `prepareTracing`. */
  productOperations(): number;
  /** Answers a function that runs some steps, from the one of that number on; they count from 1. */
  compile(engine: Engine): Promise<(from: number, count: number) => Promise<Losses[]>>;
}

/** Inputs that are the same at each step, and Adam's correction, which isn't. */
type InputsOf<Name extends string> = Record<Name | 'correction', Spec>;

interface Definition<State extends object, Name extends string> {
  readonly name: string;
  readonly what: string;
  readonly details?: object;
  readonly betas?: { readonly beta1: number; readonly beta2: number };
  first(random: Random): {
    readonly state: StoredOf<State>;
    readonly inputs: Record<Name, Stored>;
    /** What the other side starts from, where it holds the same state in another form. */
    readonly shared?: Tree<Stored>;
  };
  readonly step: Step<State, InputsOf<Name>, Readonly<Record<string, tf.Tensor>>>;
}

export function benchModel<State extends object, Name extends string>({
  name,
  what,
  details = {},
  betas,
  first,
  step,
}: Definition<State, Name>): BenchModel {
  const make = () => {
    const { state, inputs, shared = state as Tree<Stored> } = first(Random.seeded(1).derive(name));
    const given = { ...inputs, correction: stored([], Float32Array.of(1)) } as InputsOf<Name>;
    return { state, inputs, shared, given };
  };
  return {
    name,
    what,
    details,
    tensors: () => {
      const { shared, inputs } = make();
      const trees = [shared, inputs as Tree<Stored>];
      return new Map(trees.flatMap((tree) => flatten(tree, isStored)));
    },
    productOperations: () => {
      const { state, given } = make();
      // How rows are added up makes no difference to products.
      return productOperations(
        trace(name, { scatters: 'rows', tallProducts: 'whole' }, state as Tree<Stored>, given, step),
      );
    },
    compile: async (engine) => {
      const { state, inputs, given } = make();
      const program = await engine.compile(name, { state: engine.hold<State>(state), inputs: given, step });
      const values = Object.entries<Stored>(inputs).map(([input, tensor]) => [input, tensor.values] as const);
      return async (from, count) => {
        const all = Array.from({ length: count }, (_, index) => {
          const correction = Float32Array.of(biasCorrection(from + index, betas));
          return { ...Object.fromEntries(values), correction } as Parameters<typeof program.run>[0];
        });
        const answers = await program.runAll(all);
        return answers.map((outputs) =>
          Object.fromEntries(Object.entries(outputs).map(([loss, of]) => [loss, Number(of[0])])),
        );
      };
    },
  };
}

/** The last layers of networks, and all others: types rather than interfaces, so that they are trees of tensors. */
export type Dense = { readonly weights: tf.Tensor; readonly bias: tf.Tensor };
export type Layers = readonly Dense[];

export function firstDense(random: Random, inputs: number, outputs: number): StoredOf<Dense> {
  return {
    weights: stored([inputs, outputs], heUniform(random, [inputs, outputs])),
    // Not zeros, which would hide a bias that is left out.
    bias: stored([outputs], normal(random, [outputs], 0.01)),
  };
}

/** A layer between each two sizes. */
export function firstLayers(random: Random, ...sizes: readonly number[]): StoredOf<Layers> {
  return sizes.slice(1).map((outputs, index) => firstDense(random, sizes[index]!, outputs));
}

/** Adam's state before the first step, of parameters in a tree. */
export function firstAdam<First extends object>(
  parameters: First,
): Readonly<Record<'parameters' | 'means' | 'squares', First>> {
  const zeros = () => zerosLike(parameters as Tree<Stored>) as First;
  return { parameters, means: zeros(), squares: zeros() };
}

function zerosLike(tree: Tree<Stored>): Tree<Stored> {
  return mapTree<Stored, Stored>(tree, isStored, ({ shape, values }) =>
    stored(shape, new Float32Array(values.length)),
  );
}

export function noise(random: Random, ...shape: readonly number[]): Stored {
  return stored(shape, normal(random, shape, 1));
}
