import { numberCellText } from '../tables/cell-text.js';
import { isNumeric, type Column, type Table } from '../tables/table.js';

/** What a cell holds: a number as in `NumericColumn`, or a text. */
export type CellValue = number | string;

/** Undefined where it is missing. */
export function cellAt(column: Column, row: number): CellValue | undefined {
  if (isNumeric(column)) {
    const value = column.values[row]!;
    return Number.isNaN(value) ? undefined : value;
  }
  return column.categories[column.codes[row]!];
}

/** As the file spells it. */
export const cellText = (value: CellValue, { schema }: Column): string =>
  typeof value === 'number' ? numberCellText(value, schema) : value;

/** Rows whose cells are taken out or put in: column name → row → the value, or undefined for a missing cell. */
export type CellEdits = ReadonlyMap<string, ReadonlyMap<number, CellValue | undefined>>;

/** The table with some cells changed. What isn't named is shared with it, or copied as it is. */
export function withCells(table: Table, edits: CellEdits): Table {
  return {
    rows: table.rows,
    columns: table.columns.map((column) => {
      const ofColumn = edits.get(column.schema.name);
      return ofColumn && ofColumn.size > 0 ? edited(column, ofColumn) : column;
    }),
  };
}

function edited(column: Column, cells: ReadonlyMap<number, CellValue | undefined>): Column {
  if (isNumeric(column)) {
    const values = column.values.slice();
    for (const [row, value] of cells) values[row] = value === undefined ? NaN : Number(value);
    return { ...column, values };
  }
  const categories = [...column.categories];
  const codeOf = new Map(categories.map((category, code) => [category, code]));
  const codes = column.codes.slice();
  for (const [row, value] of cells) {
    const text = value === undefined ? undefined : String(value);
    let code = text === undefined ? -1 : codeOf.get(text);
    if (code === undefined) {
      code = categories.push(text!) - 1;
      codeOf.set(text!, code);
    }
    codes[row] = code;
  }
  return { ...column, codes, categories };
}
