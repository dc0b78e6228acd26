import { kolmogorovSmirnov, sortedValues, totalVariation } from '../shape.js';
import type { AlignedLog, Vocabulary } from './aligned-logs.js';

/** How far one log is from another, each 0–1; a perfect generator comes as near as real users to other real users. */
export interface LogDistances {
  /** Kolmogorov–Smirnov statistics of events a session, events a user, and times between a user's events. */
  readonly sessionLengthError: number;
  readonly userLengthError: number;
  readonly timeGapError: number;
  /** Total variation of types, of pairs of types in a row, and of pairs of items in a row. */
  readonly typeMixError: number;
  readonly typeTransitionError: number;
  readonly itemTransitionError: number;
  /** Kolmogorov–Smirnov statistic of items' shares of the events. */
  readonly popularityError: number;
  /** Difference of Gini coefficients of items' events. */
  readonly popularityGiniError: number;
  /** Share of the most frequent items of one that are among those of the other. */
  readonly topItemsOverlap: number;
  /** Difference of the shares of events with an item that the user has met before. */
  readonly repeatError: number;
  /** Mean difference over pairs of types of how often one follows on the other, of the same user and item. */
  readonly funnelError: number;
}

/** Items that count as the top, at most. */
const TOP_ITEMS = 100;

export function logDistances(real: AlignedLog, other: AlignedLog, vocabulary: Vocabulary): LogDistances {
  const { items, types } = vocabulary;
  const [counts, otherCounts] = [itemCounts(real, items), itemCounts(other, items)];
  const ks = (of: (log: AlignedLog) => Float64Array): number =>
    kolmogorovSmirnov(sortedValues(of(real)), sortedValues(of(other)));
  const shares = (of: Float64Array): Float64Array => {
    const total = of.reduce((sum, count) => sum + count, 0);
    // Items that were never met are in neither curve.
    return sortedValues(of.filter((count) => count > 0).map((count) => count / Math.max(1, total)));
  };
  return {
    sessionLengthError: ks(sessionLengths),
    userLengthError: ks(({ starts, users }) =>
      Float64Array.from({ length: users }, (_, user) => starts[user + 1]! - starts[user]!),
    ),
    timeGapError: ks(gaps),
    typeMixError: totalVariation(real.type, other.type, types),
    typeTransitionError: pairDistance(pairs(real, real.type, types + 1), pairs(other, other.type, types + 1)),
    itemTransitionError: pairDistance(pairs(real, real.item, items + 1), pairs(other, other.item, items + 1)),
    popularityError: kolmogorovSmirnov(shares(counts), shares(otherCounts)),
    popularityGiniError: Math.abs(gini(counts) - gini(otherCounts)),
    topItemsOverlap: overlap(counts, otherCounts),
    repeatError: Math.abs(repeatShare(real) - repeatShare(other)),
    funnelError: funnelDistance(real, other, items, types),
  };
}

/** Gini coefficient of counts, 0–1, of those above 0: 0 where all are equal. */
export function gini(counts: Float64Array): number {
  const sorted = counts.filter((count) => count > 0).sort();
  const total = sorted.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  const weighted = sorted.reduce((sum, count, rank) => sum + (rank + 1) * count, 0);
  return (2 * weighted) / (sorted.length * total) - (sorted.length + 1) / sorted.length;
}

/** Share of runs of `length` items of users that occur in the other log; undefined where there is no such run. */
export function sharedRuns(log: AlignedLog, within: AlignedLog, length: number): number | undefined {
  const known = new Set<string>();
  for (const run of runs(within, length)) known.add(run);
  let [shared, all] = [0, 0];
  for (const run of runs(log, length)) {
    all++;
    if (known.has(run)) shared++;
  }
  return all === 0 ? undefined : shared / all;
}

function* runs({ item, starts, users }: AlignedLog, length: number): Iterable<string> {
  for (let user = 0; user < users; user++)
    for (let at = starts[user]!; at + length <= starts[user + 1]!; at++)
      yield item.subarray(at, at + length).join();
}

