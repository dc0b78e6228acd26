import { z } from 'zod';
import { sharedOptions } from './shared.js';

/** Options of the `dnn` recommender; gpu-worker/recommenders/dnn/README.md says how they work. */
export const DnnConfig = z.strictObject({
  ...sharedOptions,
  epochs: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'Most passes over the interactions, 1–10,000. Left out, it is chosen so that training takes about 6,000 steps (5–100 ' +
        'passes). Training ends earlier when held-out items are found no better.',
    ),
  batchSize: z
    .int()
    .min(8)
    .max(8192)
    .default(256)
    .describe('Choices that a training step learns from, 8–8,192.'),
  learningRate: z
    .number()
    .min(1e-6)
    .max(0.1)
    .default(2e-3)
    .describe(
      'Step size of Adam after its warm-up, 1e-6–0.1; it falls to zero along a cosine. Lower it if a run diverges.',
    ),
  weightDecay: z.number().min(0).max(100).default(0).describe('Decoupled weight decay, 0–100.'),
  dropout: z
    .number()
    .min(0)
    .max(0.95)
    .default(0.1)
    .describe('Share of a history’s mean that a step leaves out, 0–0.95.'),
  width: z.int().min(4).max(512).default(64).describe('Width of the vectors of users and items, 4–512.'),
  rankingUnits: z.int().min(1).max(512).default(32).describe('Units of the ranking network, 1–512.'),
  recency: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.8)
    .describe('What an item counts in a history’s mean by the one after it, 0.01–1.'),
  textBuckets: z
    .int()
    .min(1)
    .max(4096)
    .default(128)
    .describe('Places that words of items’ texts are hashed to, 1–4,096.'),
  validationShare: z
    .number()
    .min(0.001)
    .max(1)
    .default(0.1)
    .describe(
      'Share of users, 1,000 at most, whose last item decides when training ends, 0.001–1; those items are not learnt from.',
    ),
  patience: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe('Validations, of 30 at most, without a better NDCG@10 after which training stops, 1–1,000.'),
});
export type DnnConfig = z.infer<typeof DnnConfig>;
