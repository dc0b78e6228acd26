import { isNumeric, type Column, type Table } from '../tables/table.js';
import { cellAt, type CellValue } from './cells.js';
import { combined } from './drawings.js';

/** Neighbours that a cell is taken from. */
export const NEIGHBOURS = 10;
/** Two categories that differ lie so far apart, squared, as two different one-hot vectors do. */
const MISMATCH = 2;

/**
 * The k-nearest-neighbours method of filling cells (Troyanskaya et al., "Missing value estimation methods for DNA microarrays",
 * 2001): the mean, or for text and yes/no the most frequent value, of the `NEIGHBOURS` nearest reference rows that have one.
 * Numbers are standardised, text one-hot; the squared distance is the mean over columns that are known in both rows.
 * IDs don't count.
 */
export class NeighbourImputer {
  readonly #columns: readonly number[];
  /** Standard deviation of each column's reference values; 1 for text. */
  readonly #scales: readonly number[];

  constructor(private readonly reference: Table) {
    this.#columns = [...reference.columns.keys()].filter(
      (index) => reference.columns[index]!.schema.kind !== 'ID',
    );
    this.#scales = reference.columns.map((column) =>
      isNumeric(column) ? momentsOf(column.values).deviation || 1 : 1,
    );
  }

  /** A value for cells of one row, by column, in the order of `wanted`; undefined where no reference row has one. */
  values(table: Table, row: number, wanted: readonly string[]): (CellValue | undefined)[] {
    const distances = this.#distances(table, row);
    const order = Uint32Array.from(distances.keys()).sort(
      (one, other) => distances[one]! - distances[other]!,
    );
    return wanted.map((name) => {
      const column = this.reference.columns.find(({ schema }) => schema.name === name)!;
      const found: CellValue[] = [];
      for (const near of order) {
        const value = distances[near] === Infinity ? undefined : cellAt(column, near);
        if (value !== undefined) found.push(value);
        if (found.length === NEIGHBOURS) break;
      }
      return centreOf(column, found);
    });
  }

  #distances(table: Table, row: number): Float64Array {
    const { rows } = this.reference;
    const sums = new Float64Array(rows);
    const shared = new Uint32Array(rows);
    for (const index of this.#columns) {
      const [reference, column] = [this.reference.columns[index]!, table.columns[index]!];
      const own = cellAt(column, row);
      if (own === undefined) continue;
      if (isNumeric(reference)) {
        const scale = this.#scales[index]!;
        for (let other = 0; other < rows; other++) {
          const value = reference.values[other]!;
          if (Number.isNaN(value)) continue;
          shared[other]!++;
          sums[other]! += ((value - (own as number)) / scale) ** 2;
        }
      } else {
        const code = reference.categories.indexOf(own as string);
        for (let other = 0; other < rows; other++) {
          if (reference.codes[other]! < 0) continue;
          shared[other]!++;
          if (reference.codes[other] !== code) sums[other]! += MISMATCH;
        }
      }
    }
    return sums.map((sum, other) => (shared[other] ? sum / shared[other] : Infinity));
  }
}

/** The mean of numbers and date-times, the most frequent of other values; undefined of none. */
export function centreOf(column: Column, values: readonly CellValue[]): CellValue | undefined {
  if (values.length === 0) return undefined;
  if (isNumeric(column) && column.schema.kind !== 'BOOLEAN')
    return values.reduce<number>((sum, value) => sum + Number(value), 0) / values.length;
  return combined(values, false)?.value;
}

/** Of the values that aren't NaN; the deviation over their number. */
export function momentsOf(values: Float64Array): { readonly mean: number; readonly deviation: number } {
  const known = values.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / known.length) };
}
