import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { dense } from '../../compute/layers/dense.js';
import { embedding } from '../../compute/layers/embedding.js';
import { glorotUniform, normal } from '../../compute/layers/initialisation.js';
import { crossEntropyOfLabels } from '../../compute/layers/losses.js';
import { layerNormalisation } from '../../compute/layers/normalisation.js';
import type { Random } from '../../compute/random.js';
import { stored, type Stored, type StoredOf } from '../../compute/tensors.js';

/** Numbers about where an event stands in its log; see `placeFeatures`. */
export const PLACE_FEATURES = 12;
/** Components that are counted rather than learnt: transitions, wider transitions, repeats, popularity. */
export const COUNTED = 4;
const HEADS = 4;
const FORBIDDEN = -1e9;
/** What item logits are scaled by, so that Adam moves vectors whose first values are large. */
const LEAST_PROBABILITY = 1e-12;

/** Sizes that the parameters follow from. Stored with the model. */
export const Shape = z.strictObject({
  width: z.int(),
  layers: z.int(),
  window: z.int(),
  /** Items to choose among, the one that stands for none included. */
  items: z.int(),
  /** Codes of each event field, in the order in which they are chosen. */
  fields: z.array(z.int()),
  /** How many of the fields are chosen before the item. */
  before: z.int(),
  /** Codes of each user field. */
  users: z.array(z.int()),
});
export type Shape = z.infer<typeof Shape>;

type Dense = { readonly weights: tf.Tensor2D; readonly bias: tf.Tensor1D };
type Norm = { readonly gain: tf.Tensor1D; readonly bias: tf.Tensor1D };
type Layer = {
  readonly attentionNorm: Norm;
  readonly query: Dense;
  readonly key: Dense;
  readonly value: Dense;
  readonly output: Dense;
  /** Added to scores by distance and head [window, heads]. */
  readonly distances: tf.Tensor2D;
  readonly denseNorm: Norm;
  readonly inner: Dense;
  readonly outer: Dense;
};
type Head = { readonly norm: Norm; readonly hidden: Dense; readonly logits: Dense };

export type Parameters = {
  /** [items + 1, width]: the last stands for a log's beginning. */
  readonly items: tf.Tensor2D;
  readonly itemBias: tf.Tensor1D;
  readonly place: Dense;
  /** Codes of the event before, and of this one [codes, width]. */
  readonly fieldsIn: readonly tf.Tensor2D[];
  readonly fieldsOut: readonly tf.Tensor2D[];
  readonly itemOut: Dense;
  readonly users: readonly tf.Tensor2D[];
  readonly layers: readonly Layer[];
  readonly heads: readonly Head[];
  readonly query: Head;
  readonly gates: Head;
};

export function firstParameters(
  shape: Shape,
  random: Random,
  learnt?: { readonly vectors: Float32Array; readonly logFrequencies: Float32Array },
): StoredOf<Parameters> {
  const { width, items, fields, users, window } = shape;
  let count = 0;
  const next = (): Random => random.derive('parameters', count++);
  const layer = (from: number, to: number, scale = 1): StoredOf<Dense> => ({
    weights: stored(
      [from, to],
      glorotUniform(next(), [from, to]).map((value) => value * scale),
    ),
    bias: stored([to], new Float32Array(to)),
  });
  const norm = (): StoredOf<Norm> => ({
    gain: stored([width], new Float32Array(width).fill(1)),
    bias: stored([width], new Float32Array(width)),
  });
  const codes = (size: number): Stored => stored([size, width], normal(next(), [size, width], 0.1));
  const head = (to: number): StoredOf<Head> => ({
    norm: norm(),
    hidden: layer(width, width),
    logits: layer(width, to, 0.1),
  });
  const vectors = normal(next(), [items + 1, width], 0.02);
  learnt?.vectors.forEach((value, at) => {
    vectors[at]! += value;
  });
  return {
    items: stored([items + 1, width], vectors),
    itemBias: stored([items], learnt?.logFrequencies ?? new Float32Array(items)),
    place: layer(PLACE_FEATURES, width),
    fieldsIn: fields.map(codes),
    fieldsOut: fields.map(codes),
    itemOut: layer(width, width),
    users: users.map(codes),
    layers: Array.from({ length: shape.layers }, () => ({
      attentionNorm: norm(),
      query: layer(width, width),
      key: layer(width, width),
      value: layer(width, width),
      output: layer(width, width),
      distances: stored([window, HEADS], new Float32Array(window * HEADS)),
      denseNorm: norm(),
      inner: layer(width, 2 * width),
      outer: layer(2 * width, width),
    })),
    heads: fields.map(head),
    query: head(width),
    gates: head(COUNTED + 1),
  };
}

