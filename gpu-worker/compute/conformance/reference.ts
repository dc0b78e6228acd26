import * as tf from '@tensorflow/tfjs-core';
import { registerGradients } from '../gradients/register.js';
import { Random } from '../random.js';
import type { Stored } from '../tensors.js';
import { type Case, normal } from './cases/case.js';
import { float64Tensor, readFloat64, useFloat64 } from './float64-backend.js';
import { isFloat, probe, weightedGradients, weightedOutputs, type Weights } from './probe.js';

/** An output or gradient in float64. */
export interface Expected {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  /** Integers and truths have no rounding that would have to be allowed for. */
  readonly exact: boolean;
}

/** A case's numbers: what goes in, all of it float32, and what must come out. */
export interface Reference {
  readonly inputs: readonly Stored[];
  readonly cotangents: readonly Stored[];
  readonly directions: readonly Stored[];
  readonly expected: Readonly<Record<string, Expected>>;
}

/**
 * The step of difference quotients: their error of second order, h²·f‴/6, and the rounding of float64, 10⁻¹⁶·f/h, are
 * both some 10⁻¹¹ with it.
 */
const STEP = 1e-5;
const QUOTIENT_TOLERANCE = 1e-6;

/** Makes ready for references; engines that set tfjs's backend must be started after the last of them. */
export async function prepareReferences(): Promise<void> {
  await useFloat64();
  registerGradients();
}

export function referenceOf(one: Case): Reference {
  const random = Random.seeded(1).derive(one.name);
  const inputs = one.inputs(random);
  return inTidy(() => {
    const tensors = inputs.map(asTensor);
    const outputs = [one.f(...tensors)].flat();
    const weigh = (of: readonly tf.Tensor[]): Stored[] =>
      of.filter(isFloat).map(({ shape }) => normal(random, shape));
    const cotangents = one.order >= 1 ? weigh(outputs) : [];
    const directions = one.order >= 2 ? weigh(tensors) : [];
    const weights: Weights = { cotangents: cotangents.map(asTensor), directions: directions.map(asTensor) };
    const expected: Record<string, Expected> = {};
    for (const [name, tensor] of Object.entries(probe(one, tensors, weights))) {
      expected[name] = { shape: tensor.shape, values: readFloat64(tensor), exact: !isFloat(tensor) };
    }
    return { inputs, cotangents, directions, expected };
  });
}

/**
 * Where a case's derivatives in float64 differ from difference quotients of the function, each taken in random
 * directions of one input.
 */
export function checkDerivatives(one: Case, reference: Reference): string[] {
  const differences: string[] = [];
  const check = (kind: string, f: (inputs: tf.Tensor[], weights: Weights) => tf.Tensor): void => {
    const floats = reference.inputs.flatMap(({ dtype }, index) => (dtype === 'float32' ? [index] : []));
    floats.forEach((position, index) => {
      const { values: gradient } = reference.expected[`${kind} ${index}`]!;
      const random = Random.seeded(2).derive(one.name, kind, index);
      for (let turn = 0; turn < 2; turn++) {
        const direction = Float64Array.from(gradient, () => random.normal());
        const quotient =
          (evaluate(reference, f, position, direction, STEP) -
            evaluate(reference, f, position, direction, -STEP)) /
          (2 * STEP);
        const products = gradient.map((slope, element) => slope * direction[element]!);
        const slope = products.reduce((sum, product) => sum + product, 0);
        const size = products.reduce((sum, product) => sum + Math.abs(product), 1);
        if (!(Math.abs(quotient - slope) <= QUOTIENT_TOLERANCE * size)) {
          differences.push(`${one.name}: ${kind} ${index} is ${slope} where differences give ${quotient}`);
          return;
        }
      }
    });
  };
  if (one.surrogate) return [];
  if (one.order >= 1) check('gradient', (inputs, { cotangents }) => weightedOutputs(one, inputs, cotangents));
  if (one.order >= 2) {
    check('second-order gradient', (inputs, weights) => weightedGradients(one, inputs, weights));
  }
  return differences;
}

/** `f` where one input is moved by `step` in a direction. */
function evaluate(
  { inputs, cotangents, directions }: Reference,
  f: (inputs: tf.Tensor[], weights: Weights) => tf.Tensor,
  moved: number,
  direction: Float64Array,
  step: number,
): number {
  return inTidy(() => {
    const tensors = inputs.map((stored, index) => {
      if (index !== moved) return asTensor(stored);
      const values = direction.map((length, element) => stored.values[element]! + step * length);
      return float64Tensor(values, stored.shape);
    });
    const weights = { cotangents: cotangents.map(asTensor), directions: directions.map(asTensor) };
    return readFloat64(f(tensors, weights))[0]!;
  });
}

function asTensor({ shape, values, dtype }: Stored): tf.Tensor {
  return float64Tensor(Float64Array.from(values), shape, dtype);
}

/** Disposes of all tensors that `f` makes; what it answers must hold none. */
function inTidy<T>(f: () => T): T {
  tf.engine().startScope();
  try {
    return f();
  } finally {
    tf.engine().endScope();
  }
}
