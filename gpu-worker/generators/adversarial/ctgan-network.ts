import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { dense } from '../../compute/layers/dense.js';
import { dropout } from '../../compute/layers/dropout.js';
import { heUniform } from '../../compute/layers/initialisation.js';
import { crossEntropy } from '../../compute/layers/losses.js';
import {
  batchNormalisation,
  batchNormalisationWith,
  type NormalisationParameters,
  type RunningMoments,
} from '../../compute/layers/normalisation.js';
import { gumbelSoftmax } from '../../compute/layers/softmax.js';
import type { Random } from '../../compute/random.js';
import { stored, type StoredOf } from '../../compute/tensors.js';
import { countingScalars, joinOutput, paddingOf, splitOutput } from '../encoding/output.js';
import type { VectorLayout } from '../encoding/row-encoding.js';
import { conditionPlaces, conditionWidth } from './conditions.js';

type Dense = { readonly weights: tf.Tensor; readonly bias: tf.Tensor };

export const Shape = z.strictObject({
  noise: z.int().positive(),
  hiddenUnits: z.int().positive(),
  hiddenLayers: z.int().positive(),
  packing: z.int().positive(),
});
export type Shape = z.infer<typeof Shape>;

/** Each hidden layer sees all before it (section 4.4 of the paper). */
export type GeneratorParameters = {
  readonly hidden: readonly { readonly dense: Dense; readonly normalisation: NormalisationParameters }[];
  readonly output: Dense;
};
/** One a hidden layer. */
export type Moments = readonly RunningMoments[];
export type Critic = readonly Dense[];

/** Of the Gumbel softmax (section 4.4). */
const TEMPERATURE = 0.2;
/** Of scalars beside codes in `pairDistance`: their products, of a deviation of 1, would drown the joint frequencies in noise. */
const SCALAR_WEIGHT = 0.25;
const SLOPE = 0.2;
const DROPOUT = 0.5;

export function firstGenerator(
  layout: VectorLayout,
  { noise, hiddenUnits, hiddenLayers }: Shape,
  random: Random,
): StoredOf<GeneratorParameters> {
  const inputs = noise + conditionWidth(layout);
  const hidden = Array.from({ length: hiddenLayers }, (_, layer) => ({
    dense: firstDense(random.derive(layer), inputs + layer * hiddenUnits, hiddenUnits),
    normalisation: {
      gain: stored([hiddenUnits], new Float32Array(hiddenUnits).fill(1)),
      bias: stored([hiddenUnits], new Float32Array(hiddenUnits)),
    },
  }));
  return {
    hidden,
    output: firstDense(random.derive('output'), inputs + hiddenLayers * hiddenUnits, layout.units),
  };
}

export function firstMoments({ hiddenUnits, hiddenLayers }: Shape): StoredOf<Moments> {
  return Array.from({ length: hiddenLayers }, () => ({
    mean: stored([hiddenUnits], new Float32Array(hiddenUnits)),
    variance: stored([hiddenUnits], new Float32Array(hiddenUnits).fill(1)),
  }));
}

export function firstCritic(
  layout: VectorLayout,
  { hiddenUnits, hiddenLayers, packing }: Shape,
  random: Random,
): StoredOf<Critic> {
  const inputs = packing * (layout.units + conditionWidth(layout));
  const sizes = [inputs, ...Array.from({ length: hiddenLayers }, () => hiddenUnits), 1];
  return sizes.slice(1).map((outputs, layer) => firstDense(random.derive(layer), sizes[layer]!, outputs));
}

function firstDense(random: Random, inputs: number, outputs: number): StoredOf<Dense> {
  return {
    weights: stored([inputs, outputs], heUniform(random, [inputs, outputs])),
    bias: stored([outputs], new Float32Array(outputs)),
  };
}

export interface Generated {
  /** Row vectors [rows, units], their codes nearly one-hot. */
  readonly rows: tf.Tensor2D;
  /** Of each group's codes [rows, columns, width]. */
  readonly logits: readonly tf.Tensor3D[];
  /** Of this batch. */
  readonly moments: Moments;
}

/** For training: batch statistics, and codes drawn by Gumbel softmax from `uniform` noise [rows, units]. */
export function generate(
  layout: VectorLayout,
  { hidden, output }: GeneratorParameters,
  running: Moments,
  { noise, condition, uniform }: Record<'noise' | 'condition' | 'uniform', tf.Tensor2D>,
): Generated {
  const moments: RunningMoments[] = [];
  let x: tf.Tensor = tf.concat([noise, condition], 1);
  hidden.forEach((layer, index) => {
    const normalised = batchNormalisation(dense(x, layer.dense), layer.normalisation, running[index]!, {
      momentum: 0,
    });
    moments.push(normalised.running);
    x = tf.concat([tf.relu(normalised.y), x], 1);
  });
  const { scalars, logits } = outputOf(layout, output, x);
  const noiseOfCodes = splitOutput(layout, uniform).logits;
  const codes = logits.map(
    (group, index) => gumbelSoftmax(group, noiseOfCodes[index]!, TEMPERATURE) as tf.Tensor3D,
  );
  return { rows: joinOutput(scalars && countingScalars(layout, scalars, codes), codes), logits, moments };
}

