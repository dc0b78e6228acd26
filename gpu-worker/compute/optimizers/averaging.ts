import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../tensors.js';
import { zipTrees } from './trees.js';

/**
 * Exponential moving average of parameters (Polyak and Juditsky, 1992, with old ones fading): average · decay + parameter
 * · (1 − decay), for a decay from 0 to 1.
 */
export function movingAverage<Parameters extends Tensors>(
  averages: Parameters,
  parameters: Parameters,
  decay: tf.Scalar,
): Parameters {
  const share = tf.sub(1, decay);
  return zipTrees(averages, [parameters], (average, parameter) =>
    tf.add(average, tf.mul(tf.sub(parameter, average), share)),
  );
}

/**
 * Decay of a step, from 1: (1 + step) / (10 + step) until that reaches `decay`, so that an average of few steps isn't one
 * of the first values mostly.
 */
export function averagingDecay(step: number, decay: number): number {
  return Math.min(decay, (1 + step) / (10 + step));
}
