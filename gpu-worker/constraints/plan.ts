import { parseExpression } from '../../schema/expressions/expression.js';
import type { ColumnSchema } from '../../schema/messages/column.js';
import type { ConstraintOf } from '../../schema/messages/constraints.js';
import { evaluateExpression } from '../expressions/evaluate.js';
import { columnOf, isNumeric, type Table } from '../tables/table.js';
import { differenceStep } from '../transforms/difference.js';
import { inOrder, transformOf, type TransformDescription } from '../transforms/transform.js';
import { boundsOf, type FittedConstraint } from './breaks.js';

/** More combinations than this are too many for one category; rows with others are then drawn again. */
const MOST_COMBINATIONS = 5000;

/** Kinds whose transforms come first, since rejection costs them the most. */
const PRIORITY = ['formula', 'fixedCombinations', 'inequality', 'range'] as const;

/**
 * Transforms that make constraints hold by construction, in the order in which they are applied to the real table: as many
 * as fit together, since a column can be replaced once only, and not by what follows from itself. What no transform
 * covers is left to drawing again.
 */
export function transformsFor(
  fitted: readonly FittedConstraint[],
  real: Table,
): readonly TransformDescription[] {
  let chosen: readonly TransformDescription[] = [];
  for (const type of PRIORITY) {
    for (const one of fitted.filter(({ constraint }) => constraint.type === type)) {
      for (const candidate of candidatesFor(one, real)) {
        const extended = together(chosen, candidate);
        if (!extended) continue;
        chosen = extended;
        break;
      }
    }
  }
  return chosen;
}

function together(
  chosen: readonly TransformDescription[],
  candidate: TransformDescription,
): readonly TransformDescription[] | undefined {
  const replaced = new Set(chosen.flatMap((description) => transformOf(description).replaces));
  if (transformOf(candidate).replaces.some((name) => replaced.has(name))) return undefined;
  return inOrder([...chosen, candidate]);
}

/** The best first. */
function candidatesFor({ constraint, combinations }: FittedConstraint, real: Table): TransformDescription[] {
  switch (constraint.type) {
    case 'formula':
      return [formulaTransform(constraint, real)];
    case 'fixedCombinations':
      if (!combinations || combinations.length > MOST_COMBINATIONS) return [];
      return [
        {
          type: 'combination',
          columns: constraint.columns.map((name) => columnOf(real, name).schema),
          name: freeName(constraint.columns.join(' × '), real),
          combinations: combinations.map((cells) => [...cells]),
        },
      ];
    case 'inequality':
      return differences(constraint, real);
    case 'range': {
      const { min, max } = boundsOf(constraint);
      return [
        {
          type: 'clip',
          schema: columnOf(real, constraint.column).schema,
          ...(Number.isFinite(min) && { min }),
          ...(Number.isFinite(max) && { max }),
        },
      ];
    }
    case 'unique':
    case 'condition':
      return [];
  }
}

function formulaTransform(constraint: ConstraintOf<'formula'>, real: Table): TransformDescription {
  const { schema } = columnOf(real, constraint.column);
  const results = evaluateExpression(parseExpression(constraint.equals), real).values as Float64Array;
  const cells = numbers(real, constraint.column);
  const missing = (values: Float64Array) => (_: number, row: number) => Number.isNaN(values[row]);
  const ownValues = cells.some((cell, row) => !Number.isNaN(cell) && missing(results)(cell, row));
  const gaps = cells.some((cell, row) => Number.isNaN(cell) && !missing(results)(cell, row));
  const common = { type: 'computed' as const, schema, expression: constraint.equals };
  if (ownValues) return { ...common, learnt: 'values' };
  if (!gaps) return { ...common, learnt: 'nothing' };
  return {
    ...common,
    learnt: 'missing',
    missingColumn: freeName(`${constraint.column} is missing`, real),
  };
}

/** Replacing the high column is tried first; either only where no row has that column alone. */
function differences(constraint: ConstraintOf<'inequality'>, real: Table): TransformDescription[] {
  const [lows, highs] = [numbers(real, constraint.low), numbers(real, constraint.high)];
  const alone = (one: Float64Array, other: Float64Array): boolean =>
    one.some((value, row) => !Number.isNaN(value) && Number.isNaN(other[row]));
  const low = columnOf(real, constraint.low).schema;
  const high = columnOf(real, constraint.high).schema;
  const least = constraint.strict ? leastDifference(low, high, lows, highs) : 0;
  const describe = (replaced: 'low' | 'high'): TransformDescription => ({
    type: 'difference',
    low,
    high,
    replaced,
    least,
    nonNegative: (replaced === 'low' ? lows : highs).every((value) => !(value < 0)),
  });
  return [
    ...(alone(highs, lows) ? [] : [describe('high')]),
    ...(alone(lows, highs) ? [] : [describe('low')]),
  ];
}

/** One step, in the unit of the difference; of numbers without steps the smallest that the real table has. */
function leastDifference(
  low: ColumnSchema,
  high: ColumnSchema,
  lows: Float64Array,
  highs: Float64Array,
): number {
  const step = differenceStep({ low, high });
  if (step !== undefined) return low.kind === 'DATETIME' ? 1 : step;
  let least = Infinity;
  highs.forEach((value, row) => {
    const difference = value - lows[row]!;
    if (difference > 0 && difference < least) least = difference;
  });
  return Number.isFinite(least) ? least : 0;
}

function numbers(table: Table, name: string): Float64Array {
  const column = columnOf(table, name);
  if (!isNumeric(column)) throw new TypeError(`column "${name}" holds no numbers`);
  return column.values;
}

/** That name, or one like it that no column of the table has. */
function freeName(wanted: string, { columns }: Table): string {
  let name = wanted;
  while (columns.some(({ schema }) => schema.name === name)) name += '′';
  return name;
}
