import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../tensors.js';
import { nodeOf, onlyElement, type ConstantData, type Graph, type GraphType, type Value } from './graph.js';

/**
 * Operations that the kernels are made of. Each answers the shortest graph that it knows for its result: what changes
 * nothing is left out, chains of reshapes or transpositions become one, repeated numbers stay scalars, and a sum
 * behind a product becomes part of it.
 */

/** An operation whose elements depend on the same element of its one input. */
export function unary(g: Graph, op: string, x: Value, type: GraphType = x.type): Value {
  return g.node(op, [x], { shape: x.shape, type });
}

/** An operation on the elements of two inputs that broadcast. */
export function binary(g: Graph, op: string, a: Value, b: Value, type: GraphType = a.type): Value {
  const shape = tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
  if (sizeOf(shape) === 0) return empty(g, shape, type);
  const unchanged = neutral(op, a, b);
  if (unchanged) return expand(g, unchanged, shape);
  if (op === 'Mul') {
    const shorter = productOfScalars(g, a, b) ?? productOfScalars(g, b, a);
    if (shorter) return shorter;
  }
  if (op === 'Add') {
    const product = productWithBias(g, a, b) ?? productWithBias(g, b, a);
    if (product) return product;
  }
  // The second against what the first has become: if both were narrowed, neither would be as wide as the result.
  const left = narrow(g, a, b, shape);
  return g.node(op, [left, narrow(g, b, left, shape)], { shape, type });
}

/** The input that an operation with a 0 or a 1 leaves as it is. */
function neutral(op: string, a: Value, b: Value): Value | undefined {
  const [left, right] = [onlyElement(a), onlyElement(b)];
  switch (op) {
    case 'Add':
      return right === 0 ? a : left === 0 ? b : undefined;
    case 'Sub':
      return right === 0 ? a : undefined;
    case 'Mul':
      return right === 1 ? a : left === 1 ? b : undefined;
    case 'Div':
      return right === 1 ? a : undefined;
    default:
      return undefined;
  }
}

/**
 * (x · s) · t is x · (s · t) where s and t are single numbers: one pass over x instead of two. The intermediate result
 * stays for those who need it, and goes when nobody does.
 */
function productOfScalars(g: Graph, scaled: Value, t: Value): Value | undefined {
  const factors = scaledBy(scaled);
  if (!factors || sizeOf(t.shape) !== 1 || t.shape.length > scaled.shape.length) return undefined;
  return binary(g, 'Mul', factors.x, binary(g, 'Mul', factors.s, reshape(g, t, [])));
}

/** What a tensor of several elements is a multiple of, and by which single number. */
function scaledBy(value: Value): { x: Value; s: Value } | undefined {
  const [node] = nodeOf(value);
  if (node?.op !== 'Mul' || sizeOf(value.shape) <= 1) return undefined;
  const [left, right] = node.inputs as [Value, Value];
  if (right.shape.length === 0) return { x: left, s: right };
  return left.shape.length === 0 ? { x: right, s: left } : undefined;
}

/** What the operation broadcasts by itself needn't be repeated before it. */
function narrow(g: Graph, value: Value, other: Value, shape: readonly number[]): Value {
  const only = onlyElement(value);
  if (only !== undefined && same(other.shape, shape)) return scalarOf(g, only, value.type);
  const [node] = nodeOf(value);
  if (node?.op !== 'Expand') return value;
  const from = node.inputs[0]!;
  const alone = tf.broadcast_util.assertAndGetBroadcastShape([...from.shape], [...other.shape]);
  return same(alone, shape) ? from : value;
}

/** `product + bias`, as one operation, where `product` is one without a bias. */
function productWithBias(g: Graph, product: Value, bias: Value): Value | undefined {
  const [node] = nodeOf(product);
  if (node?.op !== 'Gemm' || node.inputs.length !== 2) return undefined;
  const columns = product.shape[1]!;
  const fits = sizeOf(bias.shape) === columns && bias.shape.at(-1) === columns && bias.shape.length <= 2;
  return fits ? g.node('Gemm', [...node.inputs, bias], product, node.attributes) : undefined;
}

export function expand(g: Graph, x: Value, shape: readonly number[]): Value {
  if (same(x.shape, shape)) return x;
  if (sizeOf(shape) === 0) return empty(g, shape, x.type);
  const only = onlyElement(x);
  if (only !== undefined) return g.filled(dataOf(only, x.type), shape, x.type);
  return g.node('Expand', [x, g.integers(shape)], { shape, type: x.type });
}

