import type * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../random.js';
import { elementTypeOf, sizeOf, type Stored, type Values } from '../../tensors.js';

/** One thing that all engines must compute alike. */
export interface Case {
  /** Unique among all cases; the numbers that it draws depend on it. */
  readonly name: string;
  /** Those of float32 are what `f` is differentiated by. */
  readonly inputs: (random: Random) => readonly Stored[];
  /** In plain tfjs. */
  readonly f: (...inputs: tf.Tensor[]) => tf.Tensor | readonly tf.Tensor[];
  /** How often it is differentiated: 0 for what has no derivative, or where it jumps or bends. */
  readonly order: 0 | 1 | 2;
  /** Its gradient is another function's on purpose, so that difference quotients can't confirm it. */
  readonly surrogate?: true;
  /** The error allowed in float32, in relation to the number or to `scale`, whichever is larger. */
  readonly tolerance?: number;
  /** Numbers below it needn't be right to all their digits; 0 asks for that. 1 if left out. */
  readonly scale?: number;
}

type Shape = readonly number[];

/** Standard normal. */
export function normal(random: Random, shape: Shape): Stored {
  return float(shape, () => random.normal());
}

/** Standard normal, one for each shape. */
export function normals(random: Random, ...shapes: readonly Shape[]): Stored[] {
  return shapes.map((shape) => normal(random, shape));
}

/** Uniform over an interval. */
export function between(random: Random, shape: Shape, low: number, high: number): Stored {
  return float(shape, () => low + (high - low) * random.uniform());
}

/** Of either sign, and not so near to 0 that a difference quotient would see the kink of |x| there. */
export function nonZero(random: Random, shape: Shape): Stored {
  return float(shape, () => (random.uniform() < 0.5 ? -1 : 1) * (0.1 + 1.9 * random.uniform()));
}

/** In random order, and so far apart that the largest stays the largest in a difference quotient. */
export function distinct(random: Random, shape: Shape): Stored {
  const order = random.permutation(sizeOf(shape));
  return stored(
    shape,
    Float32Array.from(order, (rank) => (rank - sizeOf(shape) / 2) / 4),
  );
}

/** Uniform over the integers low…high. */
export function integers(random: Random, shape: Shape, low: number, high: number): Stored {
  return stored(
    shape,
    Int32Array.from({ length: sizeOf(shape) }, () => low + random.integer(high - low + 1)),
  );
}

export function bools(random: Random, shape: Shape): Stored {
  return stored(
    shape,
    Uint8Array.from({ length: sizeOf(shape) }, () => random.integer(2)),
  );
}

/** Given truths, 0 or 1. */
export function truths(shape: Shape, values: readonly number[]): Stored {
  return stored(shape, Uint8Array.from(values));
}

/** Given numbers of float32. */
export function floats(shape: Shape, values: readonly number[]): Stored {
  return stored(shape, Float32Array.from(values));
}

/** Given numbers of int32. */
export function ints(shape: Shape, values: readonly number[]): Stored {
  return stored(shape, Int32Array.from(values));
}

function float(shape: Shape, draw: () => number): Stored {
  return stored(shape, Float32Array.from({ length: sizeOf(shape) }, draw));
}

function stored(shape: Shape, values: Values): Stored {
  return { shape, values, dtype: elementTypeOf(values) };
}
