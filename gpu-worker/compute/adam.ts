import * as tf from '@tensorflow/tfjs-core';

/**
 * Adam with decoupled weight decay (Kingma and Ba, 2015, algorithm 1; Loshchilov and Hutter, 2019, algorithm 2), as a
 * pure function of its state, so that a step can be traced, replayed and checkpointed.
 */
export interface AdamState {
  readonly parameters: readonly tf.Tensor[];
  /** Running means of gradients and of their squares, shaped as the parameters. */
  readonly means: readonly tf.Tensor[];
  readonly squares: readonly tf.Tensor[];
}

export interface AdamOptions {
  readonly rate: number;
  /** Share of each decayed parameter's value that a step takes away, times the rate. */
  readonly decay: number;
  /** Number of this step, from 1. */
  readonly step: number;
  /** Longest norm that all gradients together may have; longer ones are scaled down. */
  readonly clipNorm: number;
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** New tensors for the whole state; the old ones stay as they were, and are the caller's to dispose of. */
export function adamStep(
  { parameters, means, squares }: AdamState,
  gradients: readonly tf.Tensor[],
  { rate, decay, step, clipNorm }: AdamOptions,
): AdamState {
  return tf.tidy(() => {
    const norm = tf.sqrt(tf.addN(gradients.map((gradient) => tf.sum(tf.square(gradient)))));
    const scale = tf.minimum(1, tf.div(clipNorm, tf.add(norm, EPSILON)));
    // Both bias corrections in one factor (Kingma and Ba, end of section 2).
    const stepRate = (rate * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step);
    const next = parameters.map((parameter, index) => {
      const gradient = tf.mul(gradients[index]!, scale);
      const mean = tf.add(tf.mul(means[index]!, BETA1), tf.mul(gradient, 1 - BETA1));
      const square = tf.add(tf.mul(squares[index]!, BETA2), tf.mul(tf.square(gradient), 1 - BETA2));
      const change = tf.div(tf.mul(mean, stepRate), tf.add(tf.sqrt(square), EPSILON));
      // Biases and gains aren't decayed, as is usual.
      const kept = decay > 0 && parameter.rank > 1 ? tf.mul(parameter, 1 - rate * decay) : parameter;
      return { parameter: tf.sub(kept, change), mean, square };
    });
    return {
      parameters: next.map(({ parameter }) => parameter),
      means: next.map(({ mean }) => mean),
      squares: next.map(({ square }) => square),
    };
  });
}
