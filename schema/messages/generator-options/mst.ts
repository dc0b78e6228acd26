import { z } from 'zod';
import { privacyOptions } from './privacy.js';

/** Options of the `mst` generator; gpu-worker/generators/mst/README.md says how they work. */
export const MstConfig = z.strictObject({
  ...privacyOptions,
  epsilon: privacyOptions.epsilon.default(1),
  bins: z
    .int()
    .min(2)
    .max(256)
    .default(32)
    .describe(
      'Most bins of a column, 2–256. Fewer are taken where noise would drown them: of few rows, or with a small epsilon.',
    ),
});
export type MstConfig = z.infer<typeof MstConfig>;
