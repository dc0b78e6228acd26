import { isNumeric, type CategoricalColumn, type Column } from '../../tables/table.js';
import type { CategoryBins } from './category-bins.js';
import type { Refinement } from './refinement.js';

/** Levels of a digit; as many as a column may have bins, about. */
const LARGEST_BASE = 64;
/** Rows that are looked at to find what an order of categories could follow. */
const MOST_ROWS = 50_000;
/** Share of another column's variance that the categories must explain before their order follows it. */
const LEAST_EXPLAINED = 0.2;

/**
 * Gives each category of a tail a place, so that categories that go together with near values of another column lie near each
 * other, and share their first digits: a model then learns of all of them what it learns of one.
 *
 * A column that another one decides (a product's name by its code) gets the same places, as far as they are free, and what a
 * model has to learn of the two is that they are equal.
 *
 * `earlier` are columns that already have places, with those of their rows (−1 where a row has none).
 */
export function digitRefinement(
  bins: CategoryBins,
  column: CategoricalColumn,
  others: readonly Column[],
  earlier: readonly { readonly places: Int32Array; readonly base: number; readonly count: number }[],
): Refinement {
  const values = bins.tail?.values ?? [];
  if (values.length < 2) return { type: 'none' };
  const index = new Map(values.map((value, at) => [value, at]));
  const atOfCode = column.categories.map((category) => index.get(category) ?? -1);
  const rowsOfTail = Int32Array.from(column.codes, (code) => (code < 0 ? -1 : atOfCode[code]!));

  const twin = earlier.find(
    ({ places, base, count }) => values.length <= base ** count && decides(places, rowsOfTail, values.length),
  );
  if (twin) {
    const { base, count } = twin;
    return {
      type: 'digits',
      base,
      count,
      places: samePlaces(twin.places, rowsOfTail, values.length, base ** count, base),
    };
  }
  const count = digitsFor(values.length);
  const base = Math.max(2, Math.ceil(values.length ** (1 / count)));
  const order = orderOf(rowsOfTail, values.length, [
    ...earlier.map(({ places }) => Float64Array.from(places, (place) => (place < 0 ? NaN : place))),
    ...others.flatMap((other) => (isNumeric(other) ? [other.values] : [])),
  ]);
  const places = new Array<number>(values.length);
  order.forEach((at, place) => (places[at] = place));
  return { type: 'digits', base, count, places };
}

function digitsFor(values: number): number {
  let count = 1;
  while (LARGEST_BASE ** count < values) count++;
  return count;
}

/** The place of each row's category; −1 for rows outside of the tail. */
export function placesOfRows(
  { places }: Extract<Refinement, { type: 'digits' }>,
  bins: CategoryBins,
  { codes, categories }: CategoricalColumn,
): Int32Array {
  const index = new Map((bins.tail?.values ?? []).map((value, at) => [value, places[at]!]));
  const placeOfCode = categories.map((category) => index.get(category) ?? -1);
  return Int32Array.from(codes, (code) => (code < 0 ? -1 : placeOfCode[code]!));
}

/** Whether nearly every row's category follows from the other column's place. */
function decides(places: Int32Array, rows: Int32Array, values: number): boolean {
  const counts = new Map<number, number>();
  const ofPlace = new Map<number, number>();
  let both = 0;
  for (let row = 0; row < Math.min(rows.length, MOST_ROWS); row++) {
    const [place, at] = [places[row]!, rows[row]!];
    if (place < 0 || at < 0) continue;
    both++;
    counts.set(place * values + at, (counts.get(place * values + at) ?? 0) + 1);
  }
  for (const [pair, count] of counts) {
    const place = Math.floor(pair / values);
    ofPlace.set(place, Math.max(ofPlace.get(place) ?? 0, count));
  }
  const decided = [...ofPlace.values()].reduce((sum, count) => sum + count, 0);
  // Few rows a place decide themselves, and mean nothing.
  return both > 3 * ofPlace.size && decided > 0.9 * both;
}

/** Each category's commonest place in the other column, or where that is taken, the next free one near it. */
function samePlaces(
  places: Int32Array,
  rows: Int32Array,
  values: number,
  size: number,
  base: number,
): number[] {
  const counts = Array.from({ length: values }, () => new Map<number, number>());
  rows.forEach((at, row) => {
    if (at >= 0 && places[row]! >= 0) counts[at]!.set(places[row]!, (counts[at]!.get(places[row]!) ?? 0) + 1);
  });
  const wanted = counts.map((of) => [...of].sort((a, b) => b[1] - a[1])[0]);
  const taken = new Set<number>();
  const found = new Array<number>(values).fill(-1);
  const byCount = [...wanted.keys()].sort((a, b) => (wanted[b]?.[1] ?? 0) - (wanted[a]?.[1] ?? 0));
  for (const at of byCount) {
    const place = wanted[at]?.[0];
    if (place === undefined || taken.has(place)) continue;
    found[at] = place;
    taken.add(place);
  }
  let free = 0;
  const nextFree = (from: number, end: number): number | undefined => {
    for (let place = from; place < end; place++) if (!taken.has(place)) return place;
    return undefined;
  };
  for (const at of byCount) {
    if (found[at]! >= 0) continue;
    const start = Math.floor((wanted[at]?.[0] ?? 0) / base) * base;
    const place = nextFree(start, Math.min(size, start + base)) ?? (free = nextFree(free, size)!);
    found[at] = place;
    taken.add(place);
  }
  return found;
}

/** Categories by the mean of the other column that they explain best; by frequency, as they come, where they explain none. */
function orderOf(rows: Int32Array, values: number, others: readonly Float64Array[]): number[] {
  const asTheyCome = Array.from({ length: values }, (_, at) => at);
  let best: { explained: number; means: Float64Array } | undefined;
  for (const other of others) {
    const found = explained(rows, values, ranksOf(other));
    if (found && found.explained > (best?.explained ?? LEAST_EXPLAINED)) best = found;
  }
  if (!best) return asTheyCome;
  const { means } = best;
  return asTheyCome.sort((a, b) => means[a]! - means[b]! || a - b);
}

/** Ranks in place of values, so that a long tail doesn't decide alone. */
function ranksOf(values: Float64Array): Float64Array {
  const some = values.subarray(0, MOST_ROWS);
  const sorted = some.filter((value) => !Number.isNaN(value)).sort();
  return some.map((value) => {
    if (Number.isNaN(value)) return NaN;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low / sorted.length;
  });
}

/** Share of the variance between categories (ε², which chance doesn't raise), and each one's mean. */
function explained(
  rows: Int32Array,
  values: number,
  other: Float64Array,
): { readonly explained: number; readonly means: Float64Array } | undefined {
  const sums = new Float64Array(values);
  const counts = new Float64Array(values);
  let [sum, squares, count] = [0, 0, 0];
  other.forEach((value, row) => {
    const at = rows[row]!;
    if (at < 0 || Number.isNaN(value)) return;
    sums[at]! += value;
    counts[at]!++;
    sum += value;
    squares += value * value;
    count++;
  });
  const groups = counts.filter((rowsOf) => rowsOf > 0).length;
  const total = squares - (sum * sum) / Math.max(1, count);
  if (count - groups < 1 || total <= 0) return undefined;
  const overall = sum / count;
  const means = sums.map((of, at) => (counts[at]! > 0 ? of / counts[at]! : overall));
  const between = means.reduce((all, mean, at) => all + counts[at]! * (mean - overall) ** 2, 0);
  const chance = ((groups - 1) * (total - between)) / (count - groups);
  return { explained: (between - chance) / total, means };
}
