import type { Stored, StoredOf } from '../../compute/tensors.js';
import { affine, dotProducts } from '../plain-products.js';
import { LEAST_SQUARE, TEMPERATURE, type Parameters } from './network.js';

/** `network.ts` in plain arrays, for one user at a time. Its functions say what is computed. */

type StoredDense = StoredOf<Parameters>['itemInner'];

/** [items, width]; without vectors of their own and popularity for items from `known` on. */
export function allItemVectors(
  parameters: StoredOf<Parameters>,
  features: Float32Array,
  popularity: Float32Array,
  items: number,
  known: number,
): Float32Array {
  const width = parameters.ids.shape[1]!;
  const count = features.length / Math.max(1, items);
  const all = new Float32Array(items * width);
  const [ids, popular] = [values(parameters.ids), values(parameters.popularity)];
  for (let item = 0; item < items; item++) {
    const own = features.subarray(item * count, (item + 1) * count);
    const vector = product(rectified(product(own, parameters.itemInner)), parameters.itemOuter);
    if (item < known)
      for (let unit = 0; unit < width; unit++)
        vector[unit]! += ids[item * width + unit]! + popularity[item]! * popular[unit]!;
    all.set(ofLengthOne(vector), item * width);
  }
  return all;
}

export function userVector(
  parameters: StoredOf<Parameters>,
  mean: Float32Array,
  last: Float32Array,
  features: Float32Array,
): Float32Array {
  const inner = rectified(product(Float32Array.of(...mean, ...last, ...features), parameters.userInner));
  const vector = product(inner, parameters.userOuter);
  return ofLengthOne(vector.map((value, unit) => value + mean[unit]! + last[unit]!));
}

/** Cosines over the temperature of all items. */
export function towerScores(vectors: Float32Array, user: Float32Array, into: Float32Array): void {
  dotProducts(
    vectors,
    user.map((value) => value / TEMPERATURE),
    into,
  );
}

/** What the ranking network adds for one item. */
export function rankingTerm(
  parameters: StoredOf<Parameters>,
  user: Float32Array,
  vector: Float32Array,
  crosses: Float32Array,
): number {
  const input = new Float32Array(user.length + crosses.length);
  for (let unit = 0; unit < user.length; unit++) input[unit] = user[unit]! * vector[unit]!;
  input.set(crosses, user.length);
  return product(rectified(product(input, parameters.rankingInner)), parameters.rankingOuter)[0]!;
}

function product(x: Float32Array, { weights, bias }: StoredDense): Float32Array {
  return affine(x, values(weights), values(bias));
}

function rectified(x: Float32Array): Float32Array {
  return x.map((value) => Math.max(0, value));
}

function ofLengthOne(x: Float32Array): Float32Array {
  const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) + LEAST_SQUARE);
  return x.map((value) => value * scale);
}

const values = (tensor: Stored): Float32Array => tensor.values as Float32Array;
