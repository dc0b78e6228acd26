import { isComparable, type AlignedCategories, type AlignedColumn, type AlignedNumbers } from './align.js';

export interface Coverage {
  /** Share of a column's real categories that the other table holds, on average over columns; undefined without any. */
  readonly categories: number | undefined;
  /** Share of a number's real range that the other table's values span, on average over columns; undefined without any. */
  readonly ranges: number | undefined;
}

/**
 * Whether the other table holds all that the real one does (CategoryCoverage and RangeCoverage of SDMetrics). A rare category
 * and the largest value are easily missed by chance, so compare with the same of real rows.
 */
export function coverage(columns: readonly AlignedColumn[]): Coverage {
  const shares = columns
    .filter(isComparable)
    .map((column) =>
      column.type === 'categories'
        ? { categories: categoriesCovered(column), ranges: undefined }
        : { categories: undefined, ranges: rangeCovered(column) },
    );
  return {
    categories: mean(shares.map(({ categories }) => categories)),
    ranges: mean(shares.map(({ ranges }) => ranges)),
  };
}

function categoriesCovered({ real, other }: AlignedCategories): number | undefined {
  const present = new Set(other);
  const wanted = [...new Set(real)].filter((code) => code >= 0);
  if (wanted.length === 0) return undefined;
  return wanted.filter((code) => present.has(code)).length / wanted.length;
}

function rangeCovered({ real, other }: AlignedNumbers): number | undefined {
  const [low, high] = ends(real);
  const [otherLow, otherHigh] = ends(other);
  if (low > high) return undefined;
  if (otherLow > otherHigh) return 0;
  // Of a constant column no part can be missed, only all of it.
  if (low === high) return otherLow <= low && low <= otherHigh ? 1 : 0;
  const missed = Math.max(0, otherLow - low) + Math.max(0, high - otherHigh);
  return Math.max(0, 1 - missed / (high - low));
}

function ends(values: Float64Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

function mean(shares: readonly (number | undefined)[]): number | undefined {
  const known = shares.filter((share) => share !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, share) => sum + share, 0) / known.length;
}
