import { parseExpression, columnsRead } from '../../schema/expressions/expression.js';
import type { ColumnKind } from '../../schema/messages/column.js';
import { constraintText, type Constraint, type Violations } from '../../schema/messages/constraints.js';
import { ExpressionTypeError } from '../expressions/evaluate.js';
import { UserFailure } from '../failure.js';
import { cellsOf } from '../tables/combinations.js';
import { numberCellText } from '../tables/cell-text.js';
import { rowsAt, unmarked } from '../tables/rows.js';
import { isNumeric, type Table } from '../tables/table.js';
import { fitConstraint, rowCheck, typeOfExpression } from './breaks.js';

/**
 * Looks whether constraints are about columns that the table has, of kinds that they can be about.
 *
 * @throws UserFailure INVALID_CONFIG naming the constraint and what is wrong
 */
export function requireFitting(constraints: readonly Constraint[], table: Table): void {
  constraints.forEach((constraint, index) => {
    try {
      requireFit(constraint, table);
    } catch (error) {
      if (!(error instanceof Unfitting || error instanceof ExpressionTypeError)) throw error;
      throw new UserFailure(
        'INVALID_CONFIG',
        `The constraint "${constraintText(constraint)}" doesn't fit the table: ${error.message}. ` +
          `Its columns are ${listed(table.columns.map(({ schema }) => schema.name))}.`,
        { field: `constraints.${index}` },
      );
    }
  });
}

/**
 * The rows of the real table that the constraints allow. With `refuse`, rows that break one are an error.
 *
 * @throws UserFailure INVALID_CONFIG as `requireFitting` does; INVALID_FILE telling how many rows break which constraint,
 *   showing one; INSUFFICIENT_DATA when every row breaks one
 */
export function allowedRows(
  constraints: readonly Constraint[],
  table: Table,
  violations: Violations,
): { table: Table; dropped: number } {
  requireFitting(constraints, table);
  const broken = new Uint8Array(table.rows);
  constraints.forEach((constraint, index) => {
    const marks = rowCheck(fitConstraint(constraint, table))(table);
    const count = marks.reduce((sum, mark) => sum + mark, 0);
    if (count > 0 && violations === 'refuse') {
      throw refusal(constraint, index, table, marks.indexOf(1), count);
    }
    marks.forEach((mark, row) => (broken[row]! |= mark));
  });
  const kept = unmarked(broken);
  if (kept.length === table.rows) return { table, dropped: 0 };
  if (kept.length === 0) {
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      'Every row of the table breaks a constraint, so that none is left to learn from. Correct the constraints.',
      { field: 'constraints' },
    );
  }
  return { table: rowsAt(table, kept), dropped: table.rows - kept.length };
}

/** Columns that a constraint is about, each once. */
export function columnsOf(constraint: Constraint): string[] {
  switch (constraint.type) {
    case 'range':
      return [constraint.column];
    case 'inequality':
      return [constraint.low, constraint.high];
    case 'fixedCombinations':
    case 'unique':
      return [...constraint.columns];
    case 'formula':
      return [...new Set([constraint.column, ...columnsRead(parseExpression(constraint.equals))])];
    case 'condition':
      return [
        ...new Set([constraint.if, constraint.then].flatMap((text) => columnsRead(parseExpression(text)))),
      ];
  }
}

class Unfitting extends Error {
  override readonly name = 'Unfitting';
}

function requireFit(constraint: Constraint, table: Table): void {
  const kindOf = (name: string): ColumnKind => {
    const column = table.columns.find(({ schema }) => schema.name === name);
    if (!column) throw new Unfitting(`there is no column "${name}"`);
    return column.schema.kind;
  };
  columnsOf(constraint).forEach(kindOf);
  switch (constraint.type) {
    case 'range': {
      const kind = kindOf(constraint.column);
      const { min, max, earliest, latest } = constraint;
      const [numbers, dates] = [min ?? max, earliest ?? latest];
      if (kind === 'DATETIME' && numbers !== undefined)
        throw new Unfitting(`"${constraint.column}" holds dates: give earliest and latest`);
      if ((kind === 'INTEGER' || kind === 'REAL') && dates !== undefined)
        throw new Unfitting(`"${constraint.column}" holds numbers: give min and max`);
      if (kind !== 'DATETIME' && kind !== 'INTEGER' && kind !== 'REAL')
        throw new Unfitting(`"${constraint.column}" is ${kind}; a range is for numbers and dates`);
      return;
    }
    case 'inequality': {
      const kinds = [constraint.low, constraint.high].map(kindOf);
      const dates = kinds.filter((kind) => kind === 'DATETIME').length;
      const numbers = kinds.filter((kind) => kind === 'INTEGER' || kind === 'REAL').length;
      if (dates !== 2 && numbers !== 2)
        throw new Unfitting(
          `an inequality is between two numbers or two dates, not between ${kinds.join(' and ')}`,
        );
      return;
    }
    case 'fixedCombinations':
    case 'unique':
      return;
    case 'formula': {
      const kind = kindOf(constraint.column);
      if (columnsRead(parseExpression(constraint.equals)).includes(constraint.column))
        throw new Unfitting(`"${constraint.column}" can't follow from itself`);
      const type = typeOfExpression(constraint.equals, table);
      const wanted = FORMULA_TYPES[kind];
      if (wanted === undefined)
        throw new Unfitting(
          `"${constraint.column}" is ${kind}; a formula is for numbers, dates and yes/no columns`,
        );
      if (type !== wanted) throw new Unfitting(`the formula gives a ${type}, and the column is ${kind}`);
      return;
    }
    case 'condition':
      for (const text of [constraint.if, constraint.then]) {
        const type = typeOfExpression(text, table);
        if (type !== 'boolean') throw new Unfitting(`"${text}" gives a ${type}, and must be true or false`);
      }
      return;
  }
}

const FORMULA_TYPES: Readonly<Record<ColumnKind, 'number' | 'date' | 'boolean' | undefined>> = {
  INTEGER: 'number',
  REAL: 'number',
  DATETIME: 'date',
  BOOLEAN: 'boolean',
  CATEGORY: undefined,
  TEXT: undefined,
  ID: undefined,
};

function refusal(
  constraint: Constraint,
  index: number,
  table: Table,
  example: number,
  count: number,
): UserFailure {
  const rows = count === 1 ? '1 row' : `${count.toLocaleString('en')} rows`;
  return new UserFailure(
    'INVALID_FILE',
    `${rows} of ${table.rows.toLocaleString('en')} ${count === 1 ? 'breaks' : 'break'} the constraint ` +
      `"${constraintText(constraint)}", such as row ${(example + 1).toLocaleString('en')} with ` +
      `${shownCells(constraint, table, example)}. Correct the rows or the constraint, or set violations to drop to learn ` +
      'without such rows.',
    { field: `constraints.${index}`, column: columnsOf(constraint)[0] },
  );
}

function shownCells(constraint: Constraint, table: Table, row: number): string {
  return columnsOf(constraint)
    .map((name) => {
      const column = table.columns.find(({ schema }) => schema.name === name)!;
      const text = isNumeric(column)
        ? numberCellText(column.values[row]!, column.schema)
        : String(cellsOf(table, name)(row) ?? '');
      return `${name} = ${text === '' ? '(missing)' : text}`;
    })
    .join(', ');
}

const MOST_LISTED = 20;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).join(', ');
  return names.length > MOST_LISTED ? `${shown} and ${names.length - MOST_LISTED} more` : shown;
}
