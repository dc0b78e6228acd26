import type * as tf from '@tensorflow/tfjs-core';
import type { Step } from '../program.js';
import {
  flatten,
  isSpec,
  isTensor,
  mapTree,
  type Spec,
  type Tensors,
  type TensorsOf,
  type Tree,
} from '../tensors.js';
import { withoutRandomness } from '../without-randomness.js';
import { registerTracing, withGraph } from './backend.js';
import type { Target, Value } from './graph.js';
import { TraceError } from './trace-error.js';

/** What a step does, as a graph. */
export interface Trace {
  /** By path: what the graph reads. Not all of it need be used. */
  readonly state: ReadonlyMap<string, Value>;
  readonly inputs: ReadonlyMap<string, Value>;
  /** By path: what it computes. Of the state, only what changes. */
  readonly newState: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value>;
  /** The outputs' paths in the form in which the step answers them. */
  readonly outputTree: Tree<string>;
}

/** Runs the step once on tensors that stand for its state and inputs. Throws TraceError. */
export function trace<State extends object, Inputs extends object, Outputs extends object>(
  name: string,
  target: Target,
  stateSpecs: Tree<Spec>,
  inputSpecs: Inputs,
  step: Step<State, Inputs, Outputs>,
): Trace {
  registerTracing();
  return withGraph(target, (graph, tensorOf, valueOf) => {
    const state = new Map<string, Value>();
    const inputs = new Map<string, Value>();
    const stand = (into: Map<string, Value>, side: string) => (spec: Spec, path: string) => {
      const value = graph.input(`${side}:${path}`, spec.shape, spec.dtype);
      into.set(path, value);
      return tensorOf(value);
    };
    const stateTensors = mapTree<Spec, tf.Tensor>(stateSpecs, isSpec, stand(state, 'state'));
    const inputTensors = mapTree<Spec, tf.Tensor>(inputSpecs as Tree<Spec>, isSpec, stand(inputs, 'input'));
    let result: ReturnType<typeof step>;
    try {
      result = withoutRandomness(() => step(stateTensors as State, inputTensors as TensorsOf<Inputs>));
    } catch (error) {
      throw asTraceError(name, error);
    }
    const named = (tree: object): Map<string, Value> =>
      new Map(flatten(tree as Tensors, isTensor).map(([path, tensor]) => [path, valueOf(tensor)] as const));
    const newState = new Map(
      [...(result.state ? named(result.state) : [])].filter(([path, value]) => state.get(path) !== value),
    );
    requireSameForm(name, state, newState);
    return {
      state,
      inputs,
      newState,
      outputs: named(result.outputs),
      outputTree: mapTree(result.outputs as Tensors, isTensor, (_, path) => path),
    };
  });
}

function requireSameForm(
  name: string,
  state: ReadonlyMap<string, Value>,
  newState: ReadonlyMap<string, Value>,
): void {
  for (const [path, after] of newState) {
    const before = state.get(path);
    if (!before)
      throw new RangeError(`the step "${name}" answers the state "${path}", which it wasn't given`);
    if (before.type !== after.type || before.shape.join() !== after.shape.join()) {
      throw new RangeError(
        `the step "${name}" makes ${after.type}[${after.shape.join()}] of the state "${path}", which is ` +
          `${before.type}[${before.shape.join()}]`,
      );
    }
  }
}

function asTraceError(name: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TraceError) return error;
  const missing = /[Kk]ernel '(\w+)'/.exec(error.message)?.[1];
  const noGradient = /gradient function not found for (\w+)/i.exec(error.message)?.[1];
  if (missing) return new TraceError(name, `there is no ONNX form of the operation "${missing}"`, error);
  if (noGradient) return new TraceError(name, `there is no gradient of the operation "${noGradient}"`, error);
  return new TraceError(name, error.message, error);
}
