import { z } from 'zod';
import { sharedOptions } from './shared.js';

/** Options of the `popularity` recommender. */
export const PopularityConfig = z.strictObject({
  ...sharedOptions,
  halfLifeDays: z
    .number()
    .min(0.01)
    .max(100_000)
    .optional()
    .describe(
      'Age in days after which an interaction counts half, 0.01–100,000, from the latest one on. Left out, all count alike. Needs ' +
        'events with times.',
    ),
});
export type PopularityConfig = z.infer<typeof PopularityConfig>;
