import { z } from 'zod';
import type { Random } from '../../compute/random.js';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { gridOf } from './grid.js';
import { fitQuantileSegments, sampleQuantileSegments, type Run } from './quantile-segments.js';

/**
 * Bins of a numeric column. Repeated values (zero, −1, a maximum, small integers) get bins of their own; what is left
 * is cut into bins of equal frequency, and further where a bin would span much of the column's range, so that long
 * tails keep their shape. Within a bin, values follow its empirical quantile function.
 */
export const NumericBins = z.strictObject({
  type: z.literal('numeric'),
  /** Bounds between bins, ascending; halfway between values. A value belongs to the first bin whose bound isn't below it. */
  bounds: z.array(z.number()),
  /** One a bin, in the same order. */
  quantiles: z
    .array(
      z.strictObject({ masses: z.array(z.number()), lows: z.array(z.number()), highs: z.array(z.number()) }),
    )
    .min(1),
  /** Whether one more bin, the last, stands for missing cells. */
  missing: z.boolean(),
});
export type NumericBins = z.infer<typeof NumericBins>;

/** A bin spans at most this share of the column's range, as long as it keeps enough rows. */
const WIDEST_SHARE_OF_RANGE = 1 / 25;
/** Rows that a bin cut off for its width must keep, in units of the support. */
const TAIL_SUPPORT = 3;

/** Bins for values without NaN-only columns; undefined when every value is missing. */
export function fitNumericBins(
  values: Float64Array,
  schema: ColumnSchema,
  { bins, support }: { readonly bins: number; readonly support: number },
): NumericBins | undefined {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length === 0) return undefined;
  const runs = runsOf(sorted);
  // A boolean's two values are no secret, however rare one of them is.
  const floorOfSupport = schema.kind === 'BOOLEAN' ? 1 : support;
  const [lowest, highest] = schema.bounds ?? [runs[0]!.value, runs.at(-1)!.value];
  const groups = groupRuns(runs, {
    rows: sorted.length,
    range: highest - lowest,
    bins,
    support: floorOfSupport,
  });
  const floor = schema.bounds?.[0] ?? (lowest >= 0 ? 0 : -Infinity);
  const ceiling = schema.bounds?.[1] ?? (highest <= 0 ? 0 : Infinity);
  return {
    type: 'numeric',
    bounds: groups.slice(1).map((group, index) => between(groups[index]!.at(-1)!.value, group[0]!.value)),
    quantiles: groups.map((group) => mutable(fitQuantileSegments(group, floorOfSupport, floor, ceiling))),
    missing: sorted.length < values.length,
  };
}

export function numericBinCount({ quantiles, missing }: NumericBins): number {
  return quantiles.length + (missing ? 1 : 0);
}

/** The bin of each value. Length: the values. */
export function encodeNumeric({ bounds, quantiles }: NumericBins, values: Float64Array): Uint16Array {
  return Uint16Array.from(values, (value) =>
    Number.isNaN(value) ? quantiles.length : lowerBound(bounds, value),
  );
}

/** A value for each bin, on the grid that the column's kind asks for; NaN for the missing bin. */
export function decodeNumeric(
  { quantiles }: NumericBins,
  schema: ColumnSchema,
  bins: Uint16Array,
  random: Random,
): Float64Array {
  const round = gridOf(schema);
  return Float64Array.from(bins, (bin) => {
    const segments = quantiles[bin];
    return segments ? round(sampleQuantileSegments(segments, random)) : NaN;
  });
}

/** Of values in ascending order. */
export function runsOf(sorted: Float64Array): Run[] {
  const runs: { value: number; count: number }[] = [];
  for (const value of sorted) {
    const last = runs.at(-1);
    if (last && last.value === value) last.count++;
    else runs.push({ value, count: 1 });
  }
  return runs;
}

interface Grouping {
  readonly rows: number;
  /** Of the column's values. */
  readonly range: number;
  readonly bins: number;
  readonly support: number;
}

/** Cuts runs into at most `bins` groups of neighbours with at least `support` rows each. */
function groupRuns(runs: readonly Run[], { rows, range, bins, support }: Grouping): Run[][] {
  const heavy = Math.max(support, heavyCount(runs, rows, bins));
  const widest = range * WIDEST_SHARE_OF_RANGE;
  const groups: Run[][] = [];
  let group: Run[] = [];
  let held = 0;
  const flush = (): void => {
    if (group.length > 0) groups.push(group);
    group = [];
    held = 0;
  };
  for (const run of runs) {
    if (run.count >= heavy) {
      flush();
      groups.push([run]);
      continue;
    }
    const tooWide =
      group.length > 0 && run.value - group[0]!.value > widest && held >= support * TAIL_SUPPORT;
    if (tooWide) flush();
    group.push(run);
    held += run.count;
    if (held >= heavy) flush();
  }
  flush();
  mergeGroups(groups, rows, range, bins, support);
  return groups;
}

/** Rows from which a value gets a bin of its own, such that the rest fills the other bins equally. */
function heavyCount(runs: readonly Run[], rows: number, bins: number): number {
  let threshold = rows / bins;
  for (;;) {
    const atoms = runs.filter(({ count }) => count >= threshold);
    const rest = rows - atoms.reduce((sum, { count }) => sum + count, 0);
    const next = rest / Math.max(1, bins - atoms.length);
    if (atoms.length >= bins || next >= threshold) return threshold;
    threshold = next;
  }
}

/**
 * Merges neighbours while there are more than `bins` groups or one has fewer than `support` rows: first those too
 * small, then the pair that holds least of the rows and of the range together, so that neither the dense part nor the
 * tails lose their detail.
 */
function mergeGroups(groups: Run[][], rows: number, range: number, bins: number, support: number): void {
  const sizes = groups.map((group) => group.reduce((sum, { count }) => sum + count, 0));
  const importance = (left: number): number => {
    const span = groups[left + 1]!.at(-1)!.value - groups[left]![0]!.value;
    return (sizes[left]! + sizes[left + 1]!) / rows + (range > 0 ? span / range : 0);
  };
  while (groups.length > 1) {
    const small = sizes.findIndex((size) => size < support);
    if (small < 0 && groups.length <= bins) return;
    let left = 0;
    if (small >= 0) {
      const nearer = (sizes[small - 1] ?? Infinity) <= (sizes[small + 1] ?? Infinity);
      left = nearer ? small - 1 : small;
    } else {
      for (let candidate = 1; candidate + 1 < groups.length; candidate++) {
        if (importance(candidate) < importance(left)) left = candidate;
      }
    }
    groups.splice(left, 2, [...groups[left]!, ...groups[left + 1]!]);
    sizes.splice(left, 2, sizes[left]! + sizes[left + 1]!);
  }
}

/** A number from `low` to just below `high`: halfway, so that no value of the table is told. */
function between(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  return middle < high ? middle : low;
}

function lowerBound(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bounds[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function mutable({
  masses,
  lows,
  highs,
}: ReturnType<typeof fitQuantileSegments>): NumericBins['quantiles'][number] {
  return { masses: [...masses], lows: [...lows], highs: [...highs] };
}
