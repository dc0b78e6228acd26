import type { ColumnSchema } from '../../schema/messages/column.js';
import { roundedNumber } from './cell-text.js';
import { isNumeric, type Table } from './table.js';

const MILLISECONDS = { date: 86_400_000, second: 1000, millisecond: 1 } as const;

/** What two neighbouring values of a numeric column differ by: 1, 10^−decimals or milliseconds; undefined when unknown. */
export function stepOf({ kind, decimals, precision }: ColumnSchema): number | undefined {
  switch (kind) {
    case 'DATETIME':
      return MILLISECONDS[precision ?? 'millisecond'];
    case 'REAL':
      return decimals === undefined ? undefined : Number(`1e-${decimals}`);
    default:
      return 1;
  }
}

/** The value that a file of such a column holds for `value`; NaN stays missing. */
export function writtenValue(value: number, schema: ColumnSchema): number {
  if (Number.isNaN(value)) return NaN;
  switch (schema.kind) {
    case 'BOOLEAN':
      return value >= 0.5 ? 1 : 0;
    case 'DATETIME': {
      const step = MILLISECONDS[schema.precision ?? 'millisecond'];
      return Math.floor(value / step) * step;
    }
    default:
      return roundedNumber(value, schema);
  }
}

/** The table as its file will hold it: rules are checked on that, since rounding may break what held before. */
export function asWritten(table: Table): Table {
  return {
    rows: table.rows,
    columns: table.columns.map((column) =>
      isNumeric(column)
        ? { ...column, values: column.values.map((value) => writtenValue(value, column.schema)) }
        : column,
    ),
  };
}
