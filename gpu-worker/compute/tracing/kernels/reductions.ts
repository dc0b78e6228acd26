import * as tf from '@tensorflow/tfjs-core';
import { sizeOf } from '../../tensors.js';
import type { Graph, Value } from '../graph.js';
import { binary, cast, empty, matMul, reduce, unary } from '../operations.js';
import { relu6 } from './elementwise.js';
import type { Call, Kernel, Kernels } from './kernel.js';

type Reduction = Parameters<typeof reduce>[1];

function axesOf({ attributes: { axis, reductionIndices } }: Call, x: Value): number[] {
  return tf.util.parseAxisParam((axis ?? reductionIndices) as number[], [...x.shape]);
}

const reduction =
  (op: Reduction, ofNothing: number): Kernel =>
  (call) => {
    const x = call.input('x');
    return reduce(call.graph, op, x, axesOf(call, x), call.attributes.keepDims ?? false, ofNothing);
  };

/** Of truth values, as numbers. */
const truth =
  (op: 'ReduceMax' | 'ReduceMin', ofNothing: number): Kernel =>
  (call) => {
    const { graph: g } = call;
    const x = cast(g, call.input('x'), 'int32');
    return cast(g, reduce(g, op, x, axesOf(call, x), call.attributes.keepDims ?? false, ofNothing), 'bool');
  };

const extremePlace =
  (op: 'ArgMax' | 'ArgMin'): Kernel =>
  (call) => {
    const { graph: g } = call;
    const x = call.input('x');
    const axis = axesOf(call, x)[0]!;
    const shape = x.shape.filter((_, at) => at !== axis);
    if (sizeOf(x.shape) === 0) return empty(g, shape, 'int32');
    return cast(g, g.node(op, [x], { shape, type: 'int64' }, { axis, keepdims: 0 }), 'int32');
  };

const softmax: Kernel = ({ graph: g, input, attributes: { dim } }) => {
  const x = input('logits');
  const axis = dim < 0 ? x.shape.length + dim : dim;
  return sizeOf(x.shape) === 0 ? x : g.node('Softmax', [x], x, { axis });
};

const mean: Kernel = (call) => {
  const x = cast(call.graph, call.input('x'), 'float32');
  return reduce(call.graph, 'ReduceMean', x, axesOf(call, x), call.attributes.keepDims ?? false, NaN);
};

const cumulative: Kernel = (call) => {
  const { graph: g, attributes } = call;
  const x = call.input('x');
  if (sizeOf(x.shape) === 0 || x.shape.length === 0) return x;
  const axis = g.constant(Int32Array.of(axesOf(call, x)[0]!), [], 'int32');
  return g.node('CumSum', [x, axis], x, {
    exclusive: Number(attributes.exclusive),
    reverse: Number(attributes.reverse),
  });
};

const largest: Kernel = ({ graph: g, input, attributes: { k, sorted } }) => {
  const x = input('x');
  const shape = [...x.shape.slice(0, -1), k];
  if (sizeOf(shape) === 0) return [empty(g, shape, x.type), empty(g, shape, 'int32')];
  const outputs = [
    { shape, type: x.type },
    { shape, type: 'int64' as const },
  ];
  const [values, places] = g.nodes('TopK', [x, g.integers([k])], outputs, {
    axis: -1,
    sorted: Number(sorted),
  });
  return [values!, cast(g, places!, 'int32')];
};

/** tfjs fuses a product, a bias and an activation; here they are written apart, and the runtime fuses what it can. */
const fusedProduct: Kernel = (call) => {
  const { graph: g, input, attributes } = call;
  const product = matMul(g, input('a'), input('b'), attributes.transposeA, attributes.transposeB);
  const bias = call.optional('bias');
  const sum = bias ? binary(g, 'Add', product, bias) : product;
  return activated(g, sum, attributes.activation ?? 'linear', attributes.leakyreluAlpha);
};

function activated(g: Graph, x: Value, activation: string, alpha: number): Value {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return unary(g, 'Relu', x);
    case 'relu6':
      return relu6(g, x);
    case 'elu':
      return unary(g, 'Elu', x);
    case 'sigmoid':
      return unary(g, 'Sigmoid', x);
    case 'leakyrelu':
      return g.node('LeakyRelu', [x], x, { alpha: { float: alpha } });
    default:
      throw new RangeError(`a product fused with the activation "${activation}" can't be compiled`);
  }
}

export const REDUCTIONS: Kernels = {
  Sum: reduction('ReduceSum', 0),
  Mean: mean,
  Max: reduction('ReduceMax', -Infinity),
  Min: reduction('ReduceMin', Infinity),
  Prod: reduction('ReduceProd', 1),
  Any: truth('ReduceMax', 0),
  All: truth('ReduceMin', 1),
  ArgMax: extremePlace('ArgMax'),
  ArgMin: extremePlace('ArgMin'),
  Softmax: softmax,
  Cumsum: cumulative,
  TopK: largest,
  BatchMatMul: ({ graph: g, input, attributes: { transposeA, transposeB } }) =>
    matMul(g, input('a'), input('b'), transposeA, transposeB),
  _FusedMatMul: fusedProduct,
};
