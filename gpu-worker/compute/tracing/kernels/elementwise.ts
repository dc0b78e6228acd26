import { elementTypeNamed } from '../../tensors.js';
import { binary, cast, expand, reshape, scalarOf, unary } from '../operations.js';
import { onlyElement, type Graph, type GraphType, type Value } from '../graph.js';
import type { Kernel, Kernels } from './kernel.js';

/** ONNX has the operation, on one input and with the same meaning. */
const same =
  (op: string): Kernel =>
  ({ graph, input }) =>
    unary(graph, op, input('x'));

/** The same of two inputs. */
const arithmetic =
  (op: string): Kernel =>
  ({ graph, input }) =>
    binary(graph, op, input('a'), input('b'));

const comparison =
  (op: string): Kernel =>
  ({ graph, input }) =>
    binary(graph, op, ordered(graph, input('a')), ordered(graph, input('b')), 'bool');

/** Comparisons of truth values compare 0 and 1. */
function ordered(g: Graph, x: Value): Value {
  return x.type === 'bool' ? cast(g, x, 'int32') : x;
}

const constant = (g: Graph, value: number, type: GraphType = 'float32'): Value => scalarOf(g, value, type);

/** e^x − 1 without cancellation near 0: 2t / (1 − t) with t = tanh(x/2); e^x − 1 elsewhere, where t rounds to 1. */
function expm1(g: Graph, x: Value): Value {
  const t = unary(g, 'Tanh', binary(g, 'Mul', x, constant(g, 0.5)));
  const near = binary(g, 'Div', binary(g, 'Mul', t, constant(g, 2)), binary(g, 'Sub', constant(g, 1), t));
  const far = binary(g, 'Sub', unary(g, 'Exp', x), constant(g, 1));
  const isNear = binary(g, 'Less', unary(g, 'Abs', x), constant(g, 0.5), 'bool');
  return g.node('Where', [isNear, near, far], x);
}

/** log(1 + x) without cancellation near 0: log(u) · x / (u − 1) with u = 1 + x as rounded (Kahan). */
function log1p(g: Graph, x: Value): Value {
  const u = binary(g, 'Add', constant(g, 1), x);
  const rounded = binary(g, 'Sub', u, constant(g, 1));
  const quotient = binary(g, 'Div', binary(g, 'Mul', unary(g, 'Log', u), x), rounded);
  const isTiny = binary(g, 'Equal', rounded, constant(g, 0), 'bool');
  const isInfinite = unary(g, 'IsInf', u, 'bool');
  return g.node('Where', [isTiny, x, g.node('Where', [isInfinite, u, quotient], x)], x);
}

export function relu6(g: Graph, x: Value): Value {
  return g.node('Clip', [x, constant(g, 0), constant(g, 6)], x);
}

/** 1 where x is positive, `alpha` elsewhere, NaN among it. */
const step: Kernel = ({ graph: g, input, attributes: { alpha } }) => {
  const positive = cast(g, binary(g, 'Greater', input('x'), constant(g, 0), 'bool'), 'float32');
  if (!alpha) return positive;
  if (alpha > 0 && alpha <= 1) return binary(g, 'Max', positive, constant(g, alpha));
  const rest = binary(g, 'Sub', constant(g, 1), positive);
  return binary(g, 'Add', positive, binary(g, 'Mul', rest, constant(g, alpha)));
};

/** a − b · ⌊a / b⌋, so with the divisor's sign, as ONNX's Mod has it for integers alone. */
const modulo: Kernel = ({ graph: g, input }) => {
  const [a, b] = [input('a'), input('b')];
  if (a.type === 'int32') return binary(g, 'Mod', a, b);
  return binary(g, 'Sub', a, binary(g, 'Mul', b, unary(g, 'Floor', binary(g, 'Div', a, b))));
};

const floorDivide: Kernel = ({ graph: g, input }) => {
  const [a, b] = [input('a'), input('b')];
  if (a.type !== 'int32') return unary(g, 'Floor', binary(g, 'Div', a, b));
  return binary(g, 'Div', binary(g, 'Sub', a, binary(g, 'Mod', a, b)), b);
};

