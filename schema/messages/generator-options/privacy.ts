import { z } from 'zod';

/** Options of generators that can be fitted with differential privacy. */
export const privacyOptions = {
  epsilon: z
    .number()
    .min(0.01)
    .max(1000)
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
  publicCategories: z
    .boolean()
    .default(false)
    .describe(
      'Whether it is no secret which categories there are, such as months or countries. If it is one (false), categories that few rows ' +
        'have are told as "(rare)" under differential privacy; how few depends on epsilon and delta.',
    ),
};
