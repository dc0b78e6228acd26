import type { AlignedColumn } from './align.js';

/**
 * How alike a column's two distributions are, 0–1, 1 is the same. Numbers and date-times: 1 − the two-sample
 * Kolmogorov–Smirnov statistic over the cells that aren't missing. Categories and booleans: 1 − the total variation
 * distance of their shares, where missing counts as a category. A side without any value scores 0 unless both have none.
 */
export function columnShape(column: AlignedColumn): number {
  return column.type === 'numbers'
    ? 1 - kolmogorovSmirnov(sortedValues(column.real), sortedValues(column.other))
    : 1 - totalVariation(column.real, column.other, column.labels.length);
}

/** Ascending, without the missing cells. */
export function sortedValues(values: Float64Array): Float64Array {
  // A typed array sorts NaN last.
  const sorted = values.slice().sort();
  let present = sorted.length;
  while (present > 0 && Number.isNaN(sorted[present - 1]!)) present--;
  return sorted.subarray(0, present);
}

/** Largest distance between two empirical distribution functions, 0–1; both samples ascending. */
export function kolmogorovSmirnov(left: Float64Array, right: Float64Array): number {
  if (left.length === 0 || right.length === 0) return left.length === right.length ? 0 : 1;
  let largest = 0;
  let i = 0;
  let j = 0;
  while (i < left.length && j < right.length) {
    const value = Math.min(left[i]!, right[j]!);
    while (i < left.length && left[i] === value) i++;
    while (j < right.length && right[j] === value) j++;
    largest = Math.max(largest, Math.abs(i / left.length - j / right.length));
  }
  return largest;
}

/** Half the sum of absolute differences of shares, 0–1. Codes are −1 (missing) or below `categories`. */
export function totalVariation(left: Int32Array, right: Int32Array, categories: number): number {
  if (left.length === 0 || right.length === 0) return left.length === right.length ? 0 : 1;
  const difference = new Float64Array(categories + 1);
  // Weighed by the other side's length: sums of whole numbers, so equal samples differ by exactly 0.
  for (const code of left) difference[code + 1]! += right.length;
  for (const code of right) difference[code + 1]! -= left.length;
  return difference.reduce((sum, value) => sum + Math.abs(value), 0) / (2 * left.length * right.length);
}
