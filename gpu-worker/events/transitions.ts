/** How far back an event looks for items that lead to its own; the one before counts 1, the one d before 1 / d. */
export const REACH = 8;

/** Weighted counts of which item followed which: a sparse matrix by rows. */
export interface Transitions {
  readonly items: number;
  /** Where each item's followers begin, and the end: items + 1. */
  readonly starts: Uint32Array;
  /** Followers, ascending within a row. */
  readonly followers: Int32Array;
  /** Their weights. */
  readonly weights: Float32Array;
  /** Sum of each row's weights. */
  readonly totals: Float64Array;
}

/** Sequences of items (−1: none) back to back, with the place where each begins and the end of the last. */
export interface Sequences {
  readonly item: Int32Array;
  readonly starts: Uint32Array;
}

/** Counts over the sequences chosen, `reach` places ahead. */
export function countTransitions(
  { item, starts }: Sequences,
  chosen: Iterable<number>,
  items: number,
  reach: number,
): Transitions {
  const found: number[] = [];
  for (const user of chosen) {
    const end = starts[user + 1]!;
    for (let at = starts[user]!; at < end; at++) {
      if (item[at]! < 0) continue;
      for (let distance = 1; distance <= reach && at + distance < end; distance++) {
        const next = item[at + distance]!;
        // A key holds the pair and the distance exactly: items² · reach is far below 2^53.
        if (next >= 0 && next !== item[at]) found.push((item[at]! * items + next) * reach + distance - 1);
      }
    }
  }
  const keys = Float64Array.from(found).sort();
  const followers: number[] = [];
  const weights: number[] = [];
  const rowStarts = new Uint32Array(items + 1);
  const totals = new Float64Array(items);
  let pairBefore = -1;
  for (const key of keys) {
    const pair = Math.floor(key / reach);
    const weight = 1 / (1 + (key - pair * reach));
    const row = Math.floor(pair / items);
    if (pair === pairBefore) weights[weights.length - 1]! += weight;
    else {
      followers.push(pair - row * items);
      weights.push(weight);
      rowStarts[row + 1]!++;
    }
    totals[row]! += weight;
    pairBefore = pair;
  }
  for (let row = 0; row < items; row++) rowStarts[row + 1]! += rowStarts[row]!;
  return {
    items,
    starts: rowStarts,
    followers: Int32Array.from(followers),
    weights: Float32Array.from(weights),
    totals,
  };
}

/** The weight of one pair; 0 where it was never met. */
export function weightOf({ starts, followers, weights }: Transitions, from: number, to: number): number {
  let low = starts[from]!;
  let high = starts[from + 1]! - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const follower = followers[middle]!;
    if (follower === to) return weights[middle]!;
    if (follower < to) low = middle + 1;
    else high = middle - 1;
  }
  return 0;
}
