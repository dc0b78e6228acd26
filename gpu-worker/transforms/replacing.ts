import type { Column, Table } from '../tables/table.js';

/** The table with another column in the place of the one of that name; without it, the new one comes last. */
export function replacing(table: Table, name: string, column: Column): Table {
  const at = table.columns.findIndex(({ schema }) => schema.name === name);
  return { rows: table.rows, columns: at < 0 ? [...table.columns, column] : table.columns.with(at, column) };
}

export function without(table: Table, names: readonly string[]): Table {
  return { rows: table.rows, columns: table.columns.filter(({ schema }) => !names.includes(schema.name)) };
}

/** The column's numbers; throws a TypeError for text. */
export function numbersIn(table: Table, name: string): Float64Array {
  const column = table.columns.find(({ schema }) => schema.name === name);
  if (!column || !('values' in column)) throw new TypeError(`the table has no numbers called "${name}"`);
  return column.values;
}
