import { listScores, ranksOf } from '../evaluation/ranks.js';
import type { Similarities } from '../item-knn/similarities.js';
import { massOf, returningFactor, withReturning } from './returning.js';

/**
 * The counted part of a model: items that the same users had as those of a history. It knows pairs that a network has met too
 * seldom to learn, and nothing of order; the network knows what goes on from what.
 */
export interface Counted {
  readonly similarities: Similarities;
  /** What it counts beside the network, 0–1. */
  readonly weight: number;
  /** What items of the history count beside others, of both parts together; below 1 where few come back to what they had. */
  readonly returning: number;
}

/** Of similarities, as `item-knn` has it by default. */
export const SHRINKAGE = 10;
/** What an item of the history counts by the one after it, likewise. */
const RECENCY = 0.8;
/** Weights that are tried. */
const WEIGHTS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const CUTOFF = 10;

/**
 * Turns logits of all items into probabilities, in place: (1 − weight) · softmax + weight · similarities to the history as shares of
 * their sum. Of a history without neighbours, the softmax alone. Then items of the history count `returning` times as much.
 */
export function mixIn(
  scores: Float32Array,
  history: Int32Array,
  { similarities, weight, returning }: Counted,
): void {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  let total = 0;
  for (let item = 0; item < scores.length; item++) total += scores[item] = Math.exp(scores[item]! - most);
  const near = weight > 0 ? neighboursOf(history, similarities) : new Map<number, number>();
  let sum = 0;
  for (const similarity of near.values()) sum += similarity;
  const share = sum > 0 ? weight : 0;
  for (let item = 0; item < scores.length; item++) scores[item]! *= (1 - share) / total;
  for (const [item, similarity] of near) scores[item]! += (share * similarity) / sum;
  withReturning(scores, history, returning);
}

function neighboursOf(
  history: Int32Array,
  { starts, neighbours, weights }: Similarities,
): ReadonlyMap<number, number> {
  const near = new Map<number, number>();
  let counts = 1;
  for (let at = history.length - 1; at >= 0; at--) {
    const [from, to] = [starts[history[at]!]!, starts[history[at]! + 1]!];
    for (let place = from; place < to; place++) {
      const item = neighbours[place]!;
      near.set(item, (near.get(item) ?? 0) + counts * weights[place]!);
    }
    counts *= RECENCY;
  }
  return near;
}

/** Finds the weight by which held-out items are ranked best, and how much items of a history are to count then. */
export class WeightSearch {
  readonly #gains: Float64Array;
  readonly #masses: readonly number[][];
  readonly #returned: boolean[] = [];
  readonly #weights: readonly number[];

  /** `similarities` mustn't have seen the held-out items; without them, the only weight is 0. */
  constructor(private readonly similarities: Similarities) {
    this.#weights = similarities.neighbours.length > 0 ? WEIGHTS : [0];
    this.#gains = new Float64Array(this.#weights.length);
    this.#masses = this.#weights.map(() => []);
  }

  /** A held-out user: logits of all items by the network, left as they are. */
  add(logits: Float32Array, history: Int32Array, target: number): void {
    this.#returned.push(history.includes(target));
    this.#weights.forEach((weight, index) => {
      const scores = logits.slice();
      mixIn(scores, history, { similarities: this.similarities, weight, returning: 1 });
      this.#masses[index]!.push(massOf(scores, history));
      for (const item of history) if (item !== target) scores[item] = -Infinity;
      this.#gains[index]! += listScores(ranksOf(scores, Int32Array.of(target)), CUTOFF).ndcg;
    });
  }

  /** NDCG@10 by weight, rising. */
  get found(): readonly { readonly weight: number; readonly ndcg: number }[] {
    return this.#weights.map((weight, index) => ({
      weight,
      ndcg: this.#gains[index]! / this.#returned.length,
    }));
  }

  /** The best weight, the smallest of equal ones, and `returning` with it. */
  get best(): Pick<Counted, 'weight' | 'returning'> {
    const at = this.#gains.reduce((best, gain, index) => (gain > this.#gains[best]! ? index : best), 0);
    return { weight: this.#weights[at]!, returning: returningFactor(this.#masses[at]!, this.#returned) };
  }
}
