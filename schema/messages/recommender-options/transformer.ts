import { z } from 'zod';
import { sharedOptions } from './shared.js';

/** Options of the `transformer` recommender; gpu-worker/recommenders/transformer/README.md says how they work. */
export const TransformerConfig = z
  .strictObject({
    ...sharedOptions,
    epochs: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe(
        'Most passes over the interactions, 1–10,000. Left out, it is chosen so that training takes about 5,400 steps (10–200 ' +
          'passes). Training ends earlier when held-out items are found no better.',
      ),
    batchSize: z
      .int()
      .min(64)
      .max(65_536)
      .default(512)
      .describe('Interactions that a training step learns from, 64–65,536; many users’ side by side.'),
    learningRate: z
      .number()
      .min(1e-6)
      .max(0.1)
      .default(1.5e-3)
      .describe(
        'Step size of Adam after its warm-up, 1e-6–0.1; it falls to zero along a cosine. Lower it if a run diverges.',
      ),
    weightDecay: z.number().min(0).max(100).default(0).describe('Decoupled weight decay, 0–100.'),
    dropout: z
      .number()
      .min(0)
      .max(0.95)
      .default(0.5)
      .describe(
        'Share of the network’s inner values that a step leaves out, 0–0.95. Higher where histories are few and short.',
      ),
    width: z
      .int()
      .min(4)
      .max(512)
      .default(64)
      .describe('Width of item vectors and of the network, 4–512; a multiple of heads.'),
    blocks: z.int().min(1).max(8).default(2).describe('Blocks of attention and dense layers, 1–8.'),
    heads: z.int().min(1).max(16).default(2).describe('Heads of attention, 1–16.'),
    length: z
      .int()
      .min(2)
      .max(512)
      .default(50)
      .describe('Most items of a history that are looked at, the newest ones, 2–512.'),
    neighbours: z
      .int()
      .min(0)
      .max(10_000)
      .default(200)
      .describe(
        'Similar items of each item that are counted beside the network, 0–10,000, with a weight that held-out users decide; 0 is ' +
          'the network alone.',
      ),
    validationShare: z
      .number()
      .min(0.001)
      .max(1)
      .default(0.1)
      .describe(
        'Share of users, 5,000 at most, whose last item decides when training ends, 0.001–1; those items are not learnt from.',
      ),
    patience: z
      .int()
      .min(1)
      .max(1000)
      .default(5)
      .describe('Validations, of 30 at most, without a better NDCG@10 after which training stops, 1–1,000.'),
  })
  .refine(({ width, heads }) => width % heads === 0, {
    path: ['width'],
    message: 'it must be a multiple of heads',
  });
export type TransformerConfig = z.infer<typeof TransformerConfig>;
