import * as tf from '@tensorflow/tfjs-core';
import type { Tensors } from '../tensors.js';
import { zipTrees } from './trees.js';

export type AdamState<Parameters extends Tensors> = {
  readonly parameters: Parameters;
  /** Running means of gradients and of their squares, shaped as the parameters; start with 0. */
  readonly means: Parameters;
  readonly squares: Parameters;
};

export interface AdamOptions {
  readonly rate: tf.Scalar;
  /** `biasCorrection` of this step. */
  readonly correction: tf.Scalar;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

export interface AdamWOptions extends AdamOptions {
  /** Share of each decayed parameter's value that a step takes away, times the rate: one for all, or one for each of their elements. */
  readonly decay: number | tf.Tensor;
  /** Which parameters are decayed; left out, those with two dimensions or more: not biases and gains. */
  readonly decays?: (parameter: tf.Tensor) => boolean;
}

export const BETA1 = 0.9;
export const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1, in the order of computation that
 * the end of section 2 gives: both bias corrections are one factor of the rate).
 */
export function adam<Parameters extends Tensors>(
  state: AdamState<Parameters>,
  gradients: Parameters,
  options: AdamOptions,
): AdamState<Parameters> {
  return adamW(state, gradients, { ...options, decay: 0 });
}

/** Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2). */
export function adamW<Parameters extends Tensors>(
  { parameters, means, squares }: AdamState<Parameters>,
  gradients: Parameters,
  {
    rate,
    correction,
    decay,
    decays = ({ rank }) => rank > 1,
    beta1 = BETA1,
    beta2 = BETA2,
    epsilon = EPSILON,
  }: AdamWOptions,
): AdamState<Parameters> {
  const nextMeans = zipTrees(means, [gradients], (mean, gradient) =>
    tf.add(tf.mul(mean, beta1), tf.mul(gradient, 1 - beta1)),
  );
  const nextSquares = zipTrees(squares, [gradients], (square, gradient) =>
    tf.add(tf.mul(square, beta2), tf.mul(tf.square(gradient), 1 - beta2)),
  );
  const stepRate = tf.mul(rate, correction);
  const share = decay === 0 ? undefined : tf.sub(1, tf.mul(rate, decay));
  return {
    parameters: zipTrees(parameters, [nextMeans, nextSquares], (parameter, mean, square) => {
      const change = tf.div(tf.mul(mean, stepRate), tf.add(tf.sqrt(square), epsilon));
      return tf.sub(share && decays(parameter) ? tf.mul(parameter, share) : parameter, change);
    }),
    means: nextMeans,
    squares: nextSquares,
  };
}

/** √(1 − β₂ᵗ) / (1 − β₁ᵗ) of step t, from 1: what makes up for moments that start with 0. Tends to 1. */
export function biasCorrection(step: number, { beta1 = BETA1, beta2 = BETA2 } = {}): number {
  return Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step);
}