function sessionLengths({ opens }: AlignedLog): Float64Array {
  const lengths: number[] = [];
  for (const open of opens) {
    if (open) lengths.push(1);
    else lengths[lengths.length - 1]!++;
  }
  return Float64Array.from(lengths);
}

function gaps({ time, starts, users }: AlignedLog): Float64Array {
  const found: number[] = [];
  for (let user = 0; user < users; user++)
    for (let at = starts[user]! + 1; at < starts[user + 1]!; at++) found.push(time[at]! - time[at - 1]!);
  return Float64Array.from(found);
}

function itemCounts({ item }: AlignedLog, items: number): Float64Array {
  const counts = new Float64Array(items);
  for (const code of item) if (code >= 0) counts[code]!++;
  return counts;
}

/** How often each pair of codes (−1 counts as one) stands in a row in a user's log. */
function pairs({ starts, users }: AlignedLog, codes: Int32Array, width: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let user = 0; user < users; user++) {
    for (let at = starts[user]! + 1; at < starts[user + 1]!; at++) {
      const key = (codes[at - 1]! + 1) * width + codes[at]! + 1;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

function pairDistance(left: Map<number, number>, right: Map<number, number>): number {
  const total = (of: Map<number, number>): number => [...of.values()].reduce((sum, count) => sum + count, 0);
  const [ofLeft, ofRight] = [total(left), total(right)];
  if (ofLeft === 0 || ofRight === 0) return ofLeft === ofRight ? 0 : 1;
  let difference = 0;
  for (const [key, count] of left) difference += Math.abs(count / ofLeft - (right.get(key) ?? 0) / ofRight);
  for (const [key, count] of right) if (!left.has(key)) difference += count / ofRight;
  return difference / 2;
}

function overlap(left: Float64Array, right: Float64Array): number {
  const most = Math.min(TOP_ITEMS, left.filter((count) => count > 0).length);
  if (most === 0) return 1;
  const top = (counts: Float64Array): number[] =>
    [...counts.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b).slice(0, most);
  const other = new Set(top(right));
  return top(left).filter((item) => other.has(item)).length / most;
}

function repeatShare({ item, starts, users }: AlignedLog): number {
  let repeated = 0;
  for (let user = 0; user < users; user++) {
    const met = new Set<number>();
    for (let at = starts[user]!; at < starts[user + 1]!; at++) {
      if (met.has(item[at]!)) repeated++;
      met.add(item[at]!);
    }
  }
  return repeated / Math.max(1, item.length);
}

function funnelDistance(real: AlignedLog, other: AlignedLog, items: number, types: number): number {
  const [left, right] = [funnelRates(real, items, types), funnelRates(other, items, types)];
  const met = left.flatMap((rate, pair) => (rate === undefined ? [] : [Math.abs(rate - (right[pair] ?? 0))]));
  return met.length === 0 ? 0 : met.reduce((sum, each) => sum + each, 0) / met.length;
}

/** Of user–item pairs with one type, how many have another type later: types × types; undefined for a type without events. */
function funnelRates(
  { item, type, starts, users }: AlignedLog,
  items: number,
  types: number,
): (number | undefined)[] {
  const first = new Float64Array(types);
  const followed = new Float64Array(types * types);
  for (let user = 0; user < users; user++) {
    const since = new Set<number>();
    const counted = new Set<number>();
    for (let at = starts[user]!; at < starts[user + 1]!; at++) {
      const [of, kind] = [item[at]!, type[at]!];
      if (of < 0 || kind < 0) continue;
      for (let before = 0; before < types; before++) {
        const key = (before * types + kind) * items + of;
        if (before === kind || !since.has(before * items + of) || counted.has(key)) continue;
        counted.add(key);
        followed[before * types + kind]!++;
      }
      if (!since.has(kind * items + of)) first[kind]!++;
      since.add(kind * items + of);
    }
  }
  return [...followed].map((count, pair) => {
    const before = Math.floor(pair / types);
    return before === pair % types || first[before] === 0 ? undefined : count / first[before]!;
  });
}