/** What is known before an event, for [batch, places]. */
export interface Known {
  /** Item of the event before [batch, places]; `items` at a log's beginning. */
  readonly item: tf.Tensor2D;
  /** Codes of the event before, a tensor a field [batch, places]. */
  readonly fields: readonly tf.Tensor2D[];
  /** [batch, places, PLACE_FEATURES] */
  readonly place: tf.Tensor3D;
  /** [batch, 1] a user field. */
  readonly users: readonly tf.Tensor2D[];
}

function embedded(parameters: Parameters, known: Known): tf.Tensor {
  return tf.addN([
    embedding(known.item, parameters.items),
    dense(known.place, parameters.place),
    ...known.fields.map((codes, field) => embedding(codes, parameters.fieldsIn[field]!)),
    ...known.users.map((codes, field) =>
      tf.mul(embedding(codes, parameters.users[field]!), tf.ones([1, known.item.shape[1], 1])),
    ),
  ]);
}

/** Hidden states [batch, window, width] of whole windows. */
export function hiddenStates({ width, window }: Shape, parameters: Parameters, known: Known): tf.Tensor {
  let x = embedded(parameters, known);
  const batch = x.shape[0];
  const heads = (y: tf.Tensor): tf.Tensor =>
    tf.transpose(tf.reshape(y, [batch, window, HEADS, width / HEADS]), [0, 2, 1, 3]);
  const far = Int32Array.from({ length: window * window }, (_, at) =>
    Math.max(0, Math.floor(at / window) - (at % window)),
  );
  const later = Float32Array.from({ length: window * window }, (_, at) =>
    at % window > Math.floor(at / window) ? FORBIDDEN : 0,
  );
  for (const layer of parameters.layers) {
    const y = layerNormalisation(x, layer.attentionNorm);
    const bias = tf.reshape(tf.transpose(tf.gather(layer.distances, tf.tensor1d(far, 'int32'))), [
      1,
      HEADS,
      window,
      window,
    ]);
    const scores = tf.addN([
      tf.matMul(heads(scaled(dense(y, layer.query), width)), heads(dense(y, layer.key)), false, true),
      tf.mul(bias, tf.ones([batch, 1, 1, 1])),
      tf.mul(tf.tensor(later, [1, 1, window, window]), tf.ones([batch, HEADS, 1, 1])),
    ]);
    const attended = tf.matMul(tf.softmax(scores), heads(dense(y, layer.value)));
    const joined = tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [batch, window, width]);
    x = afterAttention(x, joined, layer);
  }
  return x;
}

function afterAttention(x: tf.Tensor, attended: tf.Tensor, layer: Layer): tf.Tensor {
  const y = tf.add(x, dense(attended, layer.output));
  return tf.add(y, dense(tf.relu(dense(layerNormalisation(y, layer.denseNorm), layer.inner)), layer.outer));
}

const scaled = (x: tf.Tensor, width: number): tf.Tensor => tf.mul(x, 1 / Math.sqrt(width / HEADS));

/** Keys and values of the last places of each log, the newest last: [batch, window, width] a layer. */
export type Cache = readonly { readonly keys: tf.Tensor3D; readonly values: tf.Tensor3D }[];

/** One more place of each log: its hidden state [batch, width], and the cache with it. `seen` [batch, window] is 1 where a place is the log's own. */
export function nextHidden(
  { width, window }: Shape,
  parameters: Parameters,
  known: Known,
  seen: tf.Tensor2D,
  cache: Cache,
): { readonly hidden: tf.Tensor2D; readonly cache: Cache } {
  let x = embedded(parameters, known);
  const batch = x.shape[0];
  const heads = (y: tf.Tensor, places: number): tf.Tensor =>
    tf.transpose(tf.reshape(y, [batch, places, HEADS, width / HEADS]), [0, 2, 1, 3]);
  const unseen = tf.reshape(tf.mul(tf.sub(1, seen), FORBIDDEN), [batch, 1, 1, window]);
  const next = parameters.layers.map((layer, index) => {
    const y = layerNormalisation(x, layer.attentionNorm);
    const grown = (old: tf.Tensor3D, now: tf.Tensor): tf.Tensor3D =>
      tf.concat([tf.slice(old, [0, 1, 0], [batch, window - 1, width]), now as tf.Tensor3D], 1);
    const keys = grown(cache[index]!.keys, dense(y, layer.key));
    const values = grown(cache[index]!.values, dense(y, layer.value));
    const bias = tf.reshape(tf.transpose(tf.reverse(layer.distances, 0)), [1, HEADS, 1, window]);
    const scores = tf.add(
      tf.add(
        tf.matMul(heads(scaled(dense(y, layer.query), width), 1), heads(keys, window), false, true),
        bias,
      ),
      unseen,
    );
    const attended = tf.matMul(tf.softmax(scores), heads(values, window));
    x = afterAttention(x, tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [batch, 1, width]), layer);
    return { keys, values };
  });
  return { hidden: tf.reshape(x, [batch, width]), cache: next };
}

