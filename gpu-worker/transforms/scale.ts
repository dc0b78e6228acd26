import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import { stepOf, writtenValue } from '../tables/written-values.js';
import { numbersIn, replacing } from './replacing.js';
import type { Transform } from './transform.js';

/** Numbers or dates that are learnt as (value − offset) / factor. */
export const ScaleDescription = z.strictObject({
  type: z.literal('scale'),
  schema: ColumnSchema,
  offset: z.number(),
  factor: z.number().positive(),
  /** Whether the column never was negative: then it won't be, whatever is drawn. */
  nonNegative: z.boolean(),
});
export type ScaleDescription = z.infer<typeof ScaleDescription>;

/** What is undone is the nearest value that the column can hold, so a real value comes back as it was. */
export function scale({ schema, offset, factor, nonNegative }: ScaleDescription): Transform {
  const floor = nonNegative ? 0 : -Number.MAX_VALUE;
  return {
    replaces: [schema.name],
    reads: [],
    apply: (table) =>
      replacing(
        table,
        schema.name,
        scaledColumn({ schema, values: numbersIn(table, schema.name) }, { offset, factor }),
      ),
    undo(table) {
      const values = numbersIn(table, schema.name).map((value) =>
        nearest(Math.min(Number.MAX_VALUE, Math.max(floor, value * factor + offset)), schema),
      );
      return replacing(table, schema.name, { schema, values });
    },
  };
}

/** A column of scaled numbers: REAL, with the bounds scaled, too. */
export function scaledColumn(
  { schema, values }: { readonly schema: ColumnSchema; readonly values: Float64Array },
  { offset, factor }: Pick<ScaleDescription, 'offset' | 'factor'>,
): { schema: ColumnSchema; values: Float64Array } {
  const scaled = (value: number): number => (value - offset) / factor;
  const { name, nullable, bounds } = schema;
  return {
    schema: {
      name,
      kind: 'REAL',
      nullable,
      unique: false,
      ...(bounds && { bounds: [scaled(bounds[0]), scaled(bounds[1])] }),
    },
    values: values.map(scaled),
  };
}

/** Dates are cut, not rounded, when they are written: a millisecond too few would be a day. */
function nearest(value: number, schema: ColumnSchema): number {
  const step = schema.kind === 'DATETIME' ? stepOf(schema) : undefined;
  return writtenValue(step === undefined ? value : Math.round(value / step) * step, schema);
}
