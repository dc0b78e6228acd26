import type * as tf from '@tensorflow/tfjs-core';
import type { Step } from '../program.js';
import { flatten, isSpec, mapTree, type Spec, type TensorsOf, type Tree } from '../tensors.js';
import { checkedAnswer } from '../step-answer.js';
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
    const frames = Error.stackTraceLimit;
    // tfjs's own frames may be more than the ten that are kept, and the step's line lies behind them.
    Error.stackTraceLimit = 50;
    let answer: unknown;
    try {
      answer = withoutRandomness(() => step(stateTensors as State, inputTensors as TensorsOf<Inputs>));
    } catch (error) {
      throw asTraceError(name, error);
    } finally {
      Error.stackTraceLimit = frames;
    }
    const held = new Map(flatten(stateSpecs, isSpec));
    const checked = checkedAnswer(name, held, answer);
    const valuesOf = (tensors: ReadonlyMap<string, tf.Tensor>): [string, Value][] =>
      [...tensors].map(([path, tensor]) => [path, valueOf(tensor)]);
    return {
      state,
      inputs,
      newState: new Map(valuesOf(checked.state).filter(([path, value]) => state.get(path) !== value)),
      outputs: new Map(valuesOf(checked.outputs)),
      outputTree: checked.outputTree,
    };
  });
}

function asTraceError(name: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TraceError) return error;
  const missing = /[Kk]ernel '(\w+)'/.exec(error.message)?.[1];
  const noGradient = /gradient function not found for (\w+)/i.exec(error.message)?.[1];
  if (missing) return new TraceError(name, `there is no ONNX form of the operation "${missing}"`, error);
  if (noGradient) return new TraceError(name, `there is no gradient of the operation "${noGradient}"`, error);
  return new TraceError(name, error.message, error);
}
