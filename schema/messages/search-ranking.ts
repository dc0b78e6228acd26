import { z } from 'zod';
import { Interval } from './ranking.js';

export const SearchMeasure = z.enum(['NDCG', 'MRR', 'RECALL', 'DIVERSITY']);
export type SearchMeasure = z.infer<typeof SearchMeasure>;

/**
 * Where tested queries come from: all; judged ones; other spellings of a product's title; the beginnings of titles; titles with
 * typing errors.
 */
export const SearchedQueries = z.enum(['ALL', 'JUDGED', 'SPELLING', 'PREFIX', 'TYPING_ERROR']);
export type SearchedQueries = z.infer<typeof SearchedQueries>;

/** BM25 over whole words; over runs of three characters, which find misspelt words, too. Neither learns anything. */
export const SearchBaseline = z.enum(['BM25', 'BM25_TRIGRAMS']);
export type SearchBaseline = z.infer<typeof SearchBaseline>;

/** How well queries are answered, beside baselines on the same queries. Each 0–1, more is better (of diversity: more varied). */
export const SearchScore = z.object({
  measure: SearchMeasure,
  /** Length of the list; absent for MRR, which is of all that is found. */
  cutoff: z.int().min(1).optional(),
  queries: SearchedQueries,
  score: Interval,
  beside: z.array(
    z.object({
      baseline: SearchBaseline,
      score: Interval,
      /** The ranker's minus the baseline's, query by query. */
      difference: Interval,
    }),
  ),
});
export type SearchScore = z.infer<typeof SearchScore>;

/** What a SEARCH run found; the file `search-ranking.json`. */
export const SearchRanking = z.object({
  v: z.literal(1),
  ranker: z.string(),
  /** Of the catalogue. */
  products: z.int().min(0),
  /** Products that were held out from learning, and looked for. 0 where queries were held out. */
  heldOutProducts: z.int().min(0),
  /** Judged queries that were learnt from: real ones, and synthetic ones. */
  realQueries: z.int().min(0),
  syntheticQueries: z.int().min(0),
  /** Queries by where they come from, and how many were tested. */
  tested: z.array(z.object({ queries: SearchedQueries, count: z.int().min(1) })),
  scores: z.array(SearchScore),
  /** Plain sentences: what was put right or left out. */
  notes: z.array(z.string()),
});
export type SearchRanking = z.infer<typeof SearchRanking>;
