import * as tf from '@tensorflow/tfjs-core';
import type { Case } from './cases/case.js';

/** What a case's function and its derivatives are asked for with, beside the case's inputs. */
export interface Weights {
  /** One for each float32 output, of its shape: the gradient is of Σ outputs·cotangents. */
  readonly cotangents: readonly tf.Tensor[];
  /** One for each float32 input, of its shape: the second-order gradient is of Σ gradients·directions. */
  readonly directions: readonly tf.Tensor[];
}

/** Σ outputs·cotangents, of which the gradient is taken: []. */
export function weightedOutputs(
  { f }: Case,
  inputs: readonly tf.Tensor[],
  cotangents: readonly tf.Tensor[],
): tf.Tensor {
  return weightedSum([f(...inputs)].flat().filter(isFloat), cotangents);
}

/** The gradients of that by the float32 inputs, each of the shape of its input. */
export function gradients(
  one: Case,
  inputs: readonly tf.Tensor[],
  cotangents: readonly tf.Tensor[],
): tf.Tensor[] {
  return gradientsOf(() => weightedOutputs(one, inputs, cotangents), inputs.filter(isFloat));
}

/** Σ gradients·directions, of which the second-order gradient is taken: []. */
export function weightedGradients(
  one: Case,
  inputs: readonly tf.Tensor[],
  { cotangents, directions }: Weights,
): tf.Tensor {
  return weightedSum(gradients(one, inputs, cotangents), directions);
}

/** Everything of a case that is compared, under the name by which a difference is reported. */
export function probe(one: Case, inputs: readonly tf.Tensor[], weights: Weights): Record<string, tf.Tensor> {
  const named = (name: string, tensors: readonly tf.Tensor[]): [string, tf.Tensor][] =>
    tensors.map((tensor, index) => [`${name} ${index}`, tensor]);
  return Object.fromEntries([
    ...named('output', [one.f(...inputs)].flat()),
    ...named('gradient', one.order >= 1 ? gradients(one, inputs, weights.cotangents) : []),
    ...named('second-order gradient', one.order >= 2 ? secondGradients(one, inputs, weights) : []),
  ]);
}

function secondGradients(one: Case, inputs: readonly tf.Tensor[], weights: Weights): tf.Tensor[] {
  return gradientsOf(() => weightedGradients(one, inputs, weights), inputs.filter(isFloat));
}

export function isFloat({ dtype }: tf.Tensor): boolean {
  return dtype === 'float32';
}

function weightedSum(tensors: readonly tf.Tensor[], weights: readonly tf.Tensor[]): tf.Tensor {
  return tf.addN(tensors.map((tensor, index) => tf.sum(tf.mul(tensor, weights[index]!))));
}

/** Like tf.grads, but 0 where `f` doesn't depend on an input, as second derivatives often don't. */
function gradientsOf(f: () => tf.Tensor, inputs: readonly tf.Tensor[]): tf.Tensor[] {
  const { grads } = tf.engine().gradients(f, [...inputs], undefined, true) as {
    grads: (tf.Tensor | undefined)[];
  };
  return inputs.map((input, index) => grads[index] ?? tf.zerosLike(input));
}
