import { isTensor, type Spec, type Tree } from './tensors.js';
import type * as tf from '@tensorflow/tfjs-core';

/** What a step has answered, looked through: its tensors by path. */
export interface StepAnswer {
  /** Of the state, all that it names; what it leaves out stays. */
  readonly state: ReadonlyMap<string, tf.Tensor>;
  readonly outputs: ReadonlyMap<string, tf.Tensor>;
  /** The outputs' paths in the form in which the step answers them. */
  readonly outputTree: Tree<string>;
}

/**
 * Throws a RangeError that names the step for what isn't `{ state, outputs }` of tensors, or is state that the step
 * wasn't given, or of another shape or type than it was given.
 */
export function checkedAnswer(step: string, held: ReadonlyMap<string, Spec>, answer: unknown): StepAnswer {
  if (!isBranch(answer) || !isBranch(answer['outputs'])) {
    throw new RangeError(`the step "${step}" must answer { state, outputs }, outputs being named tensors`);
  }
  const outputs = new Map<string, tf.Tensor>();
  const outputTree = collect(step, 'output', answer['outputs'], '', outputs);
  const state = new Map<string, tf.Tensor>();
  if (answer['state'] !== undefined) collect(step, 'state', answer['state'], '', state);
  for (const [path, after] of state) {
    const before = held.get(path);
    if (!before)
      throw new RangeError(`the step "${step}" answers the state "${path}", which it wasn't given`);
    if (before.dtype !== after.dtype || before.shape.join() !== after.shape.join()) {
      throw new RangeError(
        `the step "${step}" makes ${after.dtype}[${after.shape.join()}] of the state "${path}", which is ` +
          `${before.dtype}[${before.shape.join()}]`,
      );
    }
  }
  return { state, outputs, outputTree };
}

function collect(
  step: string,
  what: string,
  node: unknown,
  path: string,
  into: Map<string, tf.Tensor>,
): Tree<string> {
  if (isTensor(node)) {
    into.set(path, node);
    return path;
  }
  if (!isBranch(node)) throw new RangeError(`the ${what} "${path}" of the step "${step}" is no tensor`);
  const below = (name: string, child: unknown): Tree<string> =>
    collect(step, what, child, path === '' ? name : `${path}/${name}`, into);
  if (Array.isArray(node)) return node.map((child, index) => below(String(index), child));
  return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, below(name, child)]));
}

function isBranch(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !isTensor(node);
}