export function reshape(g: Graph, x: Value, shape: readonly number[]): Value {
  if (same(x.shape, shape)) return x;
  if (sizeOf(shape) === 0) return empty(g, shape, x.type);
  if (x.source.kind === 'constant') return g.constant(x.source.data, shape, x.type);
  if (x.source.kind === 'filled') return g.filled(x.source.data, shape, x.type);
  const [node] = nodeOf(x);
  if (node?.op === 'Reshape') return reshape(g, node.inputs[0]!, shape);
  return g.node('Reshape', [x, g.integers(shape)], { shape, type: x.type });
}

export function transpose(g: Graph, x: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => x.shape[axis]!);
  if (perm.every((axis, place) => axis === place)) return x;
  // Moving axes of length 1 alone keeps the order of the elements.
  const moved = perm.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, place) => place === 0 || axis > moved[place - 1]!)) return reshape(g, x, shape);
  if (x.source.kind === 'filled') return g.filled(x.source.data, shape, x.type);
  const [node] = nodeOf(x);
  if (node?.op === 'Transpose') {
    const first = node.attributes['perm'] as readonly number[];
    return transpose(
      g,
      node.inputs[0]!,
      perm.map((axis) => first[axis]!),
    );
  }
  return g.node('Transpose', [x], { shape, type: x.type }, { perm });
}

export function cast(g: Graph, x: Value, type: GraphType): Value {
  if (x.type === type) return x;
  if (sizeOf(x.shape) === 0) return empty(g, x.shape, type);
  return g.node('Cast', [x], { shape: x.shape, type }, { to: CAST_TARGETS[type] });
}

const CAST_TARGETS: Record<GraphType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };

/** A part of x: for each axis, `size` elements from `begin`, in steps of `steps` (negative: backwards). */
export function slice(
  g: Graph,
  x: Value,
  begin: readonly number[],
  size: readonly number[],
  steps: readonly number[] = begin.map(() => 1),
): Value {
  const axes = [...x.shape.keys()].filter((axis) => size[axis] !== x.shape[axis] || steps[axis] !== 1);
  if (axes.length === 0) return x;
  if (sizeOf(size) === 0) return empty(g, size, x.type);
  if (x.source.kind === 'filled') return g.filled(x.source.data, size, x.type);
  const ends = axes.map((axis) => {
    const end = begin[axis]! + size[axis]! * steps[axis]!;
    // Going backwards to the first element, the end lies before it; −1 would mean the last one.
    return end < 0 ? Number.MIN_SAFE_INTEGER : end;
  });
  const inputs = [axes.map((axis) => begin[axis]!), ends, axes, axes.map((axis) => steps[axis]!)];
  return g.node('Slice', [x, ...inputs.map((list) => g.integers(list))], { shape: size, type: x.type });
}

export function concat(g: Graph, parts: readonly Value[], axis: number): Value {
  const some = parts.filter(({ shape }) => sizeOf(shape) > 0);
  const shape = [...parts[0]!.shape];
  shape[axis] = parts.reduce((length, part) => length + part.shape[axis]!, 0);
  const type = parts[0]!.type;
  if (some.length === 0) return empty(g, shape, type);
  return some.length === 1 ? some[0]! : g.node('Concat', some, { shape, type }, { axis });
}

/** Reduces `axes`; what is left of no elements is `ofNothing`. */
export function reduce(
  g: Graph,
  op: 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd',
  x: Value,
  axes: readonly number[],
  keepDims: boolean,
  ofNothing: number,
): Value {
  const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const shape = keepDims ? kept : x.shape.filter((_, axis) => !axes.includes(axis));
  if (sizeOf(shape) === 0) return empty(g, shape, x.type);
  if (sizeOf(x.shape) === 0) return g.filled(dataOf(ofNothing, x.type), shape, x.type);
  const long = axes.filter((axis) => x.shape[axis] !== 1);
  if (long.length === 0) return reshape(g, x, shape);
  const sum = sumOfRows(g, op, x, long);
  if (sum) return reshape(g, sum, shape);
  // One way to say it, so that sums that differ only in how they keep axes are one node.
  const reduced = x.shape.filter((_, axis) => !long.includes(axis));
  const node = g.node(
    op,
    [x, g.integers(long)],
    { shape: reduced, type: x.type },
    { keepdims: 0, noop_with_empty_axes: 0 },
  );
  return reshape(g, node, shape);
}

