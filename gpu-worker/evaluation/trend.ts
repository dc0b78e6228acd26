import type { AlignedColumn } from './align.js';

/** Equal-width bins that a number is cut into beside a category. */
const BINS = 10;

/** Joint tables up to this many cells are counted in an array, larger ones in a map. */
const DENSE_CELLS = 1 << 20;

/** A column ready to be paired: binned codes for joint tables, standardized values for correlations. */
export interface TrendColumn {
  readonly name: string;
  /** Missing counts as one of them. */
  readonly categories: number;
  readonly realCodes: Int32Array;
  readonly otherCodes: Int32Array;
  readonly numbers?: { readonly real: Standardized; readonly other: Standardized };
}

interface Standardized {
  /** Zero mean and unit length over the present cells, or all 0 for a constant column. */
  readonly values: Float64Array;
  readonly constant: boolean;
  readonly missing: boolean;
}

export function trendColumn(column: AlignedColumn): TrendColumn {
  if (column.type === 'categories') {
    return {
      name: column.name,
      categories: column.labels.length + 1,
      realCodes: column.real.map((code) => code + 1),
      otherCodes: column.other.map((code) => code + 1),
    };
  }
  const edges = binEdges(column.real);
  return {
    name: column.name,
    categories: edges.length + 2,
    realCodes: binned(column.real, edges),
    otherCodes: binned(column.other, edges),
    numbers: { real: standardized(column.real), other: standardized(column.other) },
  };
}

/**
 * How alike the relation of two columns is in both tables, 0–1, 1 is the same. Two numbers: 1 − |r − r′| / 2 with
 * Pearson's r over rows where neither is missing, 0 where a side is constant. Otherwise 1 − the total variation distance of
 * the joint tables, numbers cut into 10 bins of equal width by the real column's edges, with a bin beyond either end.
 */
export function pairTrend(left: TrendColumn, right: TrendColumn): number {
  if (left.numbers && right.numbers) {
    const real = correlation(left.numbers.real, right.numbers.real) ?? 0;
    const other = correlation(left.numbers.other, right.numbers.other) ?? 0;
    return 1 - Math.abs(real - other) / 2;
  }
  return 1 - jointTotalVariation(left, right);
}

/** Pearson's r over rows where neither is missing; undefined when one is constant there. */
export function correlation(left: Standardized, right: Standardized): number | undefined {
  if (left.constant || right.constant) return undefined;
  const a = left.values;
  const b = right.values;
  if (!left.missing && !right.missing) {
    let dot = 0;
    for (let row = 0; row < a.length; row++) dot += a[row]! * b[row]!;
    return clampCorrelation(dot);
  }
  let [rows, sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0, 0];
  for (let row = 0; row < a.length; row++) {
    const x = a[row]!;
    const y = b[row]!;
    if (Number.isNaN(x) || Number.isNaN(y)) continue;
    rows++;
    sumA += x;
    sumB += y;
    sumAA += x * x;
    sumBB += y * y;
    sumAB += x * y;
  }
  const varianceA = sumAA - (sumA * sumA) / rows;
  const varianceB = sumBB - (sumB * sumB) / rows;
  // Both have unit length, so what is left of a constant column is rounding.
  if (!(varianceA > 1e-12) || !(varianceB > 1e-12)) return undefined;
  return clampCorrelation((sumAB - (sumA * sumB) / rows) / Math.sqrt(varianceA * varianceB));
}

const clampCorrelation = (value: number): number => Math.max(-1, Math.min(1, value));

/** Pearson's r of every pair of numeric columns in one of the two tables; null where it is undefined. */
export function correlationMatrix(
  columns: readonly TrendColumn[],
  side: 'real' | 'other',
): (number | null)[][] {
  const numeric = columns.flatMap(({ numbers }) => (numbers ? [numbers[side]] : []));
  const matrix = numeric.map(() => numeric.map((): number | null => null));
  numeric.forEach((left, i) => {
    numeric.slice(0, i + 1).forEach((right, j) => {
      const r = i === j && !left.constant ? 1 : (correlation(left, right) ?? null);
      matrix[i]![j] = r;
      matrix[j]![i] = r;
    });
  });
  return matrix;
}

function standardized(values: Float64Array): Standardized {
  let rows = 0;
  let sum = 0;
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    rows++;
    sum += value;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const missing = rows < values.length;
  if (!(high > low)) return { values: new Float64Array(values.length), constant: true, missing };
  // Scaled by the range first, so that squares neither overflow nor vanish.
  const range = high - low;
  const mean = sum / rows;
  const centred = values.map((value) => (value - mean) / range);
  let squares = 0;
  for (const value of centred) if (!Number.isNaN(value)) squares += value * value;
  const length = Math.sqrt(squares);
  return { values: centred.map((value) => value / length), constant: false, missing };
}

/** BINS + 1 edges from the smallest to the largest value. */
function binEdges(values: Float64Array): Float64Array {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return new Float64Array(0);
  // A constant column gets bins around its value, so that synthetic values away from it count as different.
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  return Float64Array.from({ length: BINS + 1 }, (_, edge) =>
    edge === BINS ? high : low + edge * ((high - low) / BINS),
  );
}

/**
 * 0 for missing, 1 below the first edge, 2 … from each edge on. So values outside of the real range are set apart, as in
 * SDMetrics, where the largest real value, too, opens a bin of its own.
 */
function binned(values: Float64Array, edges: Float64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    if (Number.isNaN(value)) return 0;
    let bin = 1;
    for (const edge of edges) {
      if (value < edge) break;
      bin++;
    }
    return bin;
  });
}

function jointTotalVariation(left: TrendColumn, right: TrendColumn): number {
  const realRows = left.realCodes.length;
  const otherRows = left.otherCodes.length;
  if (realRows === 0 || otherRows === 0) return realRows === otherRows ? 0 : 1;
  const width = right.categories;
  const cells = left.categories * width;
  // A real row weighs as much as there are other rows, and the reverse: sums of whole numbers, so equal tables differ by 0.
  if (cells <= DENSE_CELLS) {
    const difference = new Float64Array(cells);
    count(left.realCodes, right.realCodes, (cell) => (difference[cell]! += otherRows));
    count(left.otherCodes, right.otherCodes, (cell) => (difference[cell]! -= realRows));
    return difference.reduce((sum, value) => sum + Math.abs(value), 0) / (2 * realRows * otherRows);
  }
  const difference = new Map<number, number>();
  const add = (cell: number, amount: number) => difference.set(cell, (difference.get(cell) ?? 0) + amount);
  count(left.realCodes, right.realCodes, (cell) => add(cell, otherRows));
  count(left.otherCodes, right.otherCodes, (cell) => add(cell, -realRows));
  let sum = 0;
  for (const value of difference.values()) sum += Math.abs(value);
  return sum / (2 * realRows * otherRows);

  function count(rows: Int32Array, columns: Int32Array, visit: (cell: number) => void): void {
    for (let row = 0; row < rows.length; row++) visit(rows[row]! * width + columns[row]!);
  }
}
