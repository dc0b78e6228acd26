import type { AlignedColumn } from '../align.js';

/**
 * Rows as points of one space. A number is a coordinate in which the real column spans 0–1; a category is a one-hot
 * vector, of which only the code is kept: two rows lie 0 or 2 apart in it by their squared distance.
 */
export interface Points {
  readonly rows: number;
  readonly dimensions: { readonly numbers: number; readonly categories: number };
  /** Row after row. */
  readonly numbers: Float64Array;
  /** Row after row; equal codes mean equal values in all points of one space. */
  readonly codes: Int32Array;
}

/** Squared distance of rows that hold different categories: each one-hot vector has a 1 where the other has 0. */
export const MISMATCH = 2;

/** Keeps squares finite, whatever a synthetic value is. */
const FURTHEST = 1e100;

type Side = 'real' | 'other';

/** One way to turn rows into points, whichever table they come from. */
export interface Space {
  /** The rows of one side of tables whose columns, real side included, are those of the space. */
  points(columns: readonly AlignedColumn[], side: Side): Points;
  /** The same space without one column, by its place. */
  without(column: number): Space;
}

/** How one column is placed. `unknown`: the code of missing cells. */
type Placed =
  | {
      readonly type: 'numbers';
      readonly low: number;
      readonly scale: number;
      readonly mean: number;
      /** Whether being missing is a category beside the number, which then takes the mean. */
      readonly flagged: boolean;
    }
  | { readonly type: 'categories'; readonly codes: Map<string, number> };

/**
 * The space that the real columns span. `others` are all the tables whose rows will be placed, aligned with the same real table: a
 * missing cell is an own category where any of them has one.
 */
export function spaceOf(others: readonly (readonly AlignedColumn[])[]): Space {
  const placed = others[0]!.map((column, index): Placed => {
    if (column.type === 'categories') return { type: 'categories', codes: new Map() };
    const sides = others.flatMap((columns) => [columns[index]!.real, columns[index]!.other]);
    return {
      type: 'numbers',
      ...rangeOf(column.real),
      flagged: sides.some((values) => values.some(Number.isNaN)),
    };
  });
  return space(placed, new Set());
}

function space(placed: readonly Placed[], left: ReadonlySet<number>): Space {
  return {
    points(columns, side) {
      const used = [...placed.keys()].filter((index) => !left.has(index));
      const rows = columns[0]?.[side].length ?? 0;
      const coordinates = used.filter((index) => placed[index]!.type === 'numbers');
      const coded = used.filter((index) => isCoded(placed[index]!));
      const numbers = new Float64Array(rows * coordinates.length);
      const codes = new Int32Array(rows * coded.length);
      coordinates.forEach((index, place) =>
        writeNumbers(numbers, coordinates.length, place, columns[index]![side], placed[index]!),
      );
      coded.forEach((index, place) =>
        writeCodes(codes, coded.length, place, columns[index]!, side, placed[index]!),
      );
      return { rows, dimensions: { numbers: coordinates.length, categories: coded.length }, numbers, codes };
    },
    without: (column) => space(placed, new Set([...left, column])),
  };
}

const isCoded = (column: Placed): boolean => column.type === 'categories' || column.flagged;

function rangeOf(values: Float64Array): { low: number; scale: number; mean: number } {
  let [low, high, sum, count] = [Infinity, -Infinity, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
    count++;
    sum += (value - sum) / count;
  }
  if (count === 0) return { low: 0, scale: 1, mean: 0 };
  // A constant column has no width to measure by; its values then differ in their own unit.
  return { low, scale: high > low ? high - low : 1, mean: sum };
}

function writeNumbers(
  target: Float64Array,
  width: number,
  place: number,
  values: Float64Array | Int32Array,
  column: Placed,
): void {
  if (column.type !== 'numbers') return;
  const { low, scale, mean } = column;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    const scaled = ((Number.isNaN(value) ? mean : value) - low) / scale;
    target[row * width + place] = Math.max(-FURTHEST, Math.min(FURTHEST, scaled));
  }
}

function writeCodes(
  target: Int32Array,
  width: number,
  place: number,
  column: AlignedColumn,
  side: Side,
  placed: Placed,
): void {
  const cells = column[side];
  if (placed.type === 'numbers' || column.type === 'numbers') {
    for (let row = 0; row < cells.length; row++) {
      target[row * width + place] = Number.isNaN(cells[row]!) ? -1 : 0;
    }
    return;
  }
  // Each aligned pair of tables has a dictionary of its own; the space's makes one of them.
  const codeOf = column.labels.map((label) => {
    const known = placed.codes.get(label) ?? placed.codes.size;
    placed.codes.set(label, known);
    return known;
  });
  for (let row = 0; row < cells.length; row++) {
    const code = cells[row]!;
    target[row * width + place] = code < 0 ? -1 : codeOf[code]!;
  }
}

/** The chosen rows, in this order. */
export function takePoints({ dimensions, numbers, codes }: Points, rows: Int32Array): Points {
  return {
    rows: rows.length,
    dimensions,
    numbers: takeLines(numbers, dimensions.numbers, rows, new Float64Array(rows.length * dimensions.numbers)),
    codes: takeLines(codes, dimensions.categories, rows, new Int32Array(rows.length * dimensions.categories)),
  };
}

function takeLines<Values extends Float64Array | Int32Array>(
  from: Values,
  width: number,
  rows: Int32Array,
  to: Values,
): Values {
  rows.forEach((row, place) => to.set(from.subarray(row * width, (row + 1) * width), place * width));
  return to;
}
