import type { Expression, FunctionName, Operator } from '../../schema/expressions/expression.js';
import { milliseconds } from '../../schema/messages/time.js';
import { isNumeric, type Table } from '../tables/table.js';

/** What an expression is worth in each row; missing is NaN, or undefined for text. Booleans are 0 or 1. */
export type Vector =
  | { readonly type: 'number' | 'date' | 'boolean'; readonly values: Float64Array }
  | { readonly type: 'text'; readonly values: readonly (string | undefined)[] };
type Numbers = Extract<Vector, { values: Float64Array }>;

/** An expression that doesn't fit the table; the message follows the expression's text. */
export class ExpressionTypeError extends Error {
  override readonly name = 'ExpressionTypeError';
}

/**
 * The value of an expression in each row. Throws ExpressionTypeError naming a column that the table lacks, or what
 * can't be computed from what; which, for a given expression and columns of given kinds, doesn't depend on the rows.
 */
export function evaluateExpression(expression: Expression, table: Table): Vector {
  const { rows } = table;
  switch (expression.type) {
    case 'number':
      return { type: 'number', values: new Float64Array(rows).fill(expression.value) };
    case 'boolean':
      return { type: 'boolean', values: new Float64Array(rows).fill(expression.value ? 1 : 0) };
    case 'text':
      return { type: 'text', values: new Array<string>(rows).fill(expression.value) };
    case 'column':
      return columnVector(expression.name, table);
    case 'negative': {
      const of = numbersOf(evaluateExpression(expression.of, table), 'number', '-');
      return { type: 'number', values: of.map((value) => 0 - value) };
    }
    case 'not': {
      const of = numbersOf(evaluateExpression(expression.of, table), 'boolean', 'not');
      return { type: 'boolean', values: of.map((value) => 1 - value) };
    }
    case 'binary':
      return binary(
        expression.operator,
        evaluateExpression(expression.left, table),
        evaluateExpression(expression.right, table),
      );
    case 'call': {
      if (expression.name === 'date') return { type: 'date', values: dateOf(expression.arguments[0]!, rows) };
      return call(
        expression.name,
        expression.arguments.map((argument) => evaluateExpression(argument, table)),
      );
    }
  }
}

function columnVector(name: string, table: Table): Vector {
  const column = table.columns.find(({ schema }) => schema.name === name);
  if (!column) throw new ExpressionTypeError(`there is no column "${name}"`);
  if (!isNumeric(column)) {
    return { type: 'text', values: Array.from(column.codes, (code) => column.categories[code]) };
  }
  switch (column.schema.kind) {
    case 'BOOLEAN':
      return { type: 'boolean', values: column.values };
    case 'DATETIME':
      return { type: 'date', values: column.values };
    default:
      return { type: 'number', values: column.values };
  }
}

function binary(operator: Operator, left: Vector, right: Vector): Vector {
  switch (operator) {
    case 'and':
    case 'or':
      return {
        type: 'boolean',
        values: pairwise(
          numbersOf(left, 'boolean', operator),
          numbersOf(right, 'boolean', operator),
          operator === 'and' ? and : or,
        ),
      };
    case '=':
    case '!=': {
      const equal = equality(left, right, operator);
      return { type: 'boolean', values: operator === '=' ? equal : equal.map((value) => 1 - value) };
    }
    case '<':
    case '<=':
    case '>':
    case '>=':
      if (left.type !== right.type || (left.type !== 'number' && left.type !== 'date'))
        throw incompatible(operator, left, right);
      return {
        type: 'boolean',
        values: pairwise(left.values, (right as Numbers).values, known(COMPARISONS[operator])),
      };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%': {
      const type = arithmeticType(operator, left, right);
      return {
        type,
        values: pairwise((left as Numbers).values, (right as Numbers).values, finite(ARITHMETIC[operator])),
      };
    }
  }
}

const COMPARISONS = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
} as const;

const ARITHMETIC = {
  '+': (a: number, b: number) => a + b,
  '-': (a: number, b: number) => a - b,
  '*': (a: number, b: number) => a * b,
  '/': (a: number, b: number) => a / b,
  '%': (a: number, b: number) => a % b,
} as const;

const known =
  (compare: (a: number, b: number) => boolean) =>
  (a: number, b: number): number =>
    Number.isNaN(a) || Number.isNaN(b) ? NaN : Number(compare(a, b));

const finite =
  (compute: (a: number, b: number) => number) =>
  (a: number, b: number): number =>
    finiteOr(compute(a, b));

const finiteOr = (value: number): number => (Number.isFinite(value) ? value + 0 : NaN);

/** Kleene's logic: known when one side decides. */
const and = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);
const or = (a: number, b: number): number => (a === 1 || b === 1 ? 1 : a + b);

/** Numbers may be added to dates, as milliseconds. */
function arithmeticType(operator: Operator, left: Vector, right: Vector): 'number' | 'date' {
  if (left.type === 'number' && right.type === 'number') return 'number';
  if (operator === '-' && left.type === 'date' && right.type === 'date') return 'number';
  if ((operator === '+' || operator === '-') && left.type === 'date' && right.type === 'number')
    return 'date';
  throw incompatible(operator, left, right);
}

