import { z } from 'zod';

/** A mean, over users or queries, and its 95 % bootstrap interval. */
export const Interval = z.object({ value: z.number(), low: z.number(), high: z.number() });

export const RankingMeasure = z.enum(['HIT_RATE', 'NDCG', 'RECALL', 'MRR']);
export type RankingMeasure = z.infer<typeof RankingMeasure>;

/** All tested users; those with few events before the test; the others. */
export const UserGroup = z.enum(['ALL', 'COLD', 'WARM']);
export type UserGroup = z.infer<typeof UserGroup>;

/** How well held-out items are found, beside popularity's ranking of the same lists. Each 0–1, more is better. */
export const RankingScore = z.object({
  measure: RankingMeasure,
  /** Length of the list; absent for MRR, which is of the whole catalogue. */
  cutoff: z.int().min(1).optional(),
  group: UserGroup,
  score: Interval,
  popularity: Interval,
});
export type RankingScore = z.infer<typeof RankingScore>;

/** What lists are like, whoever they are for. */
export const RankingTrait = z.object({
  trait: z.enum(['COVERAGE', 'GINI', 'DIVERSITY', 'NOVELTY', 'POPULARITY_LIFT']),
  value: z.number(),
  popularity: z.number(),
});
export type RankingTrait = z.infer<typeof RankingTrait>;

/** Of at most so many tested users, evenly spaced, a ranking tells what was found of each. */
export const MOST_RANKED_CASES = 50_000;

/** What was found of single tested users, in the order of the log: two rankings of the same test are compared user by user. */
export const RankedCases = z.object({
  /** SHA-256 of who was tested on what. */
  fingerprint: z.string(),
  /** Ranks of what was held out, from 1, rising, but for those behind both the first and the longest list; 0: never shown. */
  ranks: z.array(z.array(z.int().min(0))),
  /** Items held out [cases]; absent where it is one each. */
  targets: z.array(z.int().min(1)).optional(),
  /** Interactions before the test [cases]. */
  before: z.array(z.int().min(0)),
});
export type RankedCases = z.infer<typeof RankedCases>;

/** What a RECOMMEND run found; the file `ranking.json`. */
export const Ranking = z.object({
  v: z.literal(1),
  recommender: z.string(),
  /** Of the real log. */
  users: z.int().min(0),
  items: z.int().min(0),
  /** Interactions that were learnt from: of real users, and of synthetic ones. */
  realInteractions: z.int().min(0),
  syntheticInteractions: z.int().min(0),
  /** Users whose held-out items were looked for, and those with so few events before that they count as cold. */
  tested: z.int().min(0),
  cold: z.int().min(0),
  coldEvents: z.int().min(0),
  scores: z.array(RankingScore),
  traits: z.array(RankingTrait),
  cases: RankedCases.optional(),
  /** Plain sentences: what was put right or left out. */
  notes: z.array(z.string()),
});
export type Ranking = z.infer<typeof Ranking>;
