import type { ColumnKind } from '../../schema/messages/column.js';
import { UserFailure } from '../failure.js';
import {
  isNumeric,
  type CategoricalColumn,
  type Column,
  type NumericColumn,
  type Table,
} from '../tables/table.js';

/** INTEGER, REAL, DATETIME of two tables: values as they are; NaN is missing. */
export interface AlignedNumbers {
  readonly type: 'numbers';
  readonly name: string;
  readonly kind: ColumnKind;
  readonly real: Float64Array;
  readonly other: Float64Array;
}

/** BOOLEAN, CATEGORY, TEXT, ID of two tables: codes of one shared dictionary; −1 is missing. */
export interface AlignedCategories {
  readonly type: 'categories';
  readonly name: string;
  readonly kind: ColumnKind;
  readonly real: Int32Array;
  readonly other: Int32Array;
  readonly labels: readonly string[];
}

export type AlignedColumn = AlignedNumbers | AlignedCategories;

/** Two tables made comparable: the real table's columns, in its order and of its kinds. */
export interface AlignedTables {
  readonly realRows: number;
  readonly otherRows: number;
  readonly columns: readonly AlignedColumn[];
}

/**
 * Pairs the columns of two tables by name. A file of its own may have been read with another kind (a column that holds
 * only 0 is INTEGER although the real one is REAL; category codes look like integers): kinds are brought to the real
 * table's where no value is lost.
 *
 * @param otherName what messages call the other table, such as `synthetic table`
 * @throws UserFailure INVALID_FILE naming the column that is missing, too many, or of a kind that can't be compared
 */
export function alignTables(real: Table, other: Table, otherName: string): AlignedTables {
  const others = new Map(other.columns.map((column) => [column.schema.name, column]));
  const columns = real.columns.map((column) => {
    const match = others.get(column.schema.name);
    if (!match) {
      throw new UserFailure(
        'INVALID_FILE',
        `The ${otherName} has no column "${column.schema.name}", which the real table has. ` +
          'Both need the same columns; their order may differ.',
        { column: column.schema.name },
      );
    }
    others.delete(column.schema.name);
    return alignColumn(column, match, otherName);
  });
  for (const name of others.keys()) {
    throw new UserFailure(
      'INVALID_FILE',
      `The ${otherName} has a column "${name}", which the real table doesn't have. Remove it from the file, or add it to the real table.`,
      { column: name },
    );
  }
  return { realRows: real.rows, otherRows: other.rows, columns };
}

function alignColumn(real: Column, other: Column, otherName: string): AlignedColumn {
  const { name, kind } = real.schema;
  if (isNumeric(real) && kind !== 'BOOLEAN') {
    return { type: 'numbers', name, kind, real: real.values, other: numbersOf(other, real, otherName) };
  }
  const realCategories = asCategories(real);
  const otherCategories = asCategories(other, isNumeric(real) ? real : undefined);
  const labels = [...realCategories.categories];
  const codeOf = new Map(labels.map((label, code) => [label, code]));
  const recode = otherCategories.categories.map((label) => {
    let code = codeOf.get(label);
    if (code === undefined) {
      code = labels.push(label) - 1;
      codeOf.set(label, code);
    }
    return code;
  });
  return {
    type: 'categories',
    name,
    kind,
    real: realCategories.codes,
    other: otherCategories.codes.map((code) => (code < 0 ? -1 : recode[code]!)),
    labels,
  };
}

function numbersOf(other: Column, real: NumericColumn, otherName: string): Float64Array {
  const { name, kind } = real.schema;
  if (isNumeric(other) && (other.schema.kind === 'DATETIME') === (kind === 'DATETIME')) return other.values;
  if (isAllMissing(other)) return new Float64Array(rowsOf(other)).fill(NaN);
  if (isNumeric(other) && isAllMissing(real)) return other.values;
  if (!isNumeric(other) && kind !== 'DATETIME') {
    const parsed = other.categories.map((label) => (label.trim() === '' ? NaN : Number(label)));
    if (parsed.every(Number.isFinite)) {
      return Float64Array.from(other.codes, (code) => (code < 0 ? NaN : parsed[code]!));
    }
  }
  throw new UserFailure(
    'INVALID_FILE',
    `Column "${name}" holds ${kind} values in the real table but ${other.schema.kind} values in the ${otherName}. ` +
      "Correct the column's kind in one of them, or the values that don't fit.",
    { column: name },
  );
}

function asCategories(
  column: Column,
  booleans?: NumericColumn,
): Pick<CategoricalColumn, 'codes' | 'categories'> {
  if (!isNumeric(column)) return column;
  const toCodes = (values: Float64Array): Int32Array =>
    Int32Array.from(values, (value) => (Number.isNaN(value) ? -1 : value));
  if (column.schema.kind === 'BOOLEAN') {
    return {
      codes: toCodes(column.values),
      categories: booleans?.schema.booleanLabels ?? column.schema.booleanLabels ?? ['false', 'true'],
    };
  }
  // A boolean column that was written as 0 and 1 and read back as INTEGER.
  if (booleans && column.values.every((value) => value === 0 || value === 1 || Number.isNaN(value))) {
    return {
      codes: toCodes(column.values),
      categories: booleans.schema.booleanLabels ?? ['false', 'true'],
    };
  }
  const categories: string[] = [];
  const codeOf = new Map<number, number>();
  const codes = Int32Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return -1;
    let code = codeOf.get(value);
    if (code === undefined) {
      code = categories.push(String(value)) - 1;
      codeOf.set(value, code);
    }
    return code;
  });
  return { codes, categories };
}

function rowsOf(column: Column): number {
  return isNumeric(column) ? column.values.length : column.codes.length;
}

function isAllMissing(column: Column): boolean {
  return isNumeric(column)
    ? column.values.every((value) => Number.isNaN(value))
    : column.codes.every((code) => code < 0);
}

/** The same columns with only these rows, in this order; leave one out to keep all rows of that side. */
export function takeRows(tables: AlignedTables, real?: Int32Array, other?: Int32Array): AlignedTables {
  if (!real && !other) return tables;
  return {
    realRows: real?.length ?? tables.realRows,
    otherRows: other?.length ?? tables.otherRows,
    columns: tables.columns.map((column): AlignedColumn => {
      if (column.type === 'numbers') {
        return {
          ...column,
          real: real ? Float64Array.from(real, (row) => column.real[row]!) : column.real,
          other: other ? Float64Array.from(other, (row) => column.other[row]!) : column.other,
        };
      }
      return {
        ...column,
        real: real ? real.map((row) => column.real[row]!) : column.real,
        other: other ? other.map((row) => column.other[row]!) : column.other,
      };
    }),
  };
}

/** IDs name rows and free text is unlike itself: their distributions tell nothing about a generator. */
export function isComparable(column: AlignedColumn): boolean {
  return column.kind !== 'ID' && column.kind !== 'TEXT';
}
