import type { z } from 'zod';
import { Bm25Config, FusedSearchConfig, TwoTowerConfig } from './search.js';

/** The search rankers by the name that a run's config gives, in the order in which users are shown them; as RECOMMENDER_OPTIONS. */
export const SEARCH_RANKER_OPTIONS = {
  fused: {
    summary:
      'BM25 over words, runs of characters and beginnings, and the two-tower network, added up by weights that held-out queries teach.',
    options: FusedSearchConfig,
  },
  'two-tower': {
    summary:
      'Finds products by vectors of words and runs of characters that a network has learnt: misspelt, unfinished and otherwise written queries, too.',
    options: TwoTowerConfig,
  },
  bm25: {
    summary: 'Ranks products by the words that they share with the query, rare words first (BM25F).',
    options: Bm25Config,
  },
} as const satisfies Record<string, { summary: string; options: z.ZodType }>;

export type SearchRankerName = keyof typeof SEARCH_RANKER_OPTIONS;
export const SEARCH_RANKER_NAMES = Object.keys(SEARCH_RANKER_OPTIONS) as SearchRankerName[];
