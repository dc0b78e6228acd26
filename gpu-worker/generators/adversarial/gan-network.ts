import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { dense } from '../../compute/layers/dense.js';
import { heUniform } from '../../compute/layers/initialisation.js';
import { binaryCrossEntropy } from '../../compute/layers/losses.js';
import type { Random } from '../../compute/random.js';
import { stored, type StoredOf } from '../../compute/tensors.js';
import { countingScalars, joinOutput, paddingOf, splitOutput } from '../encoding/output.js';
import type { VectorLayout } from '../encoding/row-encoding.js';

type Dense = { readonly weights: tf.Tensor; readonly bias: tf.Tensor };
export type Layers = readonly Dense[];

export const Shape = z.strictObject({
  noise: z.int().positive(),
  hiddenUnits: z.int().positive(),
  hiddenLayers: z.int().positive(),
});
export type Shape = z.infer<typeof Shape>;

/**
 * The classic generative adversarial network (Goodfellow et al., "Generative adversarial nets", 2014): two chains of dense
 * layers with LeakyReLU of slope 0.2. The generator makes row vectors from noise [rows, noise]: tanh for scalars,
 * probabilities for codes. The discriminator's answer is a logit, above 0 for rows that it takes for real.
 */
export function firstGenerator({ units }: VectorLayout, shape: Shape, random: Random): StoredOf<Layers> {
  return chain(random, shape.noise, ...hidden(shape), units);
}

export function firstDiscriminator({ units }: VectorLayout, shape: Shape, random: Random): StoredOf<Layers> {
  return chain(random, units, ...hidden(shape), 1);
}

const hidden = ({ hiddenUnits, hiddenLayers }: Shape): number[] =>
  Array.from({ length: hiddenLayers }, () => hiddenUnits);

function chain(random: Random, ...sizes: readonly number[]): StoredOf<Layers> {
  return sizes.slice(1).map((outputs, index) => ({
    weights: stored([sizes[index]!, outputs], heUniform(random.derive(index), [sizes[index]!, outputs])),
    bias: stored([outputs], new Float32Array(outputs)),
  }));
}

const SLOPE = 0.2;

function feedForward(x: tf.Tensor, layers: Layers): tf.Tensor2D {
  return layers.reduce<tf.Tensor>(
    (y, layer, index) => dense(index === 0 ? y : tf.leakyRelu(y, SLOPE), layer),
    x,
  ) as tf.Tensor2D;
}

/** Row vectors [rows, units] with probabilities for codes. */
export function generate(layout: VectorLayout, generator: Layers, noise: tf.Tensor2D): tf.Tensor2D {
  const output = tf.add<tf.Tensor2D>(feedForward(noise, generator), tf.tensor1d(paddingOf(layout)));
  const { scalars, logits } = splitOutput(layout, output);
  const codes = logits.map((group) => tf.softmax(group));
  return joinOutput(scalars && countingScalars(layout, tf.tanh(scalars), codes), codes);
}

/** Logits [rows, 1]. */
export function judge(discriminator: Layers, rows: tf.Tensor2D): tf.Tensor2D {
  return feedForward(rows, discriminator);
}

/** Mean cross-entropy, in nats, of taking all rows for real (1) or for generated (0). */
export function errorOf(logits: tf.Tensor2D, label: 0 | 1): tf.Scalar {
  return tf.mean<tf.Scalar>(binaryCrossEntropy(logits, tf.fill(logits.shape, label)));
}

/** Share of the rows that are taken for what they are. */
export function accuracyOf(logits: tf.Tensor2D, label: 0 | 1): tf.Scalar {
  const takenForReal = tf.cast(tf.greater(logits, 0), 'float32');
  return tf.mean<tf.Scalar>(label === 1 ? takenForReal : tf.sub(1, takenForReal));
}
