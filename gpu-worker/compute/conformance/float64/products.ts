import type * as tf from '@tensorflow/tfjs-core';
import { ACTIVATIONS, leakyRelu, mapTwo } from './elementwise.js';
import { broadcastAt, broadcastShape, build, type Kernels, type Operand } from './operand.js';

/** [...batch, n, k]·[...batch, k, m] to [...batch, n, m], with the batch axes broadcast. */
function matMul(a: Operand, b: Operand, transposeA: boolean, transposeB: boolean): Operand {
  const [rows, inner] = lastTwo(a, transposeA);
  const [innerOfB, columns] = lastTwo(b, transposeB);
  if (inner !== innerOfB) throw new RangeError(`matrices of inner lengths ${inner} and ${innerOfB}`);
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return build([...batch, rows, columns], a.dtype, (coordinates) => {
    const [row, column] = coordinates.slice(-2) as [number, number];
    const outer = coordinates.slice(0, -2);
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      const left = broadcastAt(a, [...outer, ...(transposeA ? [k, row] : [row, k])]);
      const right = broadcastAt(b, [...outer, ...(transposeB ? [column, k] : [k, column])]);
      sum += left * right;
    }
    return sum;
  });
}

function lastTwo({ shape }: Operand, transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

export const PRODUCT_KERNELS: Kernels = {
  BatchMatMul: ({ a, b }, attributes) => {
    const { transposeA, transposeB } = attributes as tf.BatchMatMulAttrs;
    return matMul(a, b, transposeA, transposeB);
  },
  _FusedMatMul: ({ a, b, bias, preluActivationWeights }, attributes) => {
    const { transposeA, transposeB, activation, leakyreluAlpha = 0.2 } = attributes as tf._FusedMatMulAttrs;
    const product = matMul(a, b, transposeA, transposeB);
    const shifted = bias ? mapTwo(product, bias, (x, shift) => x + shift) : product;
    switch (activation) {
      case 'prelu':
        return mapTwo(shifted, preluActivationWeights!, leakyRelu);
      case 'leakyrelu':
        return { ...shifted, values: shifted.values.map((x) => leakyRelu(x, leakyreluAlpha)) };
      default:
        return { ...shifted, values: shifted.values.map(ACTIVATIONS[activation]) };
    }
  },
};
