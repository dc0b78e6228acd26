import * as tf from '@tensorflow/tfjs-core';

/** Keeps the norm's own gradient finite where a critic is flat. */
const SMALLEST_SQUARE = 1e-12;

/**
 * Mean over examples of (‖∇critic‖ − 1)², at points between real and fake examples [batch, ...] (Gulrajani et al.,
 * "Improved training of Wasserstein GANs", 2017, section 4, equation 3, without λ, which is 10 there). `uniform` is
 * noise over [0, 1), [batch]: how far each point is from the real example to the fake one. The critic answers a score an
 * example, and must not mix examples, as batch normalisation does.
 */
export function gradientPenalty(
  critic: (x: tf.Tensor) => tf.Tensor,
  { real, fake, uniform }: { real: tf.Tensor; fake: tf.Tensor; uniform: tf.Tensor },
): tf.Scalar {
  const [batch, ...rest] = real.shape as [number, ...number[]];
  const share = tf.reshape(uniform, [batch, ...rest.map(() => 1)]);
  const between = tf.add(real, tf.mul(share, tf.sub(fake, real)));
  const gradient = tf.grad((x) => tf.sum(critic(x)))(between);
  const squares = tf.sum(tf.square(tf.reshape(gradient, [batch, tf.util.sizeFromShape(rest)])), 1);
  return tf.mean(tf.square(tf.sub(tf.sqrt(tf.add(squares, SMALLEST_SQUARE)), 1)));
}
