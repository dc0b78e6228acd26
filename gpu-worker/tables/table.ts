import type { ColumnSchema } from '../../schema/messages/column.js';

/** INTEGER, REAL, BOOLEAN (0 or 1) and DATETIME (milliseconds since 1970, UTC): a missing cell is NaN. */
export interface NumericColumn {
  readonly schema: ColumnSchema;
  /** Length: the table's rows. */
  readonly values: Float64Array;
}

/** CATEGORY, TEXT and ID: dictionary-encoded strings; a missing cell has code −1. */
export interface CategoricalColumn {
  readonly schema: ColumnSchema;
  /** Length: the table's rows; each −1 or an index into `categories`. */
  readonly codes: Int32Array;
  /** Distinct, in order of first appearance unless a reader says otherwise. */
  readonly categories: readonly string[];
}

export type Column = NumericColumn | CategoricalColumn;

/** A columnar table held in memory. Columns keep the file's order. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

export function isNumeric(column: Column): column is NumericColumn {
  return 'values' in column;
}

export function isCategorical(column: Column): column is CategoricalColumn {
  return 'codes' in column;
}

/** Whether that row's cell is missing. */
export function isMissing(column: Column, row: number): boolean {
  return isNumeric(column) ? Number.isNaN(column.values[row]!) : column.codes[row]! < 0;
}

/** The column of that name; throws a RangeError naming it when the table has none. */
export function columnOf(table: Table, name: string): Column {
  const column = table.columns.find((candidate) => candidate.schema.name === name);
  if (!column) throw new RangeError(`the table has no column "${name}"`);
  return column;
}

/** Whether cells of that kind are numbers, else dictionary-encoded strings. */
export function isNumericKind(kind: ColumnSchema['kind']): boolean {
  switch (kind) {
    case 'INTEGER':
    case 'REAL':
    case 'BOOLEAN':
    case 'DATETIME':
      return true;
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
      return false;
  }
}