/**
 * Sums and means over the first axes, as biases' gradients are, as a product with a vector: onnxruntime 1.30 reduces
 * those axes element by element, and takes five to a hundred times as long for it.
 */
function sumOfRows(g: Graph, op: string, x: Value, axes: readonly number[]): Value | undefined {
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  const columns = sizeOf(x.shape) / count;
  const areFirst = x.shape.every(
    (length, axis) => length === 1 || axes.includes(axis) === axis <= Math.max(...axes),
  );
  if (!areFirst || columns === 1 || x.type !== 'float32') return undefined;
  if (op !== 'ReduceSum' && op !== 'ReduceMean') return undefined;
  const weight = op === 'ReduceSum' ? 1 : 1 / count;
  const weights = g.filled(Float32Array.of(weight), [count], 'float32');
  return g.node('MatMul', [weights, reshape(g, x, [count, columns])], { shape: [columns], type: 'float32' });
}

/** a · b over the last two axes, either of them transposed, with broadcast batch axes. */
export function matMul(g: Graph, a: Value, b: Value, transposeA: boolean, transposeB: boolean): Value {
  const [m, k] = lastTwo(a, transposeA);
  const [inner, n] = lastTwo(b, transposeB);
  if (k !== inner) {
    throw new RangeError(
      `matMul of [${a.shape.join()}]${transposeA ? 'ᵀ' : ''} and [${b.shape.join()}]${transposeB ? 'ᵀ' : ''}: ` +
        `the inner lengths ${k} and ${inner} must be equal`,
    );
  }
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, m, n];
  if (sizeOf(shape) === 0) return empty(g, shape, 'float32');
  if (k === 0) return g.filled(Float32Array.of(0), shape, 'float32');
  if (a.type !== 'float32' || b.type !== 'float32')
    throw new RangeError(`matMul of ${a.type} and ${b.type}: both must be float32; cast them`);
  const output = { shape, type: 'float32' as const };
  if (shape.length === 2) {
    const [left, transA] = untransposed(a, transposeA);
    const [right, transB] = untransposed(b, transposeB);
    if (transA && !transB && g.target.tallProducts === 'parts') {
      const split = productInParts(g, left, right, k, output);
      if (split) return split;
    }
    return g.node('Gemm', [left, right], output, { transA: Number(transA), transB: Number(transB) });
  }
  const flip = (x: Value): Value => {
    const axes = [...x.shape.keys()];
    return transpose(g, x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
  };
  return g.node('MatMul', [transposeA ? flip(a) : a, transposeB ? flip(b) : b], output);
}

/**
 * aᵀ · b of tall matrices, as weights' gradients are, as the sum of products of their parts: onnxruntime 1.30 takes a
 * tenth less time for it, since the result stays in the processor's cache.
 */
function productInParts(
  g: Graph,
  a: Value,
  b: Value,
  rows: number,
  output: { readonly shape: readonly number[]; readonly type: 'float32' },
): Value | undefined {
  const parts = rows >= 2048 ? [8, 10, 6, 5, 4, 12, 16].find((count) => rows % count === 0) : undefined;
  if (!parts) return undefined;
  const [m, n] = output.shape as [number, number];
  const partsOf = (x: Value): Value => reshape(g, x, [parts, rows / parts, x.shape[1]!]);
  const products = g.node(
    'FusedMatMul',
    [partsOf(a), partsOf(b)],
    { shape: [parts, m, n], type: 'float32' },
    { transA: 1, transB: 0 },
    'com.microsoft',
  );
  return reduce(g, 'ReduceSum', products, [0], false, 0);
}

/** A product may read a matrix transposed, which spares writing it down so. */
function untransposed(x: Value, transposed: boolean): [Value, boolean] {
  const [node] = nodeOf(x);
  return node?.op === 'Transpose' ? [node.inputs[0]!, !transposed] : [x, transposed];
}

function lastTwo({ shape }: Value, transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

export function empty(g: Graph, shape: readonly number[], type: GraphType): Value {
  return g.constant(dataOf(0, type).slice(0, 0), shape, type);
}

export function scalarOf(g: Graph, value: number, type: GraphType): Value {
  return g.constant(dataOf(value, type), [], type);
}

export function dataOf(value: number, type: GraphType): ConstantData {
  switch (type) {
    case 'float32':
      return Float32Array.of(value);
    case 'int32':
      return Int32Array.of(value);
    case 'bool':
      return Uint8Array.of(value);
    case 'int64':
      return BigInt64Array.of(BigInt(value));
  }
}

export function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}
