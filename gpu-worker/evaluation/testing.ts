import type { ColumnKind } from '../../schema/messages/column.js';
import type { Column, Table } from '../tables/table.js';

/** Columns and tables for tests, written as lists of cells; null is missing. */
export function numericColumn(
  name: string,
  cells: readonly (number | null)[],
  kind: ColumnKind = 'REAL',
): Column {
  return {
    schema: { name, kind, nullable: cells.includes(null), unique: false },
    values: Float64Array.from(cells, (cell) => cell ?? NaN),
  };
}

export function categoricalColumn(
  name: string,
  cells: readonly (string | null)[],
  kind: ColumnKind = 'CATEGORY',
): Column {
  const categories = [...new Set(cells.filter((cell) => cell !== null))];
  return {
    schema: { name, kind, nullable: cells.includes(null), unique: false },
    codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : categories.indexOf(cell))),
    categories,
  };
}

export function tableOf(...columns: Column[]): Table {
  const first = columns[0];
  const rows = first === undefined ? 0 : 'values' in first ? first.values.length : first.codes.length;
  return { rows, columns };
}
