import type * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors.js';

/** What a kernel reads and answers: numbers in row-major order, float64 whatever the element type. */
export interface Operand {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  readonly values: Float64Array;
}

/** A kernel's inputs under tfjs's names; those with a list of inputs find them under their indices. */
export interface KernelInputs {
  readonly x: Operand;
  readonly a: Operand;
  readonly b: Operand;
  readonly alpha: Operand;
  readonly bias?: Operand;
  readonly preluActivationWeights?: Operand;
  readonly condition: Operand;
  readonly t: Operand;
  readonly e: Operand;
  readonly input: Operand;
  readonly value: Operand;
  readonly logits: Operand;
  readonly params: Operand;
  readonly indices: Operand;
  readonly updates: Operand;
  readonly segmentIds: Operand;
}

/** Attributes are cast to tfjs's own type of the kernel: `attributes as tf.SumAttrs`. */
export type Kernel = (inputs: KernelInputs, attributes: unknown) => Operand | Operand[];
export type Kernels = Readonly<Record<string, Kernel>>;

/** The tensor of a shape whose element at `coordinates` is `element(coordinates)`. */
export function build(
  shape: readonly number[],
  dtype: tf.DataType,
  element: (coordinates: readonly number[]) => number,
): Operand {
  const values = Float64Array.from({ length: sizeOf(shape) }, (_, flat) =>
    element(coordinatesOf(flat, shape)),
  );
  return { shape, dtype, values };
}

/** The element of `x` at coordinates, one an axis. */
export function at(x: Operand, coordinates: readonly number[]): number {
  if (coordinates.length !== x.shape.length) {
    throw new RangeError(`[${coordinates.join()}] is no element of a tensor of shape [${x.shape.join()}]`);
  }
  let flat = 0;
  x.shape.forEach((length, axis) => {
    const coordinate = coordinates[axis]!;
    if (!(Number.isInteger(coordinate) && coordinate >= 0 && coordinate < length)) {
      throw new RangeError(`[${coordinates.join()}] is outside of a tensor of shape [${x.shape.join()}]`);
    }
    flat = flat * length + coordinate;
  });
  return x.values[flat]!;
}

/** The element of `x` that stands at coordinates of a larger tensor which `x` is broadcast to. */
export function broadcastAt(x: Operand, coordinates: readonly number[]): number {
  const own = coordinates.slice(coordinates.length - x.shape.length);
  return at(
    x,
    own.map((coordinate, axis) => (x.shape[axis] === 1 ? 0 : coordinate)),
  );
}

/** The common shape of two operands: aligned at the right, axes of length 1 repeated. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, axis) => {
    const fromA = a[axis + a.length - Math.max(a.length, b.length)] ?? 1;
    const fromB = b[axis + b.length - Math.max(a.length, b.length)] ?? 1;
    if (fromA !== fromB && fromA !== 1 && fromB !== 1) {
      throw new RangeError(`shapes [${a.join()}] and [${b.join()}] don't broadcast`);
    }
    return fromA === 1 ? fromB : fromA;
  });
}

/** All coordinates of a shape, in row-major order. */
export function allCoordinates(shape: readonly number[]): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, flat) => coordinatesOf(flat, shape));
}

/** Axes as tfjs takes them (one, several, none for all; negative from the end) as ascending numbers. */
export function axesOf(axis: number | readonly number[] | null | undefined, rank: number): number[] {
  const all = Array.from({ length: rank }, (_, index) => index);
  if (axis === null || axis === undefined) return all;
  const asked = (typeof axis === 'number' ? [axis] : axis).map((one) => axisOf(one, rank));
  return all.filter((one) => asked.includes(one));
}

export function axisOf(axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) throw new RangeError(`no axis ${axis} in ${rank} axes`);
  return axis < 0 ? axis + rank : axis;
}

/** A copy of an array with one entry replaced. */
export function replaced(array: readonly number[], index: number, entry: number): number[] {
  return array.map((old, position) => (position === index ? entry : old));
}

function coordinatesOf(flat: number, shape: readonly number[]): number[] {
  const coordinates: number[] = [];
  let rest = flat;
  for (const length of [...shape].reverse()) {
    coordinates.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return coordinates;
}
