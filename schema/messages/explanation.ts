import { z } from 'zod';
import { RankingBasis } from './ranking-request.js';

/** What evidence for an item counts in; how it is comparable between histories is the recommender's to say. */
export const EvidenceUnit = z.enum(['LOG_PROBABILITY', 'LOGIT', 'SIMILARITY', 'COUNT']);
export type EvidenceUnit = z.infer<typeof EvidenceUnit>;

/** A mean over users, and its 95 % bootstrap interval. */
const Interval = z.object({ value: z.number(), low: z.number(), high: z.number() });

/** What one event of a history has to do with an item of the list. */
export const EventAttribution = z.object({
  item: z.string(),
  type: z.string().optional(),
  platform: z.string().optional(),
  /** In ms since 1970. */
  time: z.number().optional(),
  /** 1; more for the earliest ones together, of which this is the last. */
  events: z.int().min(1),
  /** Its share of the evidence for the item, and the standard error of that; 0 where it is exact. */
  shapley: z.number(),
  error: z.number(),
  /** By how much the evidence falls without it alone, and where the item would then stand. */
  leaveOneOut: z.number(),
  rankWithout: z.int().min(1),
  /** Its coefficient in the local surrogate. */
  local: z.number(),
  /** How much the network attends to it, 0–1; that is no cause. Absent without attention. */
  attention: z.number().optional(),
});
export type EventAttribution = z.infer<typeof EventAttribution>;

/** What a feature that the model makes of the history has to do with an item, against other users. */
export const FeatureAttribution = z.object({
  feature: z.string(),
  /** In words. */
  value: z.string().optional(),
  shapley: z.number(),
  error: z.number(),
});
export type FeatureAttribution = z.infer<typeof FeatureAttribution>;

export const ItemExplanation = z.object({
  item: z.string(),
  /** Evidence for it without any event, and with all: Shapley values of the events add up to the difference. */
  base: z.number(),
  evidence: z.number(),
  /** Oldest first. */
  events: z.array(EventAttribution),
  /** Weighted R² of the local surrogate. */
  localFit: z.number(),
  features: z.array(FeatureAttribution),
  /** Places in `events` without which it drops out of the list, and where it would stand; absent where none were found. */
  counterfactual: z.object({ without: z.array(z.int().min(0)), rank: z.int().min(1) }).optional(),
  /** All that in a sentence. */
  text: z.string(),
});
export type ItemExplanation = z.infer<typeof ItemExplanation>;

export const UserExplanation = z.object({
  user: z.string(),
  /** Of the history, as far as the recommender knows their items. */
  events: z.int().min(0),
  basis: RankingBasis,
  /** Best first. */
  items: z.array(ItemExplanation),
});
export type UserExplanation = z.infer<typeof UserExplanation>;

/** In the order in which they are shown. */
export const AttributionMethod = z.enum([
  'SHAPLEY',
  'LEAVE_ONE_OUT',
  'LOCAL',
  'ATTENTION',
  'RECENCY',
  'RANDOM',
]);
export type AttributionMethod = z.infer<typeof AttributionMethod>;

/** How faithful a method's order of events is: areas under the gain of the first item's rank, as means over users. */
export const Faithfulness = z.object({
  method: AttributionMethod,
  /** While events go that matter most; less is better. And by how much less than in random orders. */
  deletion: Interval,
  deletionGain: Interval,
  /** While they come; more is better. And by how much more than in random orders. */
  insertion: Interval,
  insertionGain: Interval,
  /** Mean gain at 0, 10, …, 100 % of the events. */
  deletionCurve: z.array(z.number()).length(11),
  insertionCurve: z.array(z.number()).length(11),
});
export type Faithfulness = z.infer<typeof Faithfulness>;

/** A simple model that says what the recommender says: which share of the catalogue an item stands above. */
export const Surrogate = z.object({
  kind: z.enum(['TREE', 'BOOSTED_TREES']),
  /** R² on users that it hasn't seen. */
  fidelity: z.number(),
  /** Of one tree, the highest answers first. */
  rules: z.array(z.object({ conditions: z.array(z.string()), answer: z.number(), share: z.number() })),
});
export type Surrogate = z.infer<typeof Surrogate>;

export const FeatureImportance = z.object({
  feature: z.string(),
  /** MODEL: of the features that the recommender itself makes; SURROGATE: of those of boosted trees that stand in for it. */
  source: z.enum(['MODEL', 'SURROGATE']),
  /** Mean of |Shapley value|: in the recommender's unit, or in shares of the catalogue. */
  importance: z.number(),
});
export type FeatureImportance = z.infer<typeof FeatureImportance>;

/** What an EXPLAIN run found; the file `explanation.json`. */
export const Explanation = z.object({
  v: z.literal(1),
  recommender: z.string(),
  unit: EvidenceUnit,
  /** Of the log, and of the recommender's catalogue. */
  users: z.int().min(0),
  items: z.int().min(0),
  k: z.int().min(1),
  explained: z.array(UserExplanation),
  /** The most important first, of each source. */
  importances: z.array(FeatureImportance),
  surrogates: z.array(Surrogate),
  /** Of so many users, who have two events at least. */
  faithfulUsers: z.int().min(0),
  faithfulness: z.array(Faithfulness),
  /** Scorings of the catalogue that it took. */
  worlds: z.int().min(0),
  /** Plain sentences. */
  notes: z.array(z.string()),
});
export type Explanation = z.infer<typeof Explanation>;