export const ELEMENTWISE: Kernels = {
  // Arithmetic
  Add: arithmetic('Add'),
  Sub: ({ graph: g, input }) =>
    onlyElement(input('a')) === 0 && input('a').shape.length === 0
      ? unary(g, 'Neg', input('b'))
      : binary(g, 'Sub', input('a'), input('b')),
  Multiply: ({ graph: g, input }) => {
    const [a, b] = [input('a'), input('b')];
    return a.type === 'bool' ? binary(g, 'And', a, b) : binary(g, 'Mul', a, b);
  },
  RealDiv: arithmetic('Div'),
  FloorDiv: floorDivide,
  Mod: modulo,
  Pow: arithmetic('Pow'),
  Maximum: arithmetic('Max'),
  Minimum: arithmetic('Min'),
  SquaredDifference: ({ graph: g, input }) => {
    const difference = binary(g, 'Sub', input('a'), input('b'));
    return binary(g, 'Mul', difference, difference);
  },
  AddN: ({ graph: g, inputs }) => inputs.reduce((sum, next) => binary(g, 'Add', sum, next)),
  Neg: same('Neg'),
  Abs: same('Abs'),
  Sign: same('Sign'),
  Square: ({ graph: g, input }) => binary(g, 'Mul', input('x'), input('x')),
  Sqrt: same('Sqrt'),
  Rsqrt: ({ graph: g, input }) => unary(g, 'Reciprocal', unary(g, 'Sqrt', input('x'))),
  Reciprocal: same('Reciprocal'),
  Exp: same('Exp'),
  Expm1: ({ graph, input }) => expm1(graph, input('x')),
  Log: same('Log'),
  Log1p: ({ graph, input }) => log1p(graph, input('x')),
  Floor: same('Floor'),
  Ceil: same('Ceil'),
  Round: same('Round'),
  Sin: same('Sin'),
  Cos: same('Cos'),
  Tan: same('Tan'),
  Atan: same('Atan'),
  Erf: same('Erf'),
  ClipByValue: ({ graph: g, input, attributes: { clipValueMin, clipValueMax } }) => {
    const x = input('x');
    return g.node('Clip', [x, scalarOf(g, clipValueMin, x.type), scalarOf(g, clipValueMax, x.type)], x);
  },

  // Activations
  Relu: same('Relu'),
  Relu6: ({ graph, input }) => relu6(graph, input('x')),
  LeakyRelu: ({ graph: g, input, attributes: { alpha } }) =>
    g.node('LeakyRelu', [input('x')], input('x'), { alpha: { float: alpha } }),
  Prelu: ({ graph: g, input }) => g.node('PRelu', [input('x'), input('alpha')], input('x')),
  Elu: same('Elu'),
  Selu: same('Selu'),
  Softplus: same('Softplus'),
  Tanh: same('Tanh'),
  Sigmoid: same('Sigmoid'),
  Step: step,

  // Comparisons and logic
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Equal: comparison('Equal'),
  NotEqual: ({ graph: g, input }) =>
    unary(g, 'Not', binary(g, 'Equal', ordered(g, input('a')), ordered(g, input('b')), 'bool')),
  LogicalAnd: ({ graph: g, input }) => binary(g, 'And', input('a'), input('b'), 'bool'),
  LogicalOr: ({ graph: g, input }) => binary(g, 'Or', input('a'), input('b'), 'bool'),
  LogicalNot: same('Not'),
  IsNan: ({ graph: g, input }) => unary(g, 'IsNaN', input('x'), 'bool'),
  IsInf: ({ graph: g, input }) => unary(g, 'IsInf', input('x'), 'bool'),
  IsFinite: ({ graph: g, input }) => {
    const x = input('x');
    return unary(g, 'Not', binary(g, 'Or', unary(g, 'IsNaN', x, 'bool'), unary(g, 'IsInf', x, 'bool')));
  },
  Select: ({ graph: g, input }) => {
    const [condition, chosen, other] = [input('condition'), input('t'), input('e')];
    // A condition of one axis chooses whole rows.
    const rows = condition.shape.length === 1 && chosen.shape.length > 1;
    const aligned = rows
      ? reshape(g, condition, [condition.shape[0]!, ...chosen.shape.slice(1).map(() => 1)])
      : condition;
    return g.node('Where', [aligned, chosen, other], chosen);
  },

  // Types and copies
  Cast: ({ graph: g, input, attributes: { dtype } }) => cast(g, input('x'), elementTypeNamed(dtype)),
  Identity: ({ input }) => input('x'),
  ZerosLike: ({ graph: g, input }) => expand(g, scalarOf(g, 0, input('x').type), input('x').shape),
  OnesLike: ({ graph: g, input }) => expand(g, scalarOf(g, 1, input('x').type), input('x').shape),
};
