import type { StoredTensor } from '../../compute/safetensors.js';
import { itemsOf, type Interactions } from '../interactions/interactions.js';

/** The most similar items of each, a sparse matrix by rows; best first within a row, the lower code first of equal ones. */
export interface Similarities {
  /** Where each item's neighbours begin, and the end: items + 1. */
  readonly starts: Int32Array;
  readonly neighbours: Int32Array;
  /** Above 0, at most 1. */
  readonly weights: Float32Array;
}

/**
 * Cosine of the sets of users of two items, shrunk: shared / (√(users of a · users of b) + shrinkage) (Sarwar et al.,
 * "Item-based collaborative filtering recommendation algorithms", 2001, section 3.1.1; shrinkage as in Ferrari Dacrema et al.,
 * "Are we really making much progress?", 2019, section 3.2, after Bell and Koren, 2007). Exact: every pair of items that share a
 * user is counted, then the best `most` of each are kept.
 */
export function similaritiesOf(interactions: Interactions, shrinkage: number, most: number): Similarities {
  const items = interactions.items.length;
  const baskets = interactions.users.map((_, user) => Int32Array.from(new Set(itemsOf(interactions, user))));
  const userCounts = new Int32Array(items);
  for (const basket of baskets) for (const item of basket) userCounts[item]!++;
  const audience = Array.from(userCounts, (count) => new Int32Array(count));
  const filled = new Int32Array(items);
  baskets.forEach((basket, user) => {
    for (const item of basket) audience[item]![filled[item]!++] = user;
  });

  const shared = new Int32Array(items);
  const starts = new Int32Array(items + 1);
  const neighbours: number[] = [];
  const weights: number[] = [];
  for (let item = 0; item < items; item++) {
    const met: number[] = [];
    for (const user of audience[item]!)
      for (const other of baskets[user]!) {
        if (other === item) continue;
        if (shared[other] === 0) met.push(other);
        shared[other]!++;
      }
    const weightOf = (other: number): number =>
      shared[other]! / (Math.sqrt(userCounts[item]! * userCounts[other]!) + shrinkage);
    const best = met
      .map((other) => ({ other, weight: weightOf(other) }))
      .sort((a, b) => b.weight - a.weight || a.other - b.other)
      .slice(0, most);
    for (const { other, weight } of best) {
      neighbours.push(other);
      weights.push(weight);
    }
    for (const other of met) shared[other] = 0;
    starts[item + 1] = neighbours.length;
  }
  return { starts, neighbours: Int32Array.from(neighbours), weights: Float32Array.from(weights) };
}

export function similarityTensors({ starts, neighbours, weights }: Similarities): [string, StoredTensor][] {
  return Object.entries({ starts, neighbours, weights }).map(([name, values]) => [
    `similarities/${name}`,
    { shape: [values.length], values },
  ]);
}

/** Throws RangeError for a tensor that is missing. */
export function storedSimilarities(tensors: ReadonlyMap<string, StoredTensor>): Similarities {
  const valuesOf = (name: string) => {
    const tensor = tensors.get(`similarities/${name}`);
    if (!tensor) throw new RangeError(`the model has no tensor "similarities/${name}"`);
    return tensor.values;
  };
  return {
    starts: Int32Array.from(valuesOf('starts')),
    neighbours: Int32Array.from(valuesOf('neighbours')),
    weights: Float32Array.from(valuesOf('weights')),
  };
}
