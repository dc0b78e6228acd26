import type { Random } from '../../compute/random.js';
import type { Sequences } from '../../events/transitions.js';
import { leadingEigenvectors } from './leading-eigenvectors.js';

/** What items have in common: which of them the same users have. */
export interface TasteVectors {
  readonly width: number;
  /** Unit vectors [items, width], row-major; 0 for an item without a user. */
  readonly vectors: Float32Array;
}

const WIDTH = 48;
/** Users that an item counts for beside those it has: what few users share says little. */
const SHRINKAGE = 10;

/**
 * Vectors of items whose cosine says how alike their sets of users are: the leading eigenvectors of the matrix of cosines of
 * those sets (those of the singular value decomposition of users by items: Sarwar et al., "Application of dimensionality
 * reduction in recommender system", 2000, section 3), less the mean over events, since what everybody has tells nothing.
 */
export function tasteVectors(log: Sequences, items: number, random: Random): TasteVectors {
  const sets = distinctItems(log);
  const users = new Float64Array(items);
  for (const set of sets) for (const item of set) users[item]!++;
  const scale = users.map((count) => 1 / Math.sqrt(count + SHRINKAGE));
  // The cosines themselves would be as many as pairs of items: what they do to vectors goes by way of the users.
  const times = (x: Float64Array, rank: number): Float64Array => {
    const y = new Float64Array(items * rank);
    const sum = new Float64Array(rank);
    for (const set of sets) {
      sum.fill(0);
      for (const item of set) for (let k = 0; k < rank; k++) sum[k]! += scale[item]! * x[item * rank + k]!;
      for (const item of set) for (let k = 0; k < rank; k++) y[item * rank + k]! += scale[item]! * sum[k]!;
    }
    return y;
  };
  const vectors = leadingEigenvectors(items, WIDTH, times, random);
  const mean = new Float64Array(WIDTH);
  const total = users.reduce((sum, count) => sum + count, 0);
  users.forEach((count, item) => {
    for (let k = 0; k < WIDTH; k++) mean[k]! += (count / total) * vectors[item * WIDTH + k]!;
  });
  users.forEach((count, item) => {
    const own = vectors.subarray(item * WIDTH, (item + 1) * WIDTH);
    if (count === 0) own.fill(0);
    else own.set(unit(mean.map((value, k) => own[k]! - value)));
  });
  return { width: WIDTH, vectors };
}

/** Chooses among items by what users have had so far. */
export class Tastes {
  /** Of the items of a draw: one place for all draws, since sampling is made of them. */
  private readonly chances: Float64Array;

  /**
   * @param coherence how much likelier an item becomes that goes with a user's: exp(coherence · cosine) times; 0 makes no difference
   * @param most items of a draw at most
   */
  constructor(
    private readonly of: TasteVectors,
    private readonly coherence: number,
    most: number,
  ) {
    this.chances = new Float64Array(most);
  }

  /** Of a user without an item. */
  begin(): Taste {
    return new Taste(this.of);
  }

  /** The place of one of the items, drawn by its weight and by how well it goes with the taste; −1 where all are refused or weigh 0. */
  draw(
    { direction }: Taste,
    items: Int32Array,
    weights: Float32Array,
    refused: (item: number) => boolean,
    random: Random,
  ): number {
    const { chances, coherence } = this;
    const { width, vectors } = this.of;
    let any = false;
    for (let at = 0; at < items.length; at++) {
      const item = items[at]!;
      chances[at] = 0;
      if (weights[at]! <= 0 || refused(item)) continue;
      let cosine = 0;
      for (let k = 0, from = item * width; k < width; k++) cosine += direction[k]! * vectors[from + k]!;
      chances[at] = weights[at]! * Math.exp(coherence * cosine);
      any = true;
    }
    return any ? random.categorical(chances.subarray(0, items.length)) : -1;
  }
}

/** Which way a user's items point. */
export class Taste {
  private readonly sum: Float64Array;
  private readonly met = new Set<number>();
  /** Of unit length; 0 before the first item. */
  direction: Float64Array;

  constructor(private readonly of: TasteVectors) {
    this.sum = new Float64Array(of.width);
    this.direction = this.sum;
  }

  /** An item that was met before changes nothing. */
  add(item: number): void {
    if (this.met.has(item)) return;
    this.met.add(item);
    const { width, vectors } = this.of;
    for (let k = 0; k < width; k++) this.sum[k]! += vectors[item * width + k]!;
    this.direction = unit(this.sum);
  }
}

function distinctItems({ item, starts }: Sequences): Int32Array[] {
  return Array.from({ length: starts.length - 1 }, (_, user) =>
    Int32Array.from(new Set(item.subarray(starts[user], starts[user + 1]))).filter((code) => code >= 0),
  );
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length > 0 ? vector.map((value) => value / length) : vector;
}
