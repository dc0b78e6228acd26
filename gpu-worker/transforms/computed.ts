import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import { columnsRead, parseExpression } from '../../schema/expressions/expression.js';
import { ExpressionText } from '../../schema/messages/expression.js';
import { evaluateExpression } from '../expressions/evaluate.js';
import type { Table } from '../tables/table.js';
import { writtenValue } from '../tables/written-values.js';
import { numbersIn, replacing, without } from './replacing.js';
import type { Transform } from './transform.js';

/** A column of numbers, dates or yes/no that follows from others. */
export const ComputedDescription = z.strictObject({
  type: z.literal('computed'),
  schema: ColumnSchema,
  expression: ExpressionText,
  /**
   * What the generator learns of the column. `nothing`: it always follows from the others. `missing`: whether it is missing,
   * in a column of the name `missingColumn`. `values`: all of it, since it has values where the others don't give one.
   */
  learnt: z.enum(['nothing', 'missing', 'values']),
  missingColumn: z.string().min(1).optional(),
});
type ComputedDescription = z.infer<typeof ComputedDescription>;

/** The generator doesn't learn the column, or is overruled; it is computed from what was drawn. */
export function computed({ schema, expression, learnt, missingColumn }: ComputedDescription): Transform {
  const tree = parseExpression(expression);
  const results = (table: Table): Float64Array => {
    const { values } = evaluateExpression(tree, table);
    return Float64Array.from(values as Float64Array, (value) => writtenValue(value, schema));
  };
  const gap = missingColumn ?? schema.name;
  return {
    replaces: [schema.name],
    reads: columnsRead(tree),
    apply(table) {
      switch (learnt) {
        case 'values':
          return table;
        case 'nothing':
          return without(table, [schema.name]);
        case 'missing': {
          const missing: ColumnSchema = { name: gap, kind: 'BOOLEAN', nullable: false, unique: false };
          const values = numbersIn(table, schema.name).map((value) => (Number.isNaN(value) ? 1 : 0));
          return replacing(table, schema.name, { schema: missing, values });
        }
      }
    },
    undo(table) {
      const values = results(table);
      switch (learnt) {
        case 'values': {
          const drawn = numbersIn(table, schema.name);
          const merged = values.map((value, row) =>
            Number.isNaN(value) || Number.isNaN(drawn[row]) ? drawn[row]! : value,
          );
          return replacing(table, schema.name, { schema, values: merged });
        }
        case 'nothing':
          return replacing(table, schema.name, { schema, values });
        case 'missing': {
          const missing = numbersIn(table, gap);
          const kept = values.map((value, row) => (missing[row] === 0 ? value : NaN));
          return replacing(table, gap, { schema, values: kept });
        }
      }
    },
  };
}
