import * as tf from '@tensorflow/tfjs-core';
import {
  detached,
  flat,
  fromInput,
  fromNothing,
  fromOutput,
  fromTwo,
  type GradientTable,
} from './gradient.js';

/** Elementwise arithmetic, and what has no gradient. */
export const ARITHMETIC: GradientTable = {
  Add: fromTwo(
    (dy) => tf.clone(dy),
    (dy) => tf.clone(dy),
  ),
  Sub: fromTwo(
    (dy) => tf.clone(dy),
    (dy) => tf.neg(dy),
  ),
  Multiply: fromTwo(
    (dy, _, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  RealDiv: fromTwo(
    (dy, _, b) => tf.div(dy, b),
    // Two divisions rather than one by b², which leaves single precision for b below 1e-19.
    (dy, a, b) => tf.neg(tf.mul(tf.div(dy, b), tf.div(a, b))),
  ),
  SquaredDifference: fromTwo(
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(a, b), 2)),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.sub(b, a), 2)),
  ),
  // Of equal ones, the first gets the whole gradient.
  Maximum: fromTwo(
    (dy, a, b) => where(dy, () => tf.greaterEqual(a, b)),
    (dy, a, b) => where(dy, () => tf.less(a, b)),
  ),
  Minimum: fromTwo(
    (dy, a, b) => where(dy, () => tf.lessEqual(a, b)),
    (dy, a, b) => where(dy, () => tf.greater(a, b)),
  ),
  Pow: fromTwo(
    (dy, a, b) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
    // Where the base isn't positive the exponent has no gradient; log 1 there keeps infinities out of the second one.
    (dy, a, b) => {
      const positive = detached(() => tf.greater(a, 0));
      return tf.mul(dy, tf.mul(tf.pow(a, b), tf.log(tf.where(positive, a, 1))));
    },
  ),
  Mod: fromTwo(
    (dy) => tf.clone(dy),
    (dy, a, b) =>
      tf.neg(
        tf.mul(
          dy,
          detached(() => tf.floorDiv(a, b)),
        ),
      ),
  ),
  AddN: {
    saveAllInputs: true,
    gradFunc: (dy, saved) =>
      Object.fromEntries(saved.map((_, index) => [index, () => tf.clone(dy as unknown as tf.Tensor)])),
  },

  Neg: fromNothing((dy) => tf.neg(dy)),
  Abs: fromInput((dy, x) =>
    tf.mul(
      dy,
      detached(() => tf.sign(x)),
    ),
  ),
  Square: fromInput((dy, x) => tf.mul(dy, tf.mul(x, 2))),
  Sqrt: fromOutput((dy, y) => tf.div(dy, tf.mul(y, 2))),
  Rsqrt: fromOutput((dy, y) => tf.mul(dy, tf.mul(tf.mul(tf.square(y), y), -0.5))),
  Reciprocal: fromOutput((dy, y) => tf.neg(tf.mul(dy, tf.square(y)))),
  Exp: fromOutput((dy, y) => tf.mul(dy, y)),
  Expm1: fromOutput((dy, y) => tf.mul(dy, tf.add(y, 1))),
  Log: fromInput((dy, x) => tf.div(dy, x)),
  Log1p: fromInput((dy, x) => tf.div(dy, tf.add(x, 1))),
  Sin: fromInput((dy, x) => tf.mul(dy, tf.cos(x))),
  Cos: fromInput((dy, x) => tf.neg(tf.mul(dy, tf.sin(x)))),
  Tan: fromOutput((dy, y) => tf.mul(dy, tf.add(tf.square(y), 1))),
  Atan: fromInput((dy, x) => tf.div(dy, tf.add(tf.square(x), 1))),
  Erf: fromInput((dy, x) => tf.mul(dy, tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI)))),
  ClipByValue: fromInput<{ clipValueMin: number; clipValueMax: number }>(
    (dy, x, { clipValueMin, clipValueMax }) =>
      where(dy, () => tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax))),
  ),
  Select: {
    inputsToSave: ['condition'],
    gradFunc: (dy, saved) => {
      const condition = saved[0] as tf.Tensor;
      const gradient = dy as unknown as tf.Tensor;
      return {
        condition: () => tf.fill(condition.shape, 0),
        t: () => where(gradient, () => condition),
        e: () => where(gradient, () => tf.logicalNot(condition)),
      };
    },
  },

  Sign: flat('x'),
  Step: flat('x'),
  Floor: flat('x'),
  Ceil: flat('x'),
  Round: flat('x'),
  ZerosLike: flat('x'),
  OnesLike: flat('x'),
  ArgMax: flat('x'),
  ArgMin: flat('x'),
  IsNan: flat('x'),
  IsFinite: flat('x'),
  LogicalNot: flat('x'),
  LogicalAnd: flat('a', 'b'),
  LogicalOr: flat('a', 'b'),
  Equal: flat('a', 'b'),
  NotEqual: flat('a', 'b'),
  Greater: flat('a', 'b'),
  GreaterEqual: flat('a', 'b'),
  Less: flat('a', 'b'),
  LessEqual: flat('a', 'b'),
  FloorDiv: flat('a', 'b'),
};

/** dy where the condition holds, else 0. */
function where(dy: tf.Tensor, condition: () => tf.Tensor): tf.Tensor {
  return tf.mul(
    dy,
    detached(() => tf.cast(condition(), 'float32')),
  );
}
