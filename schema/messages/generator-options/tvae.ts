import { z } from 'zod';
import { variationalOptions } from './variational.js';

/** Options of the `tvae` generator; gpu-worker/generators/variational/README.md says how they work. */
export const TvaeConfig = z.strictObject({
  ...variationalOptions,
  modes: z
    .int()
    .min(2)
    .max(256)
    .default(20)
    .describe('Most modes of a number, 2–256: repeated values, and ranges of equally many rows.'),
});
export type TvaeConfig = z.infer<typeof TvaeConfig>;
