import type { ColumnSchema } from '../../schema/messages/column.js';
import { isNumeric, type Column, type Table } from './table.js';

/** The rows of the table at these positions, in this order; a position may occur more than once. */
export function rowsAt(table: Table, positions: Int32Array | Uint32Array): Table {
  return {
    rows: positions.length,
    columns: table.columns.map((column) => cellsAt(column, positions)),
  };
}

/** The same of one column. */
export function cellsAt(column: Column, positions: Int32Array | Uint32Array): Column {
  return isNumeric(column)
    ? { ...column, values: Float64Array.from(positions, (row) => column.values[row]!) }
    : { ...column, codes: Int32Array.from(positions, (row) => column.codes[row]!) };
}

/** Rows `from` up to but without `to`; shares memory with the table where they are all of them. */
export function rowsBetween(table: Table, from: number, to: number): Table {
  if (from === 0 && to === table.rows) return table;
  return { rows: to - from, columns: table.columns.map((column) => cellsBetween(column, from, to)) };
}

/** The same of one column, always as a copy. */
export function cellsBetween(column: Column, from: number, to: number): Column {
  return isNumeric(column)
    ? { ...column, values: column.values.slice(from, to) }
    : { ...column, codes: column.codes.slice(from, to) };
}

/** Positions of the rows that aren't marked. */
export function unmarked(marks: Uint8Array): Int32Array {
  const kept = new Int32Array(marks.length);
  let count = 0;
  for (let row = 0; row < marks.length; row++) if (!marks[row]) kept[count++] = row;
  return kept.slice(0, count);
}

/** Of the positions 0…rows−1 those that aren't among `kept`, which rise. */
export function complement(kept: Int32Array, rows: number): Int32Array {
  const marks = new Uint8Array(rows);
  for (const row of kept) marks[row] = 1;
  return unmarked(marks);
}

/** The table with other cells in some rows: row i of `cells` goes to `places[i]`, but for the columns that are kept. */
export function withRows(
  table: Table,
  places: Int32Array,
  cells: Table,
  isKept: (schema: ColumnSchema) => boolean,
): Table {
  return {
    rows: table.rows,
    columns: table.columns.map((column, index) => {
      const other = cells.columns[index]!;
      if (isKept(column.schema)) return column;
      if (isNumeric(column) && isNumeric(other)) {
        const values = column.values.slice();
        places.forEach((place, row) => (values[place] = other.values[row]!));
        return { ...column, values };
      }
      if (isNumeric(column) || isNumeric(other)) {
        throw new TypeError(`column "${column.schema.name}" is of two kinds`);
      }
      const categories = [...column.categories];
      const codeOf = new Map(categories.map((category, code) => [category, code]));
      const codes = column.codes.slice();
      places.forEach((place, row) => {
        const category = other.categories[other.codes[row]!];
        let code = category === undefined ? -1 : codeOf.get(category);
        if (code === undefined) {
          code = categories.push(category!) - 1;
          codeOf.set(category!, code);
        }
        codes[place] = code;
      });
      return { ...column, codes, categories };
    }),
  };
}
