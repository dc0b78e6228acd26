import type { ReferenceSource } from '../../schema/messages/scores.js';
import type { Table } from '../tables/table.js';
import { alignTables, isComparable, takeRows, type AlignedColumn, type AlignedTables } from './align.js';
import { randomNumbers, shuffledIndices } from './random.js';

/** A longer table is cut to this many random rows: the scores' own sampling error is far below 0.1 % by then. */
export const MAX_ROWS_COMPARED = 100_000;

/** Rows × rows × columns that a search for nearest rows may look at, at worst, and the rows that it looks at in any case. */
const MOST_DISTANCES = 2.3e9;
const MOST_NEIGHBOURS = 20_000;
const FEWEST_NEIGHBOURS = 1000;

/** The tables of an evaluation, made comparable. */
export interface ComparedTables {
  /** Real and synthetic, all rows. */
  readonly all: AlignedTables;
  /** The same, cut: as many synthetic rows as real ones at most. */
  readonly compared: AlignedTables;
  /** Real rows on both sides; left out for a single real row. */
  readonly reference?: { readonly tables: AlignedTables; readonly source: ReferenceSource };
  /** Scores that search for nearest rows cut either table to so many random rows. */
  readonly mostNeighbours: number;
}

export interface ComparableTables {
  readonly real: Table;
  readonly synthetic: Table;
  readonly test?: Table;
}

/** @throws UserFailure INVALID_FILE naming a column that the tables don't share */
export function compareTables({ real, synthetic, test }: ComparableTables, seed: number): ComparedTables {
  const all = alignTables(real, synthetic, 'synthetic table');
  const compared = comparedRows(all, seed);
  const width = Math.max(1, compared.columns.filter(isComparable).length);
  const bearable = Math.floor(Math.sqrt(MOST_DISTANCES / width));
  return {
    all,
    compared,
    reference: test
      ? { tables: comparedRows(alignTables(real, test, 'test table'), seed), source: 'HOLDOUT' }
      : halves(compared, seed),
    mostNeighbours: Math.max(FEWEST_NEIGHBOURS, Math.min(MOST_NEIGHBOURS, bearable)),
  };
}

/** As many synthetic rows as real ones at most, and no more of either than can be compared in reasonable time. */
function comparedRows(tables: AlignedTables, seed: number): AlignedTables {
  const realRows = Math.min(tables.realRows, MAX_ROWS_COMPARED);
  const otherRows = Math.min(tables.otherRows, realRows);
  const random = randomNumbers(seed);
  const cut = (rows: number, wanted: number) =>
    rows > wanted ? shuffledIndices(rows, random).subarray(0, wanted).sort() : undefined;
  return takeRows(tables, cut(tables.realRows, realRows), cut(tables.otherRows, otherRows));
}

function halves(compared: AlignedTables, seed: number): ComparedTables['reference'] {
  if (compared.realRows < 2) return undefined;
  const order = shuffledIndices(compared.realRows, randomNumbers(seed + 1));
  const half = compared.realRows >> 1;
  const twice = {
    realRows: compared.realRows,
    otherRows: compared.realRows,
    columns: compared.columns.map((column): AlignedColumn =>
      column.type === 'numbers' ? { ...column, other: column.real } : { ...column, other: column.real },
    ),
  };
  return { tables: takeRows(twice, order.subarray(half), order.subarray(0, half)), source: 'HALVES' };
}
