import type { ColumnSchema } from '../../schema/messages/column.js';
import type { Condition } from '../../schema/messages/conditions.js';
import { UserFailure } from '../failure.js';
import { dateTimeText, roundedNumber } from '../tables/cell-text.js';
import { columnOf, isNumeric, type Column, type Table } from '../tables/table.js';

/** The rows of a table that meet all conditions, ascending. The table has the columns that the conditions were read for. */
export type RowFilter = (table: Table) => Int32Array;

/** Whether a cell, by its row, meets a condition. */
type CellTest = (row: number) => boolean;

/**
 * Reads conditions for a table of these columns. Cells are compared as a file shows them: an INTEGER after rounding, a date
 * without its time. Throws UserFailure INVALID_CONFIG for a column that isn't there, or a value that its kind can't hold.
 */
export function rowFilter(conditions: readonly Condition[], columns: readonly ColumnSchema[]): RowFilter {
  const tests = conditions.map((condition) => {
    const schema = columns.find(({ name }) => name === condition.column);
    if (!schema) {
      const known = columns.map(({ name }) => name).join(', ');
      throw refused(condition.column, `There is no column "${condition.column}". There are: ${known}.`);
    }
    return { name: schema.name, test: cellTest(condition, schema) };
  });
  return (table) => {
    const ofCells = tests.map(({ name, test }) => test(columnOf(table, name)));
    return Int32Array.from({ length: table.rows }, (_, row) => row).filter((row) =>
      ofCells.every((meets) => meets(row)),
    );
  };
}

/** `rows` rows that hold what the conditions on single values ask for; undefined where none is on a single value. */
export function cellsOf(
  conditions: readonly Condition[],
  columns: readonly ColumnSchema[],
  rows: number,
): Table | undefined {
  const single = conditions.filter(({ in: wanted }) => wanted?.length === 1);
  if (single.length === 0) return undefined;
  return {
    rows,
    columns: single.map(({ column, in: wanted }): Column => {
      const schema = columns.find(({ name }) => name === column)!;
      const text = wanted![0]!;
      return schema.kind === 'CATEGORY' || schema.kind === 'TEXT'
        ? { schema, codes: new Int32Array(rows), categories: [text] }
        : { schema, values: new Float64Array(rows).fill(numberOf(text, schema)) };
    }),
  };
}

function cellTest(condition: Condition, schema: ColumnSchema): (column: Column) => CellTest {
  const { name, kind } = schema;
  const { in: wanted, min, max } = condition;
  switch (kind) {
    case 'ID':
      throw refused(
        name,
        `The column "${name}" holds IDs, which are made up for each row. Choose another column.`,
      );
    case 'CATEGORY':
    case 'TEXT': {
      if (!wanted) throw noRange(schema);
      const texts = new Set(wanted);
      return (column) => {
        if (isNumeric(column)) throw new RangeError(`column "${name}" is numeric`);
        const meets = column.categories.map((category) => texts.has(category));
        return (row) => column.codes[row]! >= 0 && meets[column.codes[row]!]!;
      };
    }
    case 'BOOLEAN':
      if (!wanted) throw noRange(schema);
      return numericTest(schema, oneOf(wanted, schema));
    case 'INTEGER':
    case 'REAL':
    case 'DATETIME': {
      if (wanted) return numericTest(schema, oneOf(wanted, schema));
      const least = min === undefined ? -Infinity : numberOf(min, schema);
      const most = max === undefined ? Infinity : numberOf(max, schema);
      if (least > most) {
        throw refused(name, `The range of "${name}" is empty: ${min} is more than ${max}. Swap them.`);
      }
      return numericTest(schema, (value) => value >= least && value <= most);
    }
  }
}

function oneOf(wanted: readonly string[], schema: ColumnSchema): (value: number) => boolean {
  const numbers = new Set(wanted.map((text) => shown(numberOf(text, schema), schema)));
  return (value) => numbers.has(value);
}

function numericTest(
  schema: ColumnSchema,
  meets: (shownValue: number) => boolean,
): (column: Column) => CellTest {
  return (column) => {
    if (!isNumeric(column)) throw new RangeError(`column "${schema.name}" isn't numeric`);
    return (row) => {
      const value = column.values[row]!;
      return !Number.isNaN(value) && meets(shown(value, schema));
    };
  };
}

/** The value that a reader of the written file gets. */
function shown(value: number, schema: ColumnSchema): number {
  switch (schema.kind) {
    case 'BOOLEAN':
      return value >= 0.5 ? 1 : 0;
    case 'DATETIME':
      return timeOf(dateTimeText(value, schema.precision ?? 'millisecond'));
    default:
      return roundedNumber(value, schema);
  }
}

function numberOf(text: string, schema: ColumnSchema): number {
  const { name, kind } = schema;
  if (kind === 'BOOLEAN') {
    const labels = schema.booleanLabels ?? ['false', 'true'];
    const value = labels.findIndex((label) => label.toLowerCase() === text.toLowerCase());
    if (value >= 0) return value;
    throw refused(name, `"${text}" is no value of the column "${name}". It has: ${labels.join(', ')}.`);
  }
  const value = kind === 'DATETIME' ? timeOf(text) : text.trim() === '' ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  const [what, like] =
    kind === 'DATETIME' ? ['times', '2026-01-31 or 2026-01-31T08:26:00'] : ['numbers', '12.5'];
  throw refused(name, `"${text}" is no value of the column "${name}", which holds ${what}, such as ${like}.`);
}

/** Milliseconds since 1970 (UTC), also of a time without zone; NaN when it is none. */
function timeOf(text: string): number {
  return Date.parse(/T[\d:.]+$/.test(text) ? `${text}Z` : text);
}

function noRange({ name, kind }: ColumnSchema): UserFailure {
  return refused(
    name,
    `The column "${name}" is of the kind ${kind}, which has no ranges. List its values with \`in\`.`,
  );
}

const refused = (column: string, message: string): UserFailure =>
  new UserFailure('INVALID_CONFIG', message, { column, field: `where.${column}` });
