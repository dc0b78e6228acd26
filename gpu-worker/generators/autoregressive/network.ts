import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../compute/random.js';
import { sizeOf, stored, type Stored } from '../../compute/tensors.js';
import { realUnits, unitDegrees, type Layout } from './layout.js';

/**
 * A masked autoregressive network over one-hot bins: MADE (Germain et al., "MADE: Masked Autoencoder for Distribution
 * Estimation", 2015, section 4) with the residual blocks of Durkan and Nash ("Autoregressive Energy Machines", 2019,
 * section 4.2). The output for a column depends only on columns of lower rank, so that one pass gives every
 * conditional distribution, and their product is the probability of a row.
 *
 * Direct weights lead from each bin to those of all later columns (the paper's section 4.3 calls them direct connections).
 * Without them, what a column says to the next one has to pass the few hidden units whose degree lies between the two, and
 * relations of two categories come out blurred; with them, the network begins as a log-linear model of pairs.
 *
 * Parameters are a flat list of tensors in the order of `parameterShapes`. Entries that a mask forbids are zero from
 * the start and get no gradient, so no mask is applied on the way forward.
 */
export type Parameters = readonly tf.Tensor[];

export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
}

export function parameterShapes({ units, hidden }: Layout, blocks: number): ParameterShape[] {
  return [
    { name: 'input/weights', shape: [units, hidden] },
    { name: 'input/bias', shape: [hidden] },
    { name: 'direct/weights', shape: [units, units] },
    ...Array.from({ length: blocks }, (_, block) => [
      { name: `block${block}/first/weights`, shape: [hidden, hidden] },
      { name: `block${block}/first/bias`, shape: [hidden] },
      { name: `block${block}/second/weights`, shape: [hidden, hidden] },
      { name: `block${block}/second/bias`, shape: [hidden] },
    ]).flat(),
    { name: 'output/weights', shape: [hidden, units] },
    { name: 'output/bias', shape: [units] },
  ];
}

/** Place of the direct weights among the parameters. */
export const DIRECT_WEIGHTS = 2;

/** Output bias of padding: its probability is 0 in single precision, and it gets no gradient. */
const PADDING_LOGIT = -1e4;

/**
 * First values: He's normal for weights, over the inputs that a unit really has; zero for the second layer of each
 * block and for the output, so that the network starts as independent columns, with the bins' log frequencies as
 * output bias.
 */
export function initialParameters(
  layout: Layout,
  blocks: number,
  logFrequencies: Float32Array,
  random: Random,
): Map<string, Float32Array> {
  const initial = new Map<string, Float32Array>();
  for (const { name, shape } of parameterShapes(layout, blocks)) {
    const values = new Float32Array(shape.reduce((count, size) => count * size, 1));
    const stream = random.derive(name);
    if (name === 'output/bias') {
      const real = realUnits(layout);
      for (let unit = 0; unit < values.length; unit++)
        values[unit] = real[unit] ? logFrequencies[unit]! : PADDING_LOGIT;
    } else if (name === 'input/weights' || name.endsWith('first/weights')) {
      // One unit a column is on in the input; in a block, about half of a unit's inputs are.
      const [rows, columns] = shape as [number, number];
      const mask = maskOf(layout, name)!;
      for (let column = 0; column < columns; column++) {
        let inputs = 0;
        for (let row = 0; row < rows; row++) inputs += mask[row * columns + column]!;
        const active = name === 'input/weights' ? layout.degrees[column]! : inputs;
        const deviation = Math.sqrt(2 / Math.max(1, active));
        for (let row = 0; row < rows; row++) {
          if (mask[row * columns + column]) values[row * columns + column] = deviation * stream.normal();
        }
      }
    }
    initial.set(name, values);
  }
  return initial;
}

/** Which entries of a weight matrix may differ from zero (1), row-major; undefined for a bias, which has no mask. */
export function maskOf(layout: Layout, name: string): Uint8Array | undefined {
  if (!name.endsWith('/weights')) return undefined;
  const bins = unitDegrees(layout);
  const { degrees } = layout;
  if (name === 'input/weights') return mask(bins, degrees, (from, to) => from <= to);
  if (name === 'output/weights') return mask(degrees, bins, (from, to) => from < to);
  if (name === 'direct/weights') return mask(bins, bins, (from, to) => from < to);
  return mask(degrees, degrees, (from, to) => from <= to);
}

function mask(from: Int32Array, to: Int32Array, allowed: (from: number, to: number) => boolean): Uint8Array {
  const entries = new Uint8Array(from.length * to.length);
  for (let row = 0; row < from.length; row++) {
    for (let column = 0; column < to.length; column++) {
      if (allowed(from[row]!, to[column]!)) entries[row * to.length + column] = 1;
    }
  }
  return entries;
}

