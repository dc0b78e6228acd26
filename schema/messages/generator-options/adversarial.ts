import { z } from 'zod';

/** What the options of both generative adversarial networks share. */
export const adversarialOptions = {
  epochs: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'Most passes over the training rows, 1–10,000. Left out, it is chosen so that training takes a few thousand steps. Training ' +
        'ends earlier when what the model makes comes no closer to held-out rows: the losses of a GAN don’t tell.',
    ),
  categories: z
    .int()
    .min(2)
    .max(1000)
    .default(50)
    .describe(
      'Most categories of a column that are told apart, 2–1,000; rarer ones are blended into a tail.',
    ),
  minimumSupport: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe(
      'Fewest rows that must share a value before the model may repeat it, 1–1,000; more is more private.',
    ),
  validationShare: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.1)
    .describe(
      'Share of rows held out to decide which weights to keep, 0.01–0.5; the model never learns from them.',
    ),
  patience: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe(
      'Validations, of 30 in all, without a lower held-out error after which training stops, 1–1,000.',
    ),
  averaging: z
    .number()
    .min(0)
    .max(0.9999)
    .default(0.99)
    .describe(
      "Decay of the running average of the generator's weights that is kept as the model, 0–0.9999; 0 keeps the last weights.",
    ),
};
