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

/** Shares of the rows that values of one column are to have; the rest is the other values', in their learnt proportions. */
export const Rebalance = z
  .strictObject({
    column: z.string().min(1),
    shares: z
      .array(z.strictObject({ value: z.string(), share: z.number().min(0).max(1) }))
      .min(1)
      .max(MAX_CONDITION_VALUES),
  })
  .refine(({ shares }) => new Set(shares.map(({ value }) => value)).size === shares.length, {
    error: 'a list with one share a value at most',
    path: ['shares'],
  })
  .refine(({ shares }) => shares.reduce((sum, { share }) => sum + share, 0) <= 1 + 1e-9, {
    error: 'shares that add up to 1 at most',
    path: ['shares'],
  });
export type Rebalance = z.infer<typeof Rebalance>;
