import { Random } from '../../compute/random.js';

/** A mean and how sure it is. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /**
   * What each value belongs to, such as its product or user, 0, 1, …: drawn as a whole, since values of one are alike. Left
   * out, each value stands for itself.
   */
  readonly groups?: ArrayLike<number>;
  readonly resamples?: number;
  /** Share of the resamples' means within the interval, 0–1. */
  readonly level?: number;
  readonly seed?: number;
}

/**
 * The mean of values with a percentile bootstrap interval (Efron and Tibshirani, "An introduction to the bootstrap", 1993,
 * chapter 13); of whole groups where they are given (Davison and Hinkley, 1997, section 3.8). NaNs are left out; without
 * a value all three are NaN. The same seed gives the same interval.
 *
 * To compare two rankers, give the differences query by query: a paired bootstrap, in which what is hard for both cancels.
 */
export function bootstrapMean(
  values: ArrayLike<number>,
  { groups, resamples = 2000, level = 0.95, seed = 0 }: BootstrapOptions = {},
): Interval {
  if (!(level > 0 && level < 1)) throw new RangeError(`an interval of level ${level}`);
  if (groups && groups.length !== values.length)
    throw new RangeError(`${groups.length} groups for ${values.length} values`);
  const places = new Map<number, number>();
  const sums: number[] = [];
  const counts: number[] = [];
  for (let at = 0; at < values.length; at++) {
    if (Number.isNaN(values[at]!)) continue;
    const group = groups ? groups[at]! : at;
    const place = places.get(group) ?? places.size;
    places.set(group, place);
    sums[place] = (sums[place] ?? 0) + values[at]!;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  const total = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0);
  if (sums.length === 0) return { mean: NaN, low: NaN, high: NaN };
  const random = Random.seeded(seed).derive('bootstrap');
  const means = Float64Array.from({ length: resamples }, () => {
    let [sum, count] = [0, 0];
    for (let drawn = 0; drawn < sums.length; drawn++) {
      const group = random.integer(sums.length);
      sum += sums[group]!;
      count += counts[group]!;
    }
    return sum / count;
  }).sort();
  return {
    mean: total(sums) / total(counts),
    low: quantile(means, (1 - level) / 2),
    high: quantile(means, (1 + level) / 2),
  };
}

/** Of sorted values, in a straight line between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}
