import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import { stepOf } from '../tables/written-values.js';
import { numbersIn, replacing } from './replacing.js';
import type { Transform } from './transform.js';

/** Numbers or dates that stay within bounds, of which either may be missing; they belong to the range. */
export const ClipDescription = z.strictObject({
  type: z.literal('clip'),
  schema: ColumnSchema,
  min: z.number().optional(),
  max: z.number().optional(),
});
type ClipDescription = z.infer<typeof ClipDescription>;

/** The generator learns the column as it is; what it draws beyond the bounds is brought to the nearest value within. */
export function clip({ schema, min = -Infinity, max = Infinity }: ClipDescription): Transform {
  const step = stepOf(schema);
  // The nearest value that the column can hold: an INTEGER from 0.5 on begins at 1.
  const lowest = step === undefined ? min : onGrid(Math.ceil(min / step - SLACK), step);
  const highest = step === undefined ? max : onGrid(Math.floor(max / step + SLACK), step);
  return {
    replaces: [schema.name],
    reads: [],
    apply: (table) => table,
    undo(table) {
      const values = numbersIn(table, schema.name).map((value) => Math.min(highest, Math.max(lowest, value)));
      return replacing(table, schema.name, { schema, values });
    },
  };
}

/** So that 0.3 / 0.1 counts as 3. */
const SLACK = 1e-9;

/** Dividing by a power of ten gives the decimal number itself, multiplying by 0.1 doesn't. */
const onGrid = (steps: number, step: number): number =>
  step < 1 ? steps / Math.round(1 / step) : steps * step;
