import { z } from 'zod';

/** Options of the `normal` generator; gpu-worker/generators/normal/README.md says how they work. */
export const NormalConfig = z.strictObject({
  minimumSupport: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe(
      'Fewest rows that must share a category before the model may repeat it, 1–1,000; more is more private.',
    ),
});
export type NormalConfig = z.infer<typeof NormalConfig>;
