import type { Random } from '../../compute/random.js';

/**
 * A compact empirical quantile function: a mixture of uniform segments and single points, in ascending order. It
 * stands for the values of one bin without holding them: a point is a value that enough rows share, and a segment's
 * ends lie between values, chosen from groups of enough rows.
 */
export interface QuantileSegments {
  /** Rows that each segment stands for; positive. */
  readonly masses: readonly number[];
  readonly lows: readonly number[];
  /** As long as `lows`; equal to the low for a point. */
  readonly highs: readonly number[];
}

/** Equal neighbours of a sorted column, told once. */
export interface Run {
  readonly value: number;
  /** Rows with that value. */
  readonly count: number;
}

/** Segments within one stretch of rare values; more would follow single rows. */
const LARGEST_SEGMENT_COUNT = 16;

/**
 * Describes sorted runs by points (runs of at least `support` rows) and segments (neighbouring rarer runs, at least
 * `support` rows together). Rare runs too few to make a segment count for the nearest point, unless there is nothing
 * else. `floor` and `ceiling` bound the result.
 */
export function fitQuantileSegments(
  runs: readonly Run[],
  support: number,
  floor = -Infinity,
  ceiling = Infinity,
): QuantileSegments {
  const segments: { mass: number; low: number; high: number }[] = [];
  let leftOver = 0;
  const addStretch = (stretch: readonly Run[]): void => {
    const rows = stretch.reduce((sum, { count }) => sum + count, 0);
    if (rows < support) {
      const previous = segments.at(-1);
      if (previous) previous.mass += rows;
      else leftOver += rows;
      return;
    }
    for (const group of groupsOf(stretch, Math.max(support, Math.ceil(rows / LARGEST_SEGMENT_COUNT)))) {
      segments.push(spanOf(group, floor, ceiling));
    }
  };
  let stretch: Run[] = [];
  for (const run of runs) {
    if (run.count < support) {
      stretch.push(run);
      continue;
    }
    if (stretch.length > 0) addStretch(stretch);
    stretch = [];
    segments.push({ mass: run.count + leftOver, low: run.value, high: run.value });
    leftOver = 0;
  }
  if (stretch.length > 0) addStretch(stretch);
  if (segments.length === 0) segments.push(spanOf(runs, floor, ceiling));
  return {
    masses: segments.map(({ mass }) => mass),
    lows: segments.map(({ low }) => low),
    highs: segments.map(({ high }) => high),
  };
}

export function sampleQuantileSegments({ masses, lows, highs }: QuantileSegments, random: Random): number {
  const index = masses.length === 1 ? 0 : random.categorical(masses);
  const low = lows[index]!;
  const high = highs[index]!;
  return low === high ? low : low + (high - low) * random.uniform();
}

/** Whether the segments stand for more than one value. */
export function hasWidth({ lows, highs }: QuantileSegments): boolean {
  return lows[0] !== highs.at(-1);
}

/** The share of the segments' rows that lie below a value, 0–1; in the middle of its own rows for a point. */
export function positionIn({ masses, lows, highs }: QuantileSegments, value: number): number {
  let below = 0;
  let total = 0;
  for (let index = 0; index < masses.length; index++) {
    const [mass, low, high] = [masses[index]!, lows[index]!, highs[index]!];
    total += mass;
    if (value > high) below += mass;
    else if (value >= low) below += low === high ? mass / 2 : (mass * (value - low)) / (high - low);
  }
  return below / total;
}

/** The value below which that share of the rows lies. */
export function valueAt({ masses, lows, highs }: QuantileSegments, position: number): number {
  let left = position * masses.reduce((sum, mass) => sum + mass, 0);
  const last = masses.length - 1;
  for (let index = 0; index < last; index++) {
    if (left < masses[index]!) return along(lows[index]!, highs[index]!, left / masses[index]!);
    left -= masses[index]!;
  }
  return along(lows[last]!, highs[last]!, Math.min(1, left / masses[last]!));
}

const along = (low: number, high: number, share: number): number => low + (high - low) * share;

/** Cuts a stretch into groups of at least `rows` rows; what is left at its end joins the last group. */
function groupsOf(stretch: readonly Run[], rows: number): Run[][] {
  const groups: Run[][] = [];
  let group: Run[] = [];
  let held = 0;
  for (const run of stretch) {
    group.push(run);
    held += run.count;
    if (held >= rows) {
      groups.push(group);
      group = [];
      held = 0;
    }
  }
  const last = groups.at(-1);
  if (last) last.push(...group);
  else groups.push(group);
  return groups;
}

/** The uniform segment with a group's mean and standard deviation, kept within half a gap of its outer values. */
function spanOf(
  group: readonly Run[],
  floor: number,
  ceiling: number,
): { mass: number; low: number; high: number } {
  const mass = group.reduce((sum, { count }) => sum + count, 0);
  const mean = group.reduce((sum, { count, value }) => sum + (count / mass) * value, 0);
  const variance = group.reduce((sum, { count, value }) => sum + (count / mass) * (value - mean) ** 2, 0);
  const first = group[0]!.value;
  const last = group.at(-1)!.value;
  if (first === last) return { mass, low: first, high: first };
  const gap = (last - first) / (group.length - 1) / 2;
  const reach = Math.sqrt(3 * variance);
  return {
    mass,
    low: Math.max(mean - reach, first - gap, floor),
    high: Math.min(mean + reach, last + gap, ceiling),
  };
}
