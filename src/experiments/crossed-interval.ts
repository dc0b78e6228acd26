/** A mean and its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** 97.5 % quantiles of Student's t of 1, 2, … 30 degrees of freedom. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
  2.12, 2.11, 2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const quantile = (freedom: number): number =>
  freedom > T.length ? 1.96 + 2.45 / freedom : T[Math.max(0, Math.floor(freedom) - 1)]!;

/**
 * The mean of values by seed and user [seeds][users], and an interval for other users and other seeds: two crossed random effects
 * (Searle, Casella and McCulloch, "Variance components", 1992, chapter 4), each measured by the means over the other, what is left
 * counted once; degrees of freedom after Satterthwaite (1946). Of one seed, the interval says nothing of other seeds. Of one
 * user or none there is no interval: undefined. The interval ends where the `range` of the values does.
 */
export function crossedInterval(
  values: readonly Float64Array[],
  range: readonly [least: number, most: number],
): Estimate | undefined {
  const [seeds, users] = [values.length, values[0]?.length ?? 0];
  if (seeds === 0 || users < 2) return undefined;
  const ofSeeds = values.map(mean);
  const ofUsers = Float64Array.from({ length: users }, (_, user) => mean(values.map((own) => own[user]!)));
  const value = mean(ofSeeds);
  const byUsers = squares(ofUsers, value) / (users - 1) / users;
  const bySeeds = seeds > 1 ? squares(ofSeeds, value) / (seeds - 1) / seeds : 0;
  let rest = 0;
  if (seeds > 1) {
    values.forEach((own, seed) =>
      own.forEach((one, user) => (rest += (one - ofSeeds[seed]! - ofUsers[user]! + value) ** 2)),
    );
    rest /= (seeds - 1) * (users - 1) * seeds * users;
  }
  const variance = Math.max(byUsers + bySeeds - rest, byUsers, bySeeds);
  const spread = byUsers ** 2 / (users - 1) + (seeds > 1 ? bySeeds ** 2 / (seeds - 1) : 0);
  const freedom = spread > 0 ? (byUsers + bySeeds) ** 2 / spread : users - 1;
  const half = quantile(freedom) * Math.sqrt(variance);
  return { value, low: Math.max(range[0], value - half), high: Math.min(range[1], value + half) };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return sum / values.length;
}

function squares(values: ArrayLike<number>, middle: number): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at]! - middle) ** 2;
  return sum;
}
