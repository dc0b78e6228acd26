import { z } from 'zod';
import { AutoregressiveConfig } from './autoregressive.js';

/**
 * Options of the `linked` generator, which fits an autoregressive network to each table;
 * gpu-worker/generators/linked/README.md says how it works.
 */
export const LinkedConfig = AutoregressiveConfig.omit({
  // A row's columns follow its parents' in an order of their own.
  order: true,
  // One row of a parent shows in many of its children: what holds for a row of one table wouldn't for a person.
  epsilon: true,
  delta: true,
  publicCategories: true,
  clipNorm: true,
}).extend({
  parentBins: z
    .int()
    .min(2)
    .max(64)
    .default(20)
    .describe(
      'Most values, or ranges of a number, of a parent’s attribute that its children are told apart by, 2–64. More follows the ' +
        'parent closer, and needs more rows.',
    ),
});
export type LinkedConfig = z.infer<typeof LinkedConfig>;
