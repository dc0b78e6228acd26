import { z } from 'zod';

/** Options of the `copula` generator; gpu-worker/generators/copula/README.md says how they work. */
export const CopulaConfig = z.strictObject({
  marginals: z
    .enum(['empirical', 'parametric'])
    .default('empirical')
    .describe(
      'What a numeric column follows: its own frequencies, repeated values kept, or the best of a few distributions.',
    ),
  bins: z
    .int()
    .min(2)
    .max(1000)
    .default(256)
    .describe('Most bins of an empirical marginal, 2–1,000; within a bin, values follow its quantiles.'),
  minimumSupport: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe(
      'Fewest rows that must share a value before the model may repeat it, 1–1,000; more is more private.',
    ),
});
export type CopulaConfig = z.infer<typeof CopulaConfig>;
