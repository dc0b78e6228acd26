import { z } from 'zod';

/** Options that every recommender has. */
export const sharedOptions = {
  rememberUsers: z
    .boolean()
    .default(true)
    .describe(
      'Whether the model keeps the ids of users and the last 50 items of each, so that it can rank for a user by id. Without ' +
        'them its file holds no event of anybody, and every request must bring a history.',
    ),
};
