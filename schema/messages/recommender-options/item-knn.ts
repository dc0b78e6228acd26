import { z } from 'zod';
import { sharedOptions } from './shared.js';

/** Options of the `item-knn` recommender; gpu-worker/recommenders/README.md has the formula. */
export const ItemKnnConfig = z.strictObject({
  ...sharedOptions,
  neighbours: z
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe('Most similar items that are kept of each item, 1–10,000.'),
  shrinkage: z
    .number()
    .min(0)
    .max(10_000)
    .default(10)
    .describe(
      'Added to the denominator of similarities, 0–10,000: the higher, the less items count that few users share.',
    ),
  recency: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe(
      'What an item of the history counts by the one after it, 0–1: 1 is all alike, 0 the last item alone.',
    ),
});
export type ItemKnnConfig = z.infer<typeof ItemKnnConfig>;
