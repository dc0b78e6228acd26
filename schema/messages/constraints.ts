import { z } from 'zod';
import { ExpressionText } from './expression.js';
import { Time } from './time.js';

const ColumnName = z.string().min(1);

/** Most constraints of a run, and columns of one constraint. */
export const MOST_CONSTRAINTS = 50;
const MOST_COLUMNS = 20;

const Columns = z
  .array(ColumnName)
  .max(MOST_COLUMNS)
  .refine((names) => new Set(names).size === names.length, 'a list of columns that differ');

/** A number stays within `min` and `max`, a date within `earliest` and `latest`; bounds belong to the range. */
export const RangeConstraint = z
  .strictObject({
    type: z.literal('range'),
    column: ColumnName,
    min: z.number().optional(),
    max: z.number().optional(),
    earliest: Time.optional(),
    latest: Time.optional(),
  })
  .refine(
    ({ min, max, earliest, latest }) => [min, max, earliest, latest].some((bound) => bound !== undefined),
    'a range with at least one of min, max, earliest and latest',
  )
  .refine(
    ({ min, max }) => min === undefined || max === undefined || min <= max,
    'a range whose min is at most its max',
  );

/** `low` ≤ `high`, or < when strict: two numbers or two dates. */
export const InequalityConstraint = z
  .strictObject({
    type: z.literal('inequality'),
    low: ColumnName,
    high: ColumnName,
    strict: z.boolean().default(false),
  })
  .refine(({ low, high }) => low !== high, 'an inequality between two columns that differ');

/** Only combinations of values occur that occur in the real table; a missing cell counts as a value. */
export const FixedCombinationsConstraint = z.strictObject({
  type: z.literal('fixedCombinations'),
  columns: Columns.min(2),
});

/** No two rows have the same values in these columns: a key. */
export const UniqueConstraint = z.strictObject({ type: z.literal('unique'), columns: Columns.min(1) });

/** A number, date or yes/no column equals an expression of other columns, as exactly as the column is written. */
export const FormulaConstraint = z.strictObject({
  type: z.literal('formula'),
  column: ColumnName,
  equals: ExpressionText,
});

/** Wherever the expression `if` holds, `then` holds, such as `Country = "DE"` and `missing(State)`. */
export const ConditionConstraint = z.strictObject({
  type: z.literal('condition'),
  if: ExpressionText,
  then: ExpressionText,
});

/** What holds in every row. A constraint says nothing about rows where a cell that it needs is missing. */
export const Constraint = z.discriminatedUnion('type', [
  RangeConstraint,
  InequalityConstraint,
  FixedCombinationsConstraint,
  UniqueConstraint,
  FormulaConstraint,
  ConditionConstraint,
]);
export type Constraint = z.infer<typeof Constraint>;
export type ConstraintOf<Type extends Constraint['type']> = Extract<Constraint, { type: Type }>;

export const Constraints = z.array(Constraint).max(MOST_CONSTRAINTS);

/** What to do about real rows that break a constraint: fail and show one, or learn from the others. */
export const Violations = z.enum(['refuse', 'drop']);
export type Violations = z.infer<typeof Violations>;

/** The constraint in a few words, such as `Total = Price * Quantity`. */
export function constraintText(constraint: Constraint): string {
  switch (constraint.type) {
    case 'range': {
      const { column, min, max, earliest, latest } = constraint;
      const [least, most] = [min ?? earliest, max ?? latest];
      return `${least === undefined ? '' : `${least} ≤ `}${column}${most === undefined ? '' : ` ≤ ${most}`}`;
    }
    case 'inequality':
      return `${constraint.low} ${constraint.strict ? '<' : '≤'} ${constraint.high}`;
    case 'fixedCombinations':
      return `only real combinations of ${constraint.columns.join(', ')}`;
    case 'unique':
      return `unique ${constraint.columns.join(', ')}`;
    case 'formula':
      return `${constraint.column} = ${constraint.equals}`;
    case 'condition':
      return `if ${constraint.if} then ${constraint.then}`;
  }
}
