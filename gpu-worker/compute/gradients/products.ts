import * as tf from '@tensorflow/tfjs-core';
import { single, unbroadcast, type GradientTable } from './gradient.js';

export const PRODUCTS: GradientTable = {
  /** Products of matrices stay products with transpose flags: nothing is transposed in memory. */
  BatchMatMul: {
    inputsToSave: ['a', 'b'],
    gradFunc: (dy, saved, attributes) => {
      const [a, b] = saved as [tf.Tensor, tf.Tensor];
      const { transposeA, transposeB } = attributes as unknown as {
        transposeA: boolean;
        transposeB: boolean;
      };
      const d = single(dy);
      return {
        a: () =>
          unbroadcast(
            transposeA ? tf.matMul(b, d, transposeB, true) : tf.matMul(d, b, false, !transposeB),
            a.shape,
          ),
        b: () =>
          unbroadcast(
            transposeB ? tf.matMul(d, a, true, transposeA) : tf.matMul(a, d, !transposeA, false),
            b.shape,
          ),
      };
    },
  },
};
