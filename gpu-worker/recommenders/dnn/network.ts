import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { dense } from '../../compute/layers/dense.js';
import { dropout } from '../../compute/layers/dropout.js';
import { embedding } from '../../compute/layers/embedding.js';
import { glorotUniform, heUniform, normal } from '../../compute/layers/initialisation.js';
import { crossEntropyOfLabels } from '../../compute/layers/losses.js';
import type { Random } from '../../compute/random.js';
import { stored, type StoredOf } from '../../compute/tensors.js';
import { CROSS_FEATURES } from '../features/user-features.js';

/** Sizes that the parameters follow from. Stored with the model. */
export const Shape = z.strictObject({
  /** Items with a vector of their own. */
  items: z.int().min(1),
  itemFeatures: z.int().min(1),
  userFeatures: z.int().min(1),
  width: z.int().min(1),
  /** Units of the ranking network. */
  rankingUnits: z.int().min(1),
});
export type Shape = z.infer<typeof Shape>;

type Dense = { readonly weights: tf.Tensor2D; readonly bias: tf.Tensor1D };

export type Parameters = {
  /** What an item is besides its features [items, width]. */
  readonly ids: tf.Tensor2D;
  /** What its popularity adds [1, width]. */
  readonly popularity: tf.Tensor2D;
  readonly itemInner: Dense;
  readonly itemOuter: Dense;
  /** Of the history's mean, its last item, and the user's features. */
  readonly userInner: Dense;
  readonly userOuter: Dense;
  readonly rankingInner: Dense;
  readonly rankingOuter: Dense;
};

/** What cosines are divided by, so that a softmax over them can be sure (Yi et al., 2019, section 3). */
export const TEMPERATURE = 0.07;
const DEVIATION = 0.05;
/** Added to squares of lengths, so that a vector of zeros has one. */
export const LEAST_SQUARE = 1e-8;
const FORBIDDEN = -1e9;

export function firstParameters(shape: Shape, random: Random): StoredOf<Parameters> {
  const { items, itemFeatures, userFeatures, width, rankingUnits } = shape;
  let count = 0;
  const next = (): Random => random.derive('parameters', count++);
  const hidden = (from: number, to: number): StoredOf<Dense> => ({
    weights: stored([from, to], heUniform(next(), [from, to])),
    bias: stored([to], new Float32Array(to)),
  });
  const outer = (from: number, to: number, scale: number): StoredOf<Dense> => ({
    weights: stored(
      [from, to],
      glorotUniform(next(), [from, to]).map((value) => value * scale),
    ),
    bias: stored([to], new Float32Array(to)),
  });
  return {
    ids: stored([items, width], normal(next(), [items, width], DEVIATION)),
    popularity: stored([1, width], normal(next(), [1, width], DEVIATION)),
    itemInner: hidden(itemFeatures, width),
    itemOuter: outer(width, width, 0.1),
    userInner: hidden(2 * width + userFeatures, 2 * width),
    userOuter: outer(2 * width, width, 0.1),
    rankingInner: hidden(width + CROSS_FEATURES, rankingUnits),
    // At first the towers decide.
    rankingOuter: outer(rankingUnits, 1, 0.01),
  };
}

/** Constants of the catalogue that steps look items up in. */
export type ItemConstants = {
  /** [items, itemFeatures] */
  readonly features: tf.Tensor2D;
  /** [items, 1] */
  readonly popularity: tf.Tensor2D;
};

/**
 * Vectors of length 1 [n, width] of items by code [n]: features, and where `known` [n, 1] is 1 the item's own vector and its
 * popularity. Training takes those away from a share of items, so that features alone come to mean something (Volkovs et
 * al., "DropoutNet", 2017, section 3).
 */
export function itemVectors(
  parameters: Parameters,
  constants: ItemConstants,
  item: tf.Tensor,
  known: tf.Tensor,
): tf.Tensor2D {
  const inner = tf.relu(dense(embedding(item, constants.features), parameters.itemInner));
  const popular = tf.matMul(embedding(item, constants.popularity), parameters.popularity);
  const own = tf.mul(tf.add(embedding(item, parameters.ids), popular), known);
  return ofLengthOne(tf.add(dense(inner, parameters.itemOuter), own));
}

/** Vectors of length 1 [n, width] of users by their histories' mean and last item [n, width], and features [n, userFeatures]. */
export function userVectors(
  parameters: Parameters,
  mean: tf.Tensor,
  last: tf.Tensor,
  features: tf.Tensor,
): tf.Tensor2D {
  const inner = tf.relu(dense(tf.concat([mean, last, features], 1), parameters.userInner));
  return ofLengthOne(tf.addN([mean, last, dense(inner, parameters.userOuter)]));
}

