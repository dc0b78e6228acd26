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
    .enum(['words', 'trigrams'])
    .default('words')
    .describe(
      'What is looked up: `words`, whole ones; or `trigrams`, runs of three characters, which find misspelt and unfinished ' +
        'words, too.',
    ),
  ...bm25Options,
});
export type Bm25Config = z.infer<typeof Bm25Config>;
