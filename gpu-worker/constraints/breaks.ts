import type { Constraint, ConstraintOf } from '../../schema/messages/constraints.js';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { parseExpression } from '../../schema/expressions/expression.js';
import { milliseconds } from '../../schema/messages/time.js';
import { evaluateExpression, type Vector } from '../expressions/evaluate.js';
import { cellsOf, combinationKey, combinationKeys, type Cell } from '../tables/combinations.js';
import { columnOf, isNumeric, type Table } from '../tables/table.js';
import { stepOf } from '../tables/written-values.js';

/** A constraint with what it takes from the real table. */
export interface FittedConstraint {
  readonly constraint: Constraint;
  /** Of fixedCombinations: the ones that occur, cells in the order of its columns. */
  readonly combinations?: readonly (readonly Cell[])[];
}

/** Learns what a constraint takes from the real table; nothing, but for fixedCombinations. */
export function fitConstraint(constraint: Constraint, real: Table): FittedConstraint {
  if (constraint.type !== 'fixedCombinations') return { constraint };
  const readers = constraint.columns.map((name) => cellsOf(real, name));
  const found = new Map<string, Cell[]>();
  combinationKeys(real, constraint.columns).forEach((key, row) => {
    if (!found.has(key))
      found.set(
        key,
        readers.map((cell) => cell(row)),
      );
  });
  return { constraint, combinations: [...found.values()] };
}

/** Marks the rows of a table that break a constraint with 1, others with 0. */
export type RowCheck = (table: Table) => Uint8Array;

/**
 * Of rows that share a key, all but the first break `unique`. The cells are taken as they would be written. Row by row but
 * for `unique`, so that a long table may be looked at in chunks.
 */
export function rowCheck({ constraint, combinations }: FittedConstraint): RowCheck {
  switch (constraint.type) {
    case 'range': {
      const { min, max } = boundsOf(constraint);
      return (table) => marks(numbers(table, constraint.column), (value) => value < min || value > max);
    }
    case 'inequality':
      return (table) => {
        const high = numbers(table, constraint.high);
        return marks(
          numbers(table, constraint.low),
          constraint.strict ? (low, row) => low >= high[row]! : (low, row) => low > high[row]!,
        );
      };
    case 'fixedCombinations': {
      const allowed = new Set(combinations?.map(combinationKey));
      return (table) =>
        Uint8Array.from(combinationKeys(table, constraint.columns), (key) => (allowed.has(key) ? 0 : 1));
    }
    case 'unique':
      return (table) => {
        const seen = new Set<string>();
        return Uint8Array.from(uniqueKeys(constraint, table), (key) => {
          if (key === undefined) return 0;
          const repeated = seen.has(key);
          seen.add(key);
          return repeated ? 1 : 0;
        });
      };
    case 'formula': {
      const tree = parseExpression(constraint.equals);
      return (table) => {
        const wanted = evaluateExpression(tree, table).values as Float64Array;
        const near = toleranceOf(columnOf(table, constraint.column).schema);
        return marks(
          numbers(table, constraint.column),
          (value, row) => Math.abs(value - wanted[row]!) > near(wanted[row]!),
        );
      };
    }
    case 'condition': {
      const [when, then] = [parseExpression(constraint.if), parseExpression(constraint.then)];
      return (table) => {
        const outcome = evaluateExpression(then, table).values as Float64Array;
        return marks(
          evaluateExpression(when, table).values as Float64Array,
          (value, row) => value === 1 && outcome[row] === 0,
        );
      };
    }
  }
}

/** The key of each row; undefined where one of its cells is missing: such a row repeats no other. */
export function uniqueKeys({ columns }: ConstraintOf<'unique'>, table: Table): (string | undefined)[] {
  const readers = columns.map((name) => cellsOf(table, name));
  return combinationKeys(table, columns).map((key, row) =>
    readers.some((cell) => cell(row) === null) ? undefined : key,
  );
}

/** Bounds as numbers; those of dates in milliseconds since 1970. */
export function boundsOf({ min, max, earliest, latest }: ConstraintOf<'range'>): {
  min: number;
  max: number;
} {
  return {
    min: earliest === undefined ? (min ?? -Infinity) : milliseconds(earliest),
    max: latest === undefined ? (max ?? Infinity) : milliseconds(latest),
  };
}

/** The type of value that an expression has for tables like this one; throws ExpressionTypeError where it has none. */
export function typeOfExpression(text: string, table: Table): Vector['type'] {
  const none: Table = {
    rows: 0,
    columns: table.columns.map((column) =>
      isNumeric(column)
        ? { schema: column.schema, values: new Float64Array(0) }
        : { schema: column.schema, codes: new Int32Array(0), categories: [] },
    ),
  };
  return evaluateExpression(parseExpression(text), none).type;
}

/** A comparison with NaN is false: where a cell is missing, nothing is broken. */
function marks(values: Float64Array, broken: (value: number, row: number) => boolean): Uint8Array {
  return Uint8Array.from(values, (value, row) => (broken(value, row) ? 1 : 0));
}

function numbers(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  if (!isNumeric(column)) throw new TypeError(`column "${name}" holds no numbers`);
  return column.values;
}

/**
 * How far a cell may be from the formula, since a file keeps no more: half a step of a number, which is rounded, or a whole
 * one of a date, which is cut; a billionth of the value where the column's steps are unknown.
 */
function toleranceOf(schema: ColumnSchema): (wanted: number) => number {
  const step = stepOf(schema);
  if (step === undefined) return (wanted) => 1e-9 * Math.max(1, Math.abs(wanted));
  const most = (schema.kind === 'DATETIME' ? step : step / 2) * (1 + 1e-6);
  return () => most;
}
