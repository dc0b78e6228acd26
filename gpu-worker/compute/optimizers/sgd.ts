import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../tensors.js';
import { zipTrees } from './trees.js';

export type SgdState<Parameters extends Tensors> = {
  readonly parameters: Parameters;
  /** Shaped as the parameters; start with 0. */
  readonly velocities: Parameters;
};

export interface SgdOptions {
  readonly rate: tf.Scalar;
  /** Share of the velocity that a step keeps; 0 ≤ momentum < 1. */
  readonly momentum?: number;
}

/**
 * Stochastic gradient descent with momentum (Sutskever et al., 2013, equations 1 and 2, with the rate outside of the
 * velocity, so that changing it acts at once).
 */
export function sgd<Parameters extends Tensors>(
  { parameters, velocities }: SgdState<Parameters>,
  gradients: Parameters,
  { rate, momentum = 0.9 }: SgdOptions,
): SgdState<Parameters> {
  const next = zipTrees(velocities, [gradients], (velocity, gradient) =>
    tf.add(tf.mul(velocity, momentum), gradient),
  );
  return {
    parameters: zipTrees(parameters, [next], (parameter, velocity) =>
      tf.sub(parameter, tf.mul(velocity, rate)),
    ),
    velocities: next,
  };
}
