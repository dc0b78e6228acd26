import { z } from 'zod';
import { StoredObject } from './job.js';

/** Most items of one answer; a list that people look at has tens. */
export const MOST_RANKED = 1_000;
/** Most events of a history; models look at the last 50 or so. */
export const MOST_EVENTS = 1_000;
/** Most items that one request keeps out of its answer. */
export const MOST_EXCLUDED = 10_000;
/** Most reasons of an item. */
export const MOST_REASONS = 5;

/** Ids are texts as they stood in the log. */
const Id = z.string().min(1).max(1_000);

/** One thing that a user did. */
export const RankedEvent = z.object({
  item: Id,
  type: z.string().max(1_000).optional(),
  platform: z.string().max(1_000).optional(),
  /** In ms since 1970. */
  time: z.number().optional(),
});

/** Whom to rank for. The fields mean what they mean in `gpu-worker/recommenders/recommender.ts`. */
export const RankingQuery = z.object({
  user: Id.optional(),
  /** Oldest first. With a `user`, what happened since the model was fitted. */
  history: z.array(RankedEvent).max(MOST_EVENTS).optional(),
  k: z.int().min(1).max(MOST_RANKED),
  exclude: z.array(Id).max(MOST_EXCLUDED).optional(),
  excludeSeen: z.boolean().optional(),
  platform: z.string().max(1_000).optional(),
  /** Most reasons to tell of each item; none unless asked for, as they take several rankings. */
  reasons: z.int().min(0).max(MOST_REASONS).optional(),
});
export type RankingQuery = z.infer<typeof RankingQuery>;

/** On `synthcart.rank.<pool>`: rank the items of a recommender. The gateway has looked whether the caller may read it. */
export const RankingRequest = z.object({
  v: z.literal(1),
  tenantId: z.string(),
  artifactId: z.string(),
  /** The recommender's file, for a worker that hasn't loaded it yet. */
  model: StoredObject.extend({ bytes: z.int().min(1) }),
  query: RankingQuery,
});
export type RankingRequest = z.infer<typeof RankingRequest>;

/** Why an item is in an answer. */
export const RankingReason = z.object({
  /** Of the event; absent where no event is the reason. */
  item: z.string().optional(),
  /** What was done, where it is known. */
  event: z.string().optional(),
  /** In ms since 1970. */
  time: z.number().optional(),
  /** Share of what speaks for the item, 0–1. */
  weight: z.number(),
  /** For people. */
  text: z.string(),
});
export type RankingReason = z.infer<typeof RankingReason>;

/** What the scores follow from. */
export const RankingBasis = z.enum(['HISTORY', 'FEATURES', 'POPULARITY']);

/** Replies of a worker that has no answer. */
export const UNANSWERED = [
  /** DELETED: the file is gone. TOO_LARGE: the worker may not hold it. Messages are for users. */
  z.object({ answer: z.literal('REFUSED'), reason: z.enum(['DELETED', 'TOO_LARGE']), message: z.string() }),
  /** The fault is ours; the worker's log has it under that id. */
  z.object({ answer: z.literal('FAILED'), incidentId: z.string() }),
] as const;

export type Unanswered = z.infer<(typeof UNANSWERED)[number]>;

export const RankingReply = z.discriminatedUnion('answer', [
  z.object({
    answer: z.literal('RANKED'),
    /** Name of the recommender that the file is of, such as `item-knn`. */
    recommender: z.string(),
    /** Best first; fewer than k where no more may be shown. */
    items: z.array(
      z.object({
        item: z.string(),
        score: z.number(),
        /** Where they were asked for; the most weighty first. */
        reasons: z.array(RankingReason).optional(),
      }),
    ),
    basis: RankingBasis,
    /** What the request named and the model doesn't know. */
    unknown: z.object({ user: z.boolean(), items: z.array(z.string()), platform: z.boolean() }),
  }),
  ...UNANSWERED,
]);
export type RankingReply = z.infer<typeof RankingReply>;
