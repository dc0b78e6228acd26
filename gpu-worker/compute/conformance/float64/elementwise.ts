import type * as tf from '@tensorflow/tfjs-core';
import { build, broadcastAt, broadcastShape, type Kernel, type Kernels, type Operand } from './operand.js';
import { erf, floorMod, roundHalfToEven, sigmoid, softplus } from './special.js';

/** Klambauer et al., "Self-normalizing neural networks", 2017, section 2. */
const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

/** One number of an input to one number of the output. */
function unary(f: (x: number) => number, dtype?: tf.DataType): Kernel {
  return ({ x }) => map(x, f, dtype);
}

/** Two numbers, of inputs broadcast to their common shape, to one. */
function binary(f: (a: number, b: number) => number, dtype?: tf.DataType): Kernel {
  return ({ a, b }) => mapTwo(a, b, f, dtype);
}

function map(x: Operand, f: (x: number) => number, dtype = x.dtype): Operand {
  return build(x.shape, dtype, (coordinates) => f(broadcastAt(x, coordinates)));
}

export function mapTwo(
  a: Operand,
  b: Operand,
  f: (a: number, b: number) => number,
  dtype = a.dtype,
): Operand {
  return build(broadcastShape(a.shape, b.shape), dtype, (coordinates) =>
    f(broadcastAt(a, coordinates), broadcastAt(b, coordinates)),
  );
}

/** Activations of one number, which fused kernels apply by name, too. */
export const ACTIVATIONS = {
  linear: (x: number) => x,
  relu: (x: number) => (x > 0 ? x : 0),
  relu6: (x: number) => Math.min(Math.max(x, 0), 6),
  elu: (x: number) => (x > 0 ? x : Math.expm1(x)),
  sigmoid,
} as const;

export function leakyRelu(x: number, slope: number): number {
  return x > 0 ? x : slope * x;
}

const truth = (condition: boolean): number => (condition ? 1 : 0);

export const ELEMENTWISE_KERNELS: Kernels = {
  // Arithmetic
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Multiply: binary((a, b) => a * b),
  RealDiv: binary((a, b) => a / b, 'float32'),
  FloorDiv: binary((a, b) => Math.floor(a / b)),
  Mod: binary(floorMod),
  Pow: binary((a, b) => a ** b),
  Maximum: binary((a, b) => Math.max(a, b)),
  Minimum: binary((a, b) => Math.min(a, b)),
  SquaredDifference: binary((a, b) => (a - b) ** 2),
  AddN: (inputs) => (Object.values(inputs) as Operand[]).reduce((sum, x) => mapTwo(sum, x, (a, b) => a + b)),
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Square: unary((x) => x * x),
  Sqrt: unary(Math.sqrt),
  Rsqrt: unary((x) => 1 / Math.sqrt(x)),
  Reciprocal: unary((x) => 1 / x),
  Exp: unary(Math.exp),
  Expm1: unary(Math.expm1),
  Log: unary(Math.log),
  Log1p: unary(Math.log1p),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Tan: unary(Math.tan),
  Atan: unary(Math.atan),
  Erf: unary(erf),
  Sign: unary(Math.sign),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(roundHalfToEven),
  Step: ({ x }, attributes) => {
    const { alpha } = attributes as tf.StepAttrs;
    return map(x, (number) => (Number.isNaN(number) ? NaN : number > 0 ? 1 : alpha));
  },
  ClipByValue: ({ x }, attributes) => {
    const { clipValueMin, clipValueMax } = attributes as tf.ClipByValueAttrs;
    return map(x, (number) => Math.min(Math.max(number, clipValueMin), clipValueMax));
  },

  // Activations
  Relu: unary(ACTIVATIONS.relu),
  Relu6: unary(ACTIVATIONS.relu6),
  Elu: unary(ACTIVATIONS.elu),
  Sigmoid: unary(sigmoid),
  Tanh: unary(Math.tanh),
  Softplus: unary(softplus),
  Selu: unary((x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x))),
  LeakyRelu: ({ x }, attributes) => {
    const { alpha } = attributes as tf.LeakyReluAttrs;
    return map(x, (number) => leakyRelu(number, alpha));
  },
  Prelu: ({ x, alpha }) => mapTwo(x, alpha, leakyRelu),

  // Comparisons and logic
  Greater: binary((a, b) => truth(a > b), 'bool'),
  GreaterEqual: binary((a, b) => truth(a >= b), 'bool'),
  Less: binary((a, b) => truth(a < b), 'bool'),
  LessEqual: binary((a, b) => truth(a <= b), 'bool'),
  Equal: binary((a, b) => truth(a === b), 'bool'),
  NotEqual: binary((a, b) => truth(a !== b), 'bool'),
  LogicalAnd: binary((a, b) => truth(a !== 0 && b !== 0), 'bool'),
  LogicalOr: binary((a, b) => truth(a !== 0 || b !== 0), 'bool'),
  LogicalNot: unary((x) => truth(x === 0), 'bool'),
  IsNan: unary((x) => truth(Number.isNaN(x)), 'bool'),
  IsInf: unary((x) => truth(Math.abs(x) === Infinity), 'bool'),
  IsFinite: unary((x) => truth(Number.isFinite(x)), 'bool'),
  Select: ({ condition, t, e }) => {
    // A condition of one axis chooses whole rows.
    const rows = condition.shape.length === 1 && t.shape.length > 1;
    return build(t.shape, t.dtype, (coordinates) => {
      const chosen = broadcastAt(condition, rows ? coordinates.slice(0, 1) : coordinates) !== 0;
      return broadcastAt(chosen ? t : e, coordinates);
    });
  },
};
