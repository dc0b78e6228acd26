import { parseExpression } from '../../schema/expressions/expression.js';
import type { ColumnSchema } from '../../schema/messages/column.js';
import type { PreparationStepOf } from '../../schema/messages/preparation.js';
import { evaluateExpression, type Vector } from '../expressions/evaluate.js';
import type { Column, Table } from '../tables/table.js';
import { writtenValue } from '../tables/written-values.js';
import { UnfitStep, type FittedStep } from './fitted-step.js';

/** Digits after the point of derived numbers from 1 on that aren't shorter by themselves. */
const MOST_DECIMALS = 6;
/** Digits that a double has. */
const LARGEST_DECIMALS = 15;

/** The new column comes last. Its kind follows from the formula and, of numbers and dates, from how exact they are. */
export function deriving(step: PreparationStepOf<'derive'>, real: Table): FittedStep {
  const tree = parseExpression(step.formula);
  const schema = schemaOf(step.column, evaluateExpression(tree, real));
  if (schema === undefined)
    throw new UnfitStep('formula', `"${step.formula}" has a value in no row`, 'INSUFFICIENT_DATA');
  return {
    // But for how exact its numbers are, which counts as known, like the decimals of the table's own columns.
    learntFromRows: false,
    notes: new Map([[step.column, `is ${schema.kind}`]]),
    apply(table) {
      const column = columnWith(schema, evaluateExpression(tree, table));
      return {
        table: { rows: table.rows, columns: [...table.columns, column] },
        rowsDropped: 0,
        cells: new Map([[step.column, 0]]),
      };
    },
  };
}

/** Undefined when the formula has no value in any row. */
function schemaOf(name: string, vector: Vector): ColumnSchema | undefined {
  const common = { name, nullable: false, unique: false };
  if (vector.type === 'text') {
    return vector.values.some((value) => value !== undefined) ? { ...common, kind: 'CATEGORY' } : undefined;
  }
  const present = vector.values.filter((value) => !Number.isNaN(value));
  if (present.length === 0) return undefined;
  switch (vector.type) {
    case 'boolean':
      return { ...common, kind: 'BOOLEAN' };
    case 'date':
      return { ...common, kind: 'DATETIME', precision: precisionOf(present) };
    case 'number': {
      const decimals = decimalsOf(present);
      return decimals === 0 ? { ...common, kind: 'INTEGER' } : { ...common, kind: 'REAL', decimals };
    }
  }
}

function precisionOf(times: Float64Array): 'date' | 'second' | 'millisecond' {
  if (times.every((time) => time % 86_400_000 === 0)) return 'date';
  return times.every((time) => time % 1000 === 0) ? 'second' : 'millisecond';
}

/** The fewest digits after the point that tell every value but for binary noise; of long fractions enough for six significant ones. */
function decimalsOf(values: Float64Array): number {
  for (let decimals = 0; decimals < MOST_DECIMALS; decimals++) {
    const factor = 10 ** decimals;
    const isShort = (value: number): boolean =>
      Math.abs(value - Math.round(value * factor) / factor) <= 1e-12 * Math.max(1, Math.abs(value));
    if (values.every(isShort)) return decimals;
  }
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Math.min(LARGEST_DECIMALS, MOST_DECIMALS + Math.max(0, -Math.ceil(Math.log10(largest))));
}

function columnWith(schema: ColumnSchema, vector: Vector): Column {
  if (vector.type !== 'text')
    return { schema, values: vector.values.map((value) => writtenValue(value, schema)) };
  const codeOf = new Map<string, number>();
  const codes = Int32Array.from(vector.values, (value) => {
    if (value === undefined) return -1;
    const known = codeOf.get(value);
    if (known !== undefined) return known;
    codeOf.set(value, codeOf.size);
    return codeOf.size - 1;
  });
  return { schema, codes, categories: [...codeOf.keys()] };
}
