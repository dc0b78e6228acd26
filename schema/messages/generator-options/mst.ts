import { z } from 'zod';

/** Options of the `mst` generator; gpu-worker/generators/mst/README.md says how they work. */
export const MstConfig = z.strictObject({
  epsilon: z
    .number()
    .min(0.01)
    .max(1000)
    .default(1)
    .describe(
      'How much one row may show in what the model has learnt, 0.01–1,000: ε of differential privacy. At 1, nobody who sees the model ' +
        'is much wiser about whether a row was in the table; above 10 the promise is weak.',
    ),
  delta: z
    .number()
    .min(1e-15)
    .max(1e-3)
    .default(1e-6)
    .describe(
      'Probability with which that promise may fail, 1e-15–0.001: δ of differential privacy. Well below one over the number of rows.',
    ),
  bins: z
    .int()
    .min(2)
    .max(256)
    .default(32)
    .describe(
      'Most bins of a column, 2–256. Fewer are taken where noise would drown them: of few rows, or with a small epsilon.',
    ),
  publicCategories: z
    .boolean()
    .default(false)
    .describe(
      'Whether it is no secret which categories there are, such as months or countries. If it is one (false), categories that few rows ' +
        'have are told as "(rare)"; how few depends on epsilon and delta.',
    ),
});
export type MstConfig = z.infer<typeof MstConfig>;