function equality(left: Vector, right: Vector, operator: Operator): Float64Array {
  if (left.type !== right.type) throw incompatible(operator, left, right);
  if (left.type !== 'text')
    return pairwise(
      left.values,
      (right as Numbers).values,
      known((a, b) => a === b),
    );
  const { values } = right as Extract<Vector, { type: 'text' }>;
  return Float64Array.from(left.values, (value, row) => {
    const other = values[row];
    return value === undefined || other === undefined ? NaN : Number(value === other);
  });
}

function call(name: Exclude<FunctionName, 'date'>, given: readonly Vector[]): Vector {
  const number = (index: number): Float64Array => numbersOf(given[index]!, 'number', name);
  const one = (compute: (value: number) => number): Vector => ({
    type: 'number',
    values: number(0).map((value) => finiteOr(compute(value))),
  });
  const ofDate = (read: (date: Date) => number): Vector => ({
    type: 'number',
    values: numbersOf(given[0]!, 'date', name).map((value) =>
      Number.isNaN(value) ? NaN : read(new Date(value)),
    ),
  });
  switch (name) {
    case 'round':
      if (given.length === 1) return one((value) => rounded(value, 0));
      return { type: 'number', values: pairwise(number(0), number(1), rounded) };
    case 'floor':
      return one(Math.floor);
    case 'ceil':
      return one(Math.ceil);
    case 'abs':
      return one(Math.abs);
    case 'sqrt':
      return one(Math.sqrt);
    case 'log':
      return one(Math.log);
    case 'exp':
      return one(Math.exp);
    case 'min':
    case 'max': {
      const pick = name === 'min' ? Math.min : Math.max;
      return {
        type: 'number',
        values: given.map((_, index) => number(index)).reduce((a, b) => pairwise(a, b, pick)),
      };
    }
    case 'if':
      return choose(numbersOf(given[0]!, 'boolean', name), given[1]!, given[2]!);
    case 'missing':
      return { type: 'boolean', values: missingIn(given[0]!) };
    case 'year':
      return ofDate((date) => date.getUTCFullYear());
    case 'month':
      return ofDate((date) => date.getUTCMonth() + 1);
    case 'day':
      return ofDate((date) => date.getUTCDate());
    case 'weekday':
      return ofDate((date) => ((date.getUTCDay() + 6) % 7) + 1);
    case 'hour':
      return ofDate((date) => date.getUTCHours());
    case 'days':
      return one((milliseconds) => milliseconds / 86_400_000);
  }
}

/** Halves away from zero, as people round prices, whatever the binary fraction: 1.005 is 1.01. */
export function rounded(value: number, digits: number): number {
  if (Number.isNaN(value) || Number.isNaN(digits)) return NaN;
  const factor = 10 ** Math.min(15, Math.max(-15, Math.round(digits)));
  const scaled = Math.abs(value) * factor;
  if (!Number.isFinite(scaled) || scaled > Number.MAX_SAFE_INTEGER) return value;
  return (Math.sign(value) * Math.round(scaled * (1 + Number.EPSILON))) / factor + 0;
}

function choose(condition: Float64Array, then: Vector, otherwise: Vector): Vector {
  if (then.type !== otherwise.type) throw incompatible('if', then, otherwise);
  if (then.type === 'text') {
    const { values } = otherwise as Extract<Vector, { type: 'text' }>;
    return {
      type: 'text',
      values: then.values.map((value, row) =>
        condition[row] === 1 ? value : condition[row] === 0 ? values[row] : undefined,
      ),
    };
  }
  const { values } = otherwise as Numbers;
  return {
    type: then.type,
    values: then.values.map((value, row) =>
      condition[row] === 1 ? value : condition[row] === 0 ? values[row]! : NaN,
    ),
  };
}

function missingIn(of: Vector): Float64Array {
  return of.type === 'text'
    ? Float64Array.from(of.values, (value) => Number(value === undefined))
    : of.values.map((value) => Number(Number.isNaN(value)));
}

function dateOf(argument: Expression, rows: number): Float64Array {
  const text = argument.type === 'text' ? argument.value : undefined;
  const value = text === undefined ? NaN : milliseconds(text);
  if (Number.isNaN(value)) {
    throw new ExpressionTypeError(
      'date takes a text such as "2026-01-31" or "2026-01-31T08:26:00", and nothing else',
    );
  }
  return new Float64Array(rows).fill(value);
}

function pairwise(
  left: Float64Array,
  right: Float64Array,
  compute: (a: number, b: number) => number,
): Float64Array {
  return left.map((value, row) => compute(value, right[row]!));
}

function numbersOf(vector: Vector, type: Numbers['type'], by: string): Float64Array {
  if (vector.type === type) return vector.values;
  throw new ExpressionTypeError(`"${by}" takes ${NAMES[type]}, not ${NAMES[vector.type]}`);
}

const NAMES = {
  number: 'a number',
  date: 'a date',
  boolean: 'a yes/no value',
  text: 'text',
} as const satisfies Record<Vector['type'], string>;

function incompatible(operator: string, left: Vector, right: Vector): ExpressionTypeError {
  return new ExpressionTypeError(
    `"${operator}" can't be used between ${NAMES[left.type]} and ${NAMES[right.type]}`,
  );
}