/** For sampling: running statistics, and the codes' probabilities [rows, units]. */
export function probabilitiesOf(
  layout: VectorLayout,
  { hidden, output }: GeneratorParameters,
  moments: Moments,
  { noise, condition }: Record<'noise' | 'condition', tf.Tensor2D>,
): tf.Tensor2D {
  const x = hidden.reduce<tf.Tensor>(
    (input, layer, index) => {
      const y = batchNormalisationWith(dense(input, layer.dense), layer.normalisation, moments[index]!);
      return tf.concat([tf.relu(y), input], 1);
    },
    tf.concat([noise, condition], 1),
  );
  const { scalars, logits } = outputOf(layout, output, x);
  return joinOutput(
    scalars,
    logits.map((group) => tf.softmax(group)),
  );
}

function outputOf(layout: VectorLayout, output: Dense, x: tf.Tensor) {
  const made = tf.add<tf.Tensor2D>(dense(x, output), tf.tensor1d(paddingOf(layout)));
  const { scalars, logits } = splitOutput(layout, made);
  const bounds = Float32Array.from(layout.scalars, ({ bound }) => bound);
  return { scalars: scalars && tf.mul<tf.Tensor2D>(tf.tanh(scalars), tf.tensor1d(bounds)), logits };
}

/** Mean cross-entropy, in nats, of the asked for codes [rows, conditionWidth] by the logits. */
export function conditionError(
  layout: VectorLayout,
  logits: readonly tf.Tensor3D[],
  condition: tf.Tensor2D,
): tf.Scalar {
  if (logits.length === 0) return tf.scalar(0);
  const asked = tf.matMul<tf.Tensor2D>(condition, placement(layout));
  const targets = splitOutput({ ...layout, scalars: [] }, asked).logits;
  const errors = logits.map((group, index) => tf.sum(crossEntropy(group, targets[index]!)));
  return tf.div<tf.Scalar>(tf.addN(errors), condition.shape[0]);
}

/** What takes conditions [rows, conditionWidth] to the codes' units [rows, units − scalars]: 1 where a unit is that code. */
function placement(layout: VectorLayout): tf.Tensor2D {
  const codeUnits = layout.units - layout.scalars.length;
  const places = new Float32Array(conditionWidth(layout) * codeUnits);
  for (const { span, width, offset } of conditionPlaces(layout)) {
    for (let code = 0; code < width; code++)
      places[(offset + code) * codeUnits + layout.spans[span]!.offset + code] = 1;
  }
  return tf.tensor2d(places, [conditionWidth(layout), codeUnits]);
}

/**
 * How far pairs of units of made rows are from those of real ones, both [rows, units]: the squared distance of their second
 * moments, which is the maximum mean discrepancy of a quadratic kernel (Li, Swersky and Zemel, "Generative moment matching
 * networks", 2015, section 2). Of codes, second moments are the joint frequencies of two columns.
 */
export function pairDistance(layout: VectorLayout, real: tf.Tensor2D, made: tf.Tensor2D): tf.Scalar {
  const weights = new Float32Array(layout.units).fill(1);
  weights.fill(SCALAR_WEIGHT, 0, layout.scalars.length);
  const moments = (rows: tf.Tensor2D) => {
    const weighted = tf.mul<tf.Tensor2D>(rows, tf.tensor1d(weights));
    return tf.div(tf.matMul(weighted, weighted, true), rows.shape[0]);
  };
  return tf.sum(tf.square(tf.sub(moments(made), moments(real))));
}

/** Rows with their conditions, `packing` of them side by side [rows / packing, packing × (units + conditionWidth)]. */
export function packed(rows: tf.Tensor2D, condition: tf.Tensor2D, packing: number): tf.Tensor2D {
  const both = tf.concat2d([rows, condition], 1);
  return tf.reshape(both, [rows.shape[0] / packing, packing * both.shape[1]]);
}

/** The critic's score of each pack [packs, 1]; `uniform` is noise for dropout, one a hidden layer [packs, hiddenUnits]. */
export function score(critic: Critic, packs: tf.Tensor, uniform: readonly tf.Tensor[]): tf.Tensor {
  return critic.reduce<tf.Tensor>((x, layer, index) => {
    const y = dense(x, layer);
    return index < critic.length - 1 ? dropout(tf.leakyRelu(y, SLOPE), uniform[index]!, DROPOUT) : y;
  }, packs);
}