/** What the ranking network adds to a cosine over the temperature: [n, candidates] of products and crosses [n, candidates, …]. */
export function rankingTerms(parameters: Parameters, products: tf.Tensor, crosses: tf.Tensor): tf.Tensor {
  const inner = tf.relu(dense(tf.concat([products, crosses], 2), parameters.rankingInner));
  const terms = dense(inner, parameters.rankingOuter);
  return tf.reshape(terms, terms.shape.slice(0, 2));
}

/** A batch of choices that users made. */
export interface Choices {
  /** Items of histories, the newest last [n, length]; any item where the weight is 0. */
  readonly history: tf.Tensor;
  /** What each counts in the mean, and in the last item [n, length]. */
  readonly meanWeight: tf.Tensor;
  readonly lastWeight: tf.Tensor;
  readonly features: tf.Tensor;
  readonly target: tf.Tensor;
  /** Items that each choice is set against in the towers' loss [candidates]; distinct. */
  readonly candidates: tf.Tensor;
  /** Places in `candidates` that it is set against in ranking [n, ranked]. */
  readonly ranked: tf.Tensor;
  /** 1 where that is the target itself [n, ranked]. */
  readonly repeated: tf.Tensor;
  /** [n, 1 + ranked, CROSS_FEATURES]: of the target, then of the ranked. */
  readonly crosses: tf.Tensor;
  /** 1 where an item is known by more than its features: [n·length, 1], [n, 1], [candidates, 1]. */
  readonly historyKnown: tf.Tensor;
  readonly targetKnown: tf.Tensor;
  readonly candidatesKnown: tf.Tensor;
}

/** Mean losses in nats: of choosing among candidates by the towers, and among few by towers and ranking network. */
export function lossesOf(
  { width }: Shape,
  parameters: Parameters,
  constants: ItemConstants,
  choices: Choices,
  noise: { readonly uniform: tf.Tensor; readonly rate: number },
): { readonly towers: tf.Scalar; readonly ranking: tf.Scalar } {
  const { history, target, candidates, ranked } = choices;
  const [count, length] = history.shape as [number, number];
  const flat = tf.reshape(history, [count * length]);
  const met = tf.reshape(itemVectors(parameters, constants, flat, choices.historyKnown), [
    count,
    length,
    width,
  ]);
  const summed = (weights: tf.Tensor): tf.Tensor =>
    tf.reshape(tf.matMul(tf.reshape(weights, [count, 1, length]), met), [count, width]);
  const mean = dropout(summed(choices.meanWeight), noise.uniform, noise.rate);
  const user = userVectors(parameters, mean, summed(choices.lastWeight), choices.features);
  const wanted = itemVectors(parameters, constants, target, choices.targetKnown);
  const others = itemVectors(parameters, constants, candidates, choices.candidatesKnown);

  const ofWanted = tf.div(tf.sum(tf.mul(user, wanted), 1, true), TEMPERATURE);
  const ofOthers = tf.div(tf.matMul(user, others, false, true), TEMPERATURE);
  const same = tf.equal(tf.reshape(target, [count, 1]), tf.reshape(candidates, [1, candidates.size]));
  const apart = tf.add(ofOthers, tf.mul(tf.cast(same, 'float32'), FORBIDDEN));
  const first = tf.fill([count], 0, 'int32');
  const towers = crossEntropyOfLabels(tf.concat([ofWanted, apart], 1), first);

  const size = ranked.shape[1]!;
  const chosen = tf.reshape(embedding(tf.reshape(ranked, [count * size]), others), [count, size, width]);
  const all = tf.concat([tf.reshape(wanted, [count, 1, width]), chosen], 1);
  const products = tf.mul(tf.reshape(user, [count, 1, width]), all);
  const cosines = tf.div(tf.sum(products, 2), TEMPERATURE);
  const allowed = tf.concat([tf.zeros([count, 1]), tf.mul(choices.repeated, FORBIDDEN)], 1);
  const logits = tf.addN([cosines, rankingTerms(parameters, products, choices.crosses), allowed]);
  return {
    towers: tf.mean(towers),
    ranking: tf.mean(crossEntropyOfLabels(logits, first)),
  };
}

function ofLengthOne(x: tf.Tensor): tf.Tensor2D {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), 1, true), LEAST_SQUARE)));
}
