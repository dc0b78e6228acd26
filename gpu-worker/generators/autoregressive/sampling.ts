import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { Random } from '../../compute/random.js';
import { unitsUpTo, type Layout } from './layout.js';
import type { Parameters } from './network.js';

/**
 * Draws rows column by column, in the order of ranks. Hidden units that see only columns already drawn never change
 * again, so each unit of each layer is computed once: all columns together cost one pass through the network instead
 * of one each.
 *
 * Within a column, the uniform numbers of the rows are stratified (Latin hypercube sampling: McKay, Beckman and
 * Conover, 1979): each row's draw still has the model's distribution, and the shares of the bins over all rows come
 * closer to it than with independent draws.
 *
 * Answers the bins, row-major [rows, columns].
 */
export async function sampleBins(
  layout: Layout,
  blocks: number,
  parameters: Parameters,
  rows: number,
  random: Random,
  signal: AbortSignal,
): Promise<Uint16Array> {
  const columns = layout.widths.length;
  const drawn = new Uint16Array(rows * columns);
  const byRank = [...layout.ranks.keys()].sort((a, b) => layout.ranks[a]! - layout.ranks[b]!);
  const [inputWeights, inputBias, ...rest] = parameters as [tf.Tensor2D, tf.Tensor1D, ...tf.Tensor[]];
  const [outputWeights, outputBias] = rest.slice(-2) as [tf.Tensor2D, tf.Tensor1D];
  // The first layer's sums over the columns drawn so far, and each layer's finished activations [rows, units so far].
  let sums: tf.Tensor2D = tf.tidy(() => tf.tile<tf.Tensor2D>(tf.reshape(inputBias, [1, -1]), [rows, 1]));
  let layers: (tf.Tensor2D | undefined)[] = Array<undefined>(blocks * 2 + 1).fill(undefined);
  try {
    for (const [rank, column] of byRank.entries()) {
      await setImmediate();
      signal.throwIfAborted();
      const offset = layout.offsets[column]!;
      const width = layout.widths[column]!;
      const known = layers.at(-1);
      const logits = tf.tidy(() => {
        const bias = tf.slice(outputBias, offset, width);
        if (!known) return tf.tile(tf.reshape(bias, [1, width]), [rows, 1]);
        const weights = tf.slice<tf.Rank.R2, tf.Tensor2D>(
          outputWeights,
          [0, offset],
          [known.shape[1], width],
        );
        return tf.add(tf.matMul(known, weights), bias);
      });
      const chosen = draw(
        (await logits.data()) as Float32Array,
        rows,
        width,
        random.derive('column', column),
      );
      logits.dispose();
      for (let row = 0; row < rows; row++) drawn[row * columns + column] = chosen[row]!;
      if (rank === columns - 1) break;

      const nextSums = tf.tidy(() => {
        const weights = tf.slice(inputWeights, [offset, 0], [width, -1]);
        return tf.add<tf.Tensor2D>(sums, tf.gather(weights, tf.tensor1d(chosen, 'int32')));
      });
      sums.dispose();
      sums = nextSums;
      const from = unitsUpTo(layout, rank);
      const to = unitsUpTo(layout, rank + 1);
      if (to > from) layers = grow(layers, rest, sums, from, to);
    }
  } finally {
    tf.dispose([sums, layers.filter((layer) => layer !== undefined)] as tf.TensorContainer);
  }
  return drawn;
}

/** Appends units `from`…`to` to the activations of every layer, and disposes of the shorter ones. */
function grow(
  layers: readonly (tf.Tensor2D | undefined)[],
  blockParameters: readonly tf.Tensor[],
  sums: tf.Tensor2D,
  from: number,
  to: number,
): tf.Tensor2D[] {
  const grown = tf.tidy(() => {
    const result: tf.Tensor2D[] = [];
    const append = (units: tf.Tensor): tf.Tensor2D => {
      const before = layers[result.length];
      const active = tf.relu(units) as tf.Tensor2D;
      const layer = before ? tf.concat([before, active], 1) : active;
      result.push(layer);
      return layer;
    };
    const through = (layer: tf.Tensor2D, at: number): tf.Tensor => {
      const weights = tf.slice(blockParameters[at] as tf.Tensor2D, [0, from], [to, to - from]);
      return tf.add(
        tf.matMul(layer, weights),
        tf.slice(blockParameters[at + 1] as tf.Tensor1D, from, to - from),
      );
    };
    let stream: tf.Tensor = tf.slice(sums, [0, from], [-1, to - from]);
    let layer = append(stream);
    for (let block = 0; block * 2 + 1 < layers.length; block++) {
      const inner = append(through(layer, block * 4));
      stream = tf.add(stream, through(inner, block * 4 + 2));
      layer = append(stream);
    }
    return result;
  });
  tf.dispose(layers.filter((layer) => layer !== undefined));
  return grown;
}

/** A bin for each row from its logits [rows, width], by inverting the cumulative distribution. */
function draw(logits: Float32Array, rows: number, width: number, random: Random): Int32Array {
  const strata = random.permutation(rows);
  const weights = new Float64Array(width);
  const chosen = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const at = row * width;
    let largest = -Infinity;
    for (let bin = 0; bin < width; bin++) largest = Math.max(largest, logits[at + bin]!);
    let total = 0;
    for (let bin = 0; bin < width; bin++) total += weights[bin] = Math.exp(logits[at + bin]! - largest);
    let left = ((strata[row]! + random.uniform()) / rows) * total;
    let bin = 0;
    while (bin < width - 1 && left >= weights[bin]!) left -= weights[bin++]!;
    chosen[row] = bin;
  }
  return chosen;
}
