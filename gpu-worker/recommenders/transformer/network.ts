import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { causalMask, multiHeadAttention } from '../../compute/layers/attention.js';
import { catalogueLoss } from '../../compute/layers/catalogue-loss.js';
import { dense } from '../../compute/layers/dense.js';
import { dropout } from '../../compute/layers/dropout.js';
import { embedding } from '../../compute/layers/embedding.js';
import { glorotUniform, normal } from '../../compute/layers/initialisation.js';
import { layerNormalisation } from '../../compute/layers/normalisation.js';
import type { Random } from '../../compute/random.js';
import { stored, type Stored, type StoredOf } from '../../compute/tensors.js';

/** Sizes that the parameters follow from. Stored with the model. */
export const Shape = z.strictObject({
  items: z.int().min(1),
  width: z.int().min(1),
  blocks: z.int().min(1),
  heads: z.int().min(1),
  /** Most items of a history that are looked at. */
  length: z.int().min(1),
});
export type Shape = z.infer<typeof Shape>;

type Dense = { readonly weights: tf.Tensor2D; readonly bias: tf.Tensor1D };
type Norm = { readonly gain: tf.Tensor1D; readonly bias: tf.Tensor1D };
type Block = {
  readonly attentionNorm: Norm;
  readonly query: Dense;
  readonly key: Dense;
  readonly value: Dense;
  readonly output: Dense;
  readonly denseNorm: Norm;
  readonly inner: Dense;
  readonly outer: Dense;
};

export type Parameters = {
  /** Vectors of items [items, width]: what a history is made of, and what is chosen among. */
  readonly items: tf.Tensor2D;
  /** Vectors of places in a history, the oldest first [length, width]. */
  readonly places: tf.Tensor2D;
  readonly blocks: readonly Block[];
  readonly norm: Norm;
};

/** Of vectors before training (Devlin et al., "BERT", 2019, as its code has it). */
const DEVIATION = 0.02;
/** Inner width of a block's dense layers, in widths. */
const EXPANSION = 4;

export function firstParameters(
  { items, width, blocks, length }: Shape,
  random: Random,
): StoredOf<Parameters> {
  let count = 0;
  const next = (): Random => random.derive('parameters', count++);
  const layer = (from: number, to: number): StoredOf<Dense> => ({
    weights: stored([from, to], glorotUniform(next(), [from, to])),
    bias: stored([to], new Float32Array(to)),
  });
  const norm = (): StoredOf<Norm> => ({
    gain: stored([width], new Float32Array(width).fill(1)),
    bias: stored([width], new Float32Array(width)),
  });
  const vectors = (rows: number): Stored => stored([rows, width], normal(next(), [rows, width], DEVIATION));
  return {
    items: vectors(items),
    places: vectors(length),
    blocks: Array.from({ length: blocks }, () => ({
      attentionNorm: norm(),
      query: layer(width, width),
      key: layer(width, width),
      value: layer(width, width),
      output: layer(width, width),
      denseNorm: norm(),
      inner: layer(width, EXPANSION * width),
      outer: layer(EXPANSION * width, width),
    })),
    norm: norm(),
  };
}

/** Histories side by side in rows of one length; see `packing.ts`. All [rows, places]. */
export interface Packed {
  readonly item: tf.Tensor2D;
  /** Place within its history, from 0. */
  readonly place: tf.Tensor2D;
  /** Which of the row's histories; places look at their own only. */
  readonly history: tf.Tensor2D;
}

/** Dropout's noise, uniform over [0, 1): [1 + 2 · blocks, rows, places, width]. */
export interface Noise {
  readonly uniform: tf.Tensor;
  readonly rate: number;
}

/**
 * Hidden states [rows · places, width]: what each place expects next. SASRec's network (Kang and McAuley, "Self-attentive
 * sequential recommendation", 2018, section III), with normalisation before each part and a wider dense layer.
 */
export function hiddenStates(
  { heads, width }: Shape,
  parameters: Parameters,
  { item, place, history }: Packed,
  noise?: Noise,
): tf.Tensor2D {
  const [rows, places] = item.shape;
  const same = tf.equal(tf.reshape(history, [rows, places, 1]), tf.reshape(history, [rows, 1, places]));
  const mask = tf.reshape(tf.mul(tf.cast(same, 'float32'), causalMask(places)), [rows, 1, places, places]);
  let masks = 0;
  const dropped = (x: tf.Tensor): tf.Tensor => {
    if (!noise) return x;
    const own = tf.slice(noise.uniform, [masks++, 0, 0, 0], [1, rows, places, width]);
    return dropout(x, tf.reshape(own, [rows, places, width]), noise.rate);
  };
  let x = dropped(tf.add(embedding(item, parameters.items), embedding(place, parameters.places)));
  for (const block of parameters.blocks) {
    const attended = multiHeadAttention(layerNormalisation(x, block.attentionNorm), block, { heads, mask });
    x = tf.add(x, dropped(attended));
    const inner = tf.relu(dense(layerNormalisation(x, block.denseNorm), block.inner));
    x = tf.add(x, dropped(dense(inner, block.outer)));
  }
  return tf.reshape(layerNormalisation(x, parameters.norm), [rows * places, width]);
}

/** Scores of all items [n, items] by hidden states [n, width]: the logits of what comes next. */
export function itemScores(parameters: Parameters, hidden: tf.Tensor2D): tf.Tensor2D {
  return tf.matMul(hidden, parameters.items, false, true);
}

/** Mean cross-entropy of what came next over all items, in nats; `target` and `weight` [rows · places]. */
export function nextItemLoss(
  shape: Shape,
  parameters: Parameters,
  packed: Packed,
  { target, weight }: { readonly target: tf.Tensor1D; readonly weight: tf.Tensor1D },
  noise?: Noise,
): tf.Scalar {
  const losses = catalogueLoss(hiddenStates(shape, parameters, packed, noise), parameters.items, target);
  return tf.div(tf.sum(tf.mul(losses, weight)), tf.maximum(tf.sum(weight), 1));
}
