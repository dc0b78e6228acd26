import { z } from 'zod';

const fieldWeight = (field: string, by: number) =>
  z
    .number()
    .min(0)
    .max(100)
    .default(by)
    .describe(`What a term in the ${field} is worth, 0–100; 0 leaves that text out.`);

const FieldWeights = z.strictObject({
  title: fieldWeight('title', 2),
  brand: fieldWeight('brand', 1),
  category: fieldWeight('category', 1),
  description: fieldWeight('description', 0.5),
});

/** Options that say how terms are weighed by BM25; gpu-worker/recommenders/search/README.md has the formula. */
const bm25Options = {
  k1: z
    .number()
    .min(0.01)
    .max(100)
    .default(1.2)
    .describe('Where repeats of a term stop counting, 0.01–100; lower is sooner.'),
  b: z
    .number()
    .min(0)
    .max(1)
    .default(0.75)
    .describe('How much terms of a long text count for less, 0–1; 0 is not at all.'),
  weights: FieldWeights.prefault({}).describe('What a term is worth in each text of a product.'),
};

/** Options of the `bm25` search ranker. */
export const Bm25Config = z.strictObject({
  terms: z
    .enum(['words', 'trigrams', 'beginnings'])
    .default('words')
    .describe(
      'What is looked up: `words`, whole ones; `trigrams`, runs of three characters, which find misspelt and unfinished ' +
        'words, too; or `beginnings`, the first characters of a text, for suggestions while somebody types.',
    ),
  ...bm25Options,
});
export type Bm25Config = z.infer<typeof Bm25Config>;

/** Options of the network of the `two-tower` search ranker. */
const twoTowerOptions = {
  width: z
    .int()
    .min(8)
    .max(512)
    .default(64)
    .describe('Length of the vectors that queries and products become, 8–512.'),
  hiddenUnits: z
    .int()
    .min(8)
    .max(1024)
    .default(64)
    .describe('Width of the hidden layer of each tower, 8–1,024.'),
  buckets: z
    .int()
    .min(1024)
    .max(1_048_576)
    .default(8192)
    .describe(
      'Places for words and runs of characters, 1,024–1,048,576; those that share one are taken for the same.',
    ),
  queriesAProduct: z
    .int()
    .min(0)
    .max(64)
    .default(1)
    .describe(
      'Queries that are made of each product in each pass, 0–64; 0 learns from judged queries alone.',
    ),
  hardNegatives: z
    .int()
    .min(0)
    .max(8)
    .default(1)
    .describe('Similar products that each query must tell from its own, besides those of the batch, 0–8.'),
  temperature: z
    .number()
    .min(0.005)
    .max(1)
    .default(0.05)
    .describe(
      'What similarities are divided by before the softmax, 0.005–1; lower looks at the closest products.',
    ),
  epochs: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'Most passes over the products, 1–10,000. Left out, it is chosen so that training takes about 1,200 steps (2–100 passes). ' +
        'Training ends earlier when held-out queries are answered no better.',
    ),
  batchSize: z.int().min(2).max(4096).default(128).describe('Queries a training step, 2–4,096.'),
  learningRate: z
    .number()
    .min(1e-6)
    .max(0.1)
    .default(4e-3)
    .describe(
      'Step size of Adam after its warm-up, 1e-6–0.1; it falls to zero along a cosine. Lower it if a run diverges.',
    ),
  weightDecay: z.number().min(0).max(100).default(0.01).describe('Decoupled weight decay, 0–100.'),
  validationShare: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.1)
    .describe(
      'Share of the products that nothing is learnt from, on whose queries the best pass is chosen, 0.01–0.5.',
    ),
  patience: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe('Validations without a better one after which training ends, 1–1,000.'),
};

export const TwoTowerConfig = z.strictObject(twoTowerOptions);
export type TwoTowerConfig = z.infer<typeof TwoTowerConfig>;

/** Options of the `fused` search ranker: those of both kinds of ranker that it puts together. */
export const FusedSearchConfig = z.strictObject({
  ...bm25Options,
  ...twoTowerOptions,
  fusion: z
    .enum(['weights', 'reciprocalRank'])
    .default('weights')
    .describe(
      'How the rankers are put together: `weights`, scores by weights that are learnt on held-out queries; or `reciprocalRank`, ' +
        'by their ranks alone.',
    ),
});
export type FusedSearchConfig = z.infer<typeof FusedSearchConfig>;