/** Logits of a head, of any [..., width]. */
export function headLogits(x: tf.Tensor, { norm, hidden, logits }: Head): tf.Tensor {
  return dense(tf.relu(dense(layerNormalisation(x, norm), hidden)), logits);
}

/** Logits of items [n, items] and of the components [n, COUNTED + 1], the network's own first. */
export function itemLogits(
  { items, width }: Shape,
  parameters: Parameters,
  x: tf.Tensor2D,
): { readonly items: tf.Tensor2D; readonly gates: tf.Tensor2D } {
  const query = tf.add<tf.Tensor2D>(x, headLogits(x, parameters.query));
  const table = tf.slice(parameters.items, [0, 0], [items, width]);
  return {
    items: tf.add(tf.matMul(query, table, false, true), parameters.itemBias),
    gates: headLogits(x, parameters.gates) as tf.Tensor2D,
  };
}

export interface Target {
  /** [batch, places] */
  readonly item: tf.Tensor2D;
  readonly fields: readonly tf.Tensor2D[];
  /** Likelihood of the item by each counted component [batch, places, COUNTED]. */
  readonly counted: tf.Tensor3D;
  /** 1 where a component has anything to offer [batch, places, COUNTED]. */
  readonly offered: tf.Tensor3D;
  /** 1 where there is an event [batch, places]. */
  readonly present: tf.Tensor2D;
}

/** Mean negative log likelihood of items, and of all fields, in nats an event. */
export function lossesOf(
  shape: Shape,
  parameters: Parameters,
  known: Known,
  target: Target,
): { readonly item: tf.Scalar; readonly fields: tf.Scalar } {
  const count = target.item.size;
  const flat = (x: tf.Tensor): tf.Tensor1D => tf.reshape(x, [count]);
  const present = flat(target.present);
  const events = tf.maximum(tf.sum(present), 1);
  const mean = (losses: tf.Tensor): tf.Scalar => tf.div(tf.sum(tf.mul(losses, present)), events);
  let x = tf.reshape<tf.Rank.R2>(hiddenStates(shape, parameters, known), [count, shape.width]);
  const fields: tf.Scalar[] = [];
  const choose = (field: number): void => {
    const codes = flat(target.fields[field]!);
    const logits = headLogits(x, parameters.heads[field]!);
    fields.push(shape.fields[field]! > 1 ? mean(crossEntropyOfLabels(logits, codes)) : unmoved(logits));
    x = tf.add<tf.Tensor2D>(x, embedding(codes, parameters.fieldsOut[field]!));
  };
  for (let field = 0; field < shape.before; field++) choose(field);
  const logits = itemLogits(shape, parameters, x);
  const codes = flat(target.item);
  const own = tf.exp(tf.neg(crossEntropyOfLabels(logits.items, codes)));
  const offered = tf.reshape(target.offered, [count, COUNTED]);
  const allowed = tf.concat([tf.ones([count, 1]), offered], 1);
  const gates = tf.softmax(tf.add(logits.gates, tf.mul(tf.sub(1, allowed), FORBIDDEN)));
  const each = tf.concat([tf.reshape(own, [count, 1]), tf.reshape(target.counted, [count, COUNTED])], 1);
  const item = mean(tf.neg(tf.log(tf.add(tf.sum(tf.mul(gates, each), 1), LEAST_PROBABILITY))));
  x = tf.add<tf.Tensor2D>(x, dense(embedding(codes, parameters.items), parameters.itemOut));
  for (let field = shape.before; field < shape.fields.length; field++) choose(field);
  return { item, fields: tf.addN([...fields, unmoved(x)]) };
}

/** Nothing, with a gradient of nothing: a gradient is asked for every parameter, also one that no choice depends on. */
const unmoved = (x: tf.Tensor): tf.Scalar => tf.mul(tf.sum<tf.Scalar>(x), 0);
