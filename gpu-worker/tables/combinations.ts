import { columnOf, isNumeric, type Table } from './table.js';

/** A cell by itself; null is missing. */
export type Cell = string | number | null;

/** A text that is the same for the same cells and no others. */
export function combinationKey(cells: readonly Cell[]): string {
  let key = '';
  for (const cell of cells) {
    key += cell === null ? 'm;' : typeof cell === 'number' ? `n${cell};` : `t${cell.length}:${cell};`;
  }
  return key;
}

/** The key of each row's cells in these columns. */
export function combinationKeys(table: Table, names: readonly string[]): string[] {
  const readers = names.map((name) => cellsOf(table, name));
  const cells: Cell[] = new Array<Cell>(names.length);
  return Array.from({ length: table.rows }, (_, row) => {
    for (let index = 0; index < readers.length; index++) cells[index] = readers[index]!(row);
    return combinationKey(cells);
  });
}

/** Reads a column's cells by row. */
export function cellsOf(table: Table, name: string): (row: number) => Cell {
  const column = columnOf(table, name);
  if (isNumeric(column)) {
    return (row) => (Number.isNaN(column.values[row]) ? null : column.values[row]!);
  }
  return (row) => column.categories[column.codes[row]!] ?? null;
}
