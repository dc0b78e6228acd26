import type { DataType } from '@tensorflow/tfjs-core';
import type { Graph, Value } from '../graph.js';

/** What tfjs calls an operation with. */
export interface Call {
  readonly graph: Graph;
  /** The input of that name; throws when it isn't given. */
  readonly input: (name: string) => Value;
  readonly optional: (name: string) => Value | undefined;
  /** All inputs, in order, of an operation that takes a list. */
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
}

/** Attributes of all operations, by tfjs's names. */
export interface Attributes {
  readonly axis: number | readonly number[];
  readonly reductionIndices: number | readonly number[];
  readonly keepDims: boolean;
  readonly shape: readonly number[];
  readonly dim: number;
  readonly perm: readonly number[];
  readonly begin: number | readonly number[];
  readonly end: readonly number[];
  readonly strides: readonly number[];
  readonly size: number | readonly number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
  readonly numOrSizeSplits: number | number[];
  readonly reps: readonly number[];
  readonly paddings: readonly (readonly [number, number])[];
  readonly constantValue: number;
  readonly dims: number | readonly number[];
  readonly dtype: DataType;
  readonly value: number;
  readonly alpha: number;
  readonly clipValueMin: number;
  readonly clipValueMax: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly exclusive: boolean;
  readonly reverse: boolean;
  readonly batchDims: number;
  readonly numSegments: number;
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly k: number;
  readonly sorted: boolean;
  readonly activation: string | undefined;
  readonly leakyreluAlpha: number;
}

/** Writes a tfjs operation down as ONNX operations. */
export type Kernel = (call: Call) => Value | readonly Value[];
export type Kernels = Readonly<Record<string, Kernel>>;
