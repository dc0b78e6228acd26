import type { z } from 'zod';
import { DnnConfig } from './dnn.js';
import { ItemKnnConfig } from './item-knn.js';
import { PopularityConfig } from './popularity.js';
import { TransformerConfig } from './transformer.js';

/**
 * The recommenders by the name that a run's config gives, with what they are and their options. The gateway checks a run
 * against this before it accepts it; the worker parses the same again. One file a recommender beside this one.
 */
export const RECOMMENDER_OPTIONS = {
  transformer: {
    summary:
      'Self-attention over what a user did, newest last, trained to tell the next item among all, with counted neighbours beside it. Needs minutes of training, and sequences that mean something.',
    options: TransformerConfig,
  },
  dnn: {
    summary:
      'Two towers and a ranking network over features and histories: prices, categories, texts, recency, frequency, spend. Ranks for new users, and new items by their features.',
    options: DnnConfig,
  },
  'item-knn': {
    summary:
      'Items that the same users interacted with: cosine similarity, shrunk where few users tell. Fits in seconds, and every score can be explained.',
    options: ItemKnnConfig,
  },
  popularity: {
    summary: 'What most users interacted with, the same for all. The baseline that knows nobody.',
    options: PopularityConfig,
  },
} as const satisfies Record<string, { summary: string; options: z.ZodType }>;

/**
 * Options that decide the sizes of a network: a fit that goes on from a model must have those of that one. Recommenders that
 * aren't here have nothing to go on from: they count anew, within seconds.
 */
export const KEPT_OPTIONS: Readonly<Partial<Record<RecommenderName, readonly string[]>>> = {
  transformer: ['width', 'blocks', 'heads', 'length'],
  dnn: ['width', 'rankingUnits', 'textBuckets'],
};

export type RecommenderName = keyof typeof RECOMMENDER_OPTIONS;
export const RECOMMENDER_NAMES = Object.keys(RECOMMENDER_OPTIONS) as RecommenderName[];