/** Logits [rows, units] of one-hot bins [rows, units]. */
export function logitsOf(parameters: Parameters, oneHot: tf.Tensor2D): tf.Tensor2D {
  const [inputWeights, inputBias, directWeights, ...rest] = parameters as [
    tf.Tensor2D,
    tf.Tensor1D,
    tf.Tensor2D,
    ...tf.Tensor[],
  ];
  const [outputWeights, outputBias] = rest.slice(-2) as [tf.Tensor2D, tf.Tensor1D];
  let stream = tf.add<tf.Tensor2D>(tf.matMul(oneHot, inputWeights), inputBias);
  for (let at = 0; at + 2 < rest.length; at += 4) {
    const [firstWeights, firstBias, secondWeights, secondBias] = rest.slice(at, at + 4) as [
      tf.Tensor2D,
      tf.Tensor1D,
      tf.Tensor2D,
      tf.Tensor1D,
    ];
    const inner = tf.add<tf.Tensor2D>(tf.matMul(tf.relu(stream), firstWeights), firstBias);
    stream = tf.add(stream, tf.add(tf.matMul(tf.relu(inner), secondWeights), secondBias));
  }
  const through = tf.matMul(tf.relu<tf.Tensor2D>(stream), outputWeights);
  return tf.add(tf.add<tf.Tensor2D>(through, tf.matMul(oneHot, directWeights)), outputBias);
}

/** Mean negative log likelihood of the rows, in nats a row, as a scalar. */
export function lossOf(layout: Layout, parameters: Parameters, oneHot: tf.Tensor2D): tf.Scalar {
  return tf.div<tf.Scalar>(totalLoss(layout, logitsOf(parameters, oneHot), oneHot), oneHot.shape[0]);
}

/** Negative log likelihood of all rows together, in nats, from their logits [rows, units]. */
export function totalLoss(layout: Layout, logits: tf.Tensor2D, oneHot: tf.Tensor2D): tf.Scalar {
  const rows = oneHot.shape[0];
  const spans = layout.groups.map(({ columns, width }) => columns * width);
  const parts = tf.split(logits, spans, 1);
  const targets = tf.split(oneHot, spans, 1);
  const losses = layout.groups.map(({ columns, width }, index) => {
    const shape: [number, number] = [rows * columns, width];
    return crossEntropy(tf.reshape(parts[index]!, shape), tf.reshape(targets[index]!, shape));
  });
  return tf.addN(losses);
}

/** Below this a probability counts as this, so that its logarithm is finite. */
const SMALLEST_PROBABILITY = 1e-30;

/**
 * −Σ log softmax(logits)[target] over all rows; forward and backward share one softmax. The gradient is softmax −
 * target; the composed form takes three times as long on the wasm engine.
 */
const crossEntropy = tf.customGrad((logits, target, save) => {
  const probabilities = tf.softmax(logits as tf.Tensor2D);
  const ofTarget = tf.sum(tf.mul(probabilities, target as tf.Tensor2D), 1);
  (save as tf.GradSaveFunc)([probabilities, target as tf.Tensor2D]);
  return {
    value: tf.neg(tf.sum(tf.log(tf.maximum(ofTarget, SMALLEST_PROBABILITY)))),
    gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [softmax, hot] = saved as [tf.Tensor, tf.Tensor];
      return [tf.mul(tf.sub(softmax, hot), dy), tf.zerosLike(hot)];
    },
  };
}) as (logits: tf.Tensor2D, target: tf.Tensor2D) => tf.Scalar;

/** Parameters in the order of `parameterShapes`. Throws a RangeError for a missing or misshapen one. */
export function inOrder(
  shapes: readonly ParameterShape[],
  values: ReadonlyMap<string, Float32Array>,
): Stored[] {
  return shapes.map(({ name, shape }) => {
    const found = values.get(name);
    if (found?.length !== sizeOf(shape)) {
      throw new RangeError(
        `parameter "${name}" has ${found?.length ?? 'no'} values for the shape [${shape.join(', ')}]`,
      );
    }
    return stored(shape, found);
  });
}

/** The other way round. */
export function byName(
  shapes: readonly ParameterShape[],
  parameters: readonly Stored[],
): Map<string, Float32Array> {
  return new Map(shapes.map(({ name }, index) => [name, parameters[index]!.values as Float32Array]));
}

/** One-hot bins [rows, units] of the rows picked from `bins`, a row-major matrix of bins with a column a modelled one. */
export function oneHotOf(layout: Layout, bins: Uint16Array, rows: ArrayLike<number>): Float32Array {
  const { offsets, units } = layout;
  const columns = offsets.length;
  const values = new Float32Array(rows.length * units);
  for (let row = 0; row < rows.length; row++) {
    const from = rows[row]! * columns;
    const to = row * units;
    for (let column = 0; column < columns; column++) values[to + offsets[column]! + bins[from + column]!] = 1;
  }
  return values;
}
