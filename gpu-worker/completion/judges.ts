import type { Random } from '../compute/random.js';
import { complement, rowsAt } from '../tables/rows.js';
import type { Table } from '../tables/table.js';
import { withoutUnseen, type Completer } from './drawings.js';

/** Rows whose known cells are looked at for doubts, at most; fewer where that takes hundreds of drawings a cell. */
const MOST_ROWS_CHECKED = 100_000;
const MOST_ROWS_BY_DRAWING = 2000;
/** Below this many rows each, halves of a table teach a model too little. */
const FEWEST_ROWS_OF_HALF = 50;

/** A model, and rows that it is to judge. */
export interface Judge {
  readonly model: Completer;
  /** Positions in the table, rising. */
  readonly rows: Int32Array;
  /** What the model is shown of them. */
  readonly shown: Table;
}

/** Rows to check by such a model, rising: all, or as many as are allowed, drawn at random. */
export function rowsToCheck(table: Table, model: Completer, random: Random): Int32Array {
  const most = model.conditionals ? MOST_ROWS_CHECKED : MOST_ROWS_BY_DRAWING;
  return Int32Array.from(random.permutation(table.rows).subarray(0, most)).sort();
}

/** Whether a table is long enough for `crossFitted`. */
export const canCrossFit = (table: Table): boolean => table.rows >= 2 * FEWEST_ROWS_OF_HALF;

/**
 * Two models, each fitted to one random half of the table by `fit`, to judge rows of the other half. A model finds little wrong with
 * a row that it has learnt, whatever is in it; so none judges its own (cross-fitting).
 */
export async function crossFitted(
  table: Table,
  checked: Int32Array,
  fit: (learnt: Table, half: number) => Promise<Completer>,
  random: Random,
): Promise<Judge[]> {
  const first = Int32Array.from(random.permutation(table.rows).subarray(0, table.rows >> 1)).sort();
  const halves = [first, complement(first, table.rows)];
  const judges: Judge[] = [];
  for (const [half, rows] of halves.entries()) {
    const learnt = rowsAt(table, halves[1 - half]!);
    const mine = new Set(rows);
    const judged = checked.filter((row) => mine.has(row));
    const shown = withoutUnseen(rowsAt(table, judged), learnt);
    judges.push({ model: await fit(learnt, half), rows: judged, shown });
  }
  return judges;
}
