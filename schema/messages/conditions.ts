import { z } from 'zod';

/** Conditions that one run may have, and values that one may list. */
export const MAX_CONDITIONS = 50;
export const MAX_CONDITION_VALUES = 1000;

/**
 * What a cell of a synthetic row must be: one of `in`, or from `min` to `max`, both included; a missing cell never is. Values
 * are texts, spelled as the table's files spell them; how they are read follows from the column's kind.
 */
export const Condition = z
  .strictObject({
    column: z.string().min(1),
    /** In the proportions that the model has learnt. */
    in: z.array(z.string()).min(1).max(MAX_CONDITION_VALUES).optional(),
    /** Numbers and times only. */
    min: z.string().optional(),
    max: z.string().optional(),
  })
  .refine((given) => (given.in !== undefined) !== (given.min !== undefined || given.max !== undefined), {
    error: 'a condition with either in, or min, max or both',
  });
export type Condition = z.infer<typeof Condition>;

export const Conditions = z
  .array(Condition)
  .max(MAX_CONDITIONS)
  .refine((all) => new Set(all.map(({ column }) => column)).size === all.length, {
    error: 'a list with one condition a column at most',
  });
