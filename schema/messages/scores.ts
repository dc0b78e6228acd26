import { z } from 'zod';
import { ColumnKind } from './column.js';
import { RelationScores } from './relation-scores.js';

/** The scores of an evaluation. Shares from 0 to 1, but distances and a `utility` that is an error, which may exceed 1. */
export const SCORE_NAMES = {
  /** 1 − mean shape over columns. */
  shapeError: 'shapeError',
  /** 1 − mean trend over pairs of columns. */
  trendError: 'trendError',
  /** Mean over columns of |missing share, real − synthetic|; given when a column has missing cells. */
  missingError: 'missingError',
  /** Whether synthetic rows lie where real ones do (Alaa et al., 2022). */
  alphaPrecision: 'alphaPrecision',
  /** Whether all sorts of real rows have synthetic ones near them (Alaa et al., 2022); real rows reach 0.5. */
  betaRecall: 'betaRecall',
  /** 1 − mean(max(½, AUC) × 2 − 1) of a logistic regression that tells real rows from synthetic ones. */
  logisticDetection: 'logisticDetection',
  /** The same of gradient-boosted trees. */
  boostedDetection: 'boostedDetection',
  /**
   * Trained on synthetic rows, tested on real ones, beside the same trained on real rows: AUC (higher is better), or for a number its
   * root mean squared error over the test rows' standard deviation (lower is better). Given when the run names a target.
   */
  utility: 'utility',
  /** The same trained on real and synthetic rows together, beside real rows alone. */
  augmentedUtility: 'augmentedUtility',
  /** Share of synthetic rows that equal a real row in every column but the IDs. */
  exactCopies: 'exactCopies',
  /** Distance from a synthetic row to its closest real row, the median. */
  closestRecord: 'closestRecord',
  /** The same, its 5th percentile. */
  closestRecordLow: 'closestRecordLow',
  /** Distance to the closest real row over that to the second closest, its 5th percentile. */
  neighbourRatio: 'neighbourRatio',
  /** Share of synthetic rows nearer to a training row than to a holdout row, of as many; given with a holdout. */
  closerToTrain: 'closerToTrain',
  /** AUC of an attacker who tells training records from holdout records; given with a holdout. */
  membershipAttack: 'membershipAttack',
  /** Share of right guesses at one column of a training record from the others; given with a holdout. */
  attributeInference: 'attributeInference',
  /** Share of a column's real categories that the synthetic one holds, on average. */
  categoryCoverage: 'categoryCoverage',
  /** Share of a number's real range that the synthetic one spans, on average. */
  rangeCoverage: 'rangeCoverage',
  /** Share of synthetic rows that repeat an earlier synthetic row. */
  duplicates: 'duplicates',
  /** Share of synthetic rows that break a constraint; given when the run names constraints. */
  constraintBreaks: 'constraintBreaks',
  /** KS statistic of events a session; this and the following are given for event logs. */
  sessionLengthError: 'sessionLengthError',
  /** KS statistic of events a user. */
  userLengthError: 'userLengthError',
  /** KS statistic of times between a user's events. */
  timeGapError: 'timeGapError',
  /** Total variation of types of events. */
  typeMixError: 'typeMixError',
  /** Total variation of pairs of types in a row. */
  typeTransitionError: 'typeTransitionError',
  /** Total variation of pairs of items in a row. */
  itemTransitionError: 'itemTransitionError',
  /** KS statistic of items' shares of the events. */
  popularityError: 'popularityError',
  /** Difference of the Gini coefficients of items' events. */
  popularityGiniError: 'popularityGiniError',
  /** Share of the 100 most frequent items that both logs share. */
  topItemsOverlap: 'topItemsOverlap',
  /** Difference of the shares of events with an item that the user has met. */
  repeatError: 'repeatError',
  /** Mean difference of the rates at which one type follows on another, for a user and an item. */
  funnelError: 'funnelError',
  /** Share of runs of 5 items that occur in the real log. */
  sequenceCopies: 'sequenceCopies',
  /** NDCG@10 of a recommender that learnt from synthetic users, for what real users did next; the reference learnt from real ones. */
  nextItemNdcg: 'nextItemNdcg',
  /** The same, its hit rate at 10. */
  nextItemHitRate: 'nextItemHitRate',
} as const;
export const ScoreUnit = z.enum(['percent', 'share', 'distance']);
export const ScoreName = z.enum(SCORE_NAMES);
export type ScoreName = z.infer<typeof ScoreName>;

/**
 * What a score answers: is it like mine, can one tell, can I use it, does it give anyone away, is all of it there, does every
 * row keep the rules.
 */
export const ScoreFamily = z.enum([
  'FIDELITY',
  'DETECTION',
  'UTILITY',
  'PRIVACY',
  'DIVERSITY',
  'CONSISTENCY',
]);
export type ScoreFamily = z.infer<typeof ScoreFamily>;

export const SCORE_FAMILIES: Readonly<Record<ScoreName, ScoreFamily>> = {
  shapeError: 'FIDELITY',
  trendError: 'FIDELITY',
  missingError: 'FIDELITY',
  alphaPrecision: 'FIDELITY',
  betaRecall: 'FIDELITY',
  logisticDetection: 'DETECTION',
  boostedDetection: 'DETECTION',
  utility: 'UTILITY',
  augmentedUtility: 'UTILITY',
  exactCopies: 'PRIVACY',
  closestRecord: 'PRIVACY',
  closestRecordLow: 'PRIVACY',
  neighbourRatio: 'PRIVACY',
  closerToTrain: 'PRIVACY',
  membershipAttack: 'PRIVACY',
  attributeInference: 'PRIVACY',
  categoryCoverage: 'DIVERSITY',
  rangeCoverage: 'DIVERSITY',
  duplicates: 'DIVERSITY',
  constraintBreaks: 'CONSISTENCY',
  sessionLengthError: 'FIDELITY',
  userLengthError: 'FIDELITY',
  timeGapError: 'FIDELITY',
  typeMixError: 'FIDELITY',
  typeTransitionError: 'FIDELITY',
  itemTransitionError: 'FIDELITY',
  popularityError: 'FIDELITY',
  popularityGiniError: 'FIDELITY',
  topItemsOverlap: 'DIVERSITY',
  repeatError: 'FIDELITY',
  funnelError: 'FIDELITY',
  sequenceCopies: 'PRIVACY',
  nextItemNdcg: 'UTILITY',
  nextItemHitRate: 'UTILITY',
};

/**
 * What a score's reference compares. HOLDOUT: real rows that the generator never saw, against the real table. HALVES:
 * one random half of the real table against the other, when there is no holdout. REAL: the real table by itself.
 * IDEAL: no rows; it follows from the score's definition for a generator that knows no single row.
 */
export const ReferenceSource = z.enum(['HOLDOUT', 'HALVES', 'REAL', 'IDEAL']);
export type ReferenceSource = z.infer<typeof ReferenceSource>;

export const Score = z.object({
  name: ScoreName,
  /** 0–1, also where `unit` is `percent`; only distances and a utility that is an error may exceed 1. */
  value: z.number().min(0),
  /** The same score of real rows: what a perfect generator could be expected to reach. */
  reference: z.number().min(0).optional(),
  referenceSource: ReferenceSource.optional(),
  /** What an improvement is. */
  better: z.enum(['higher', 'lower']),
  /** How people want to read it: 0.012 as `1.2 %`, or as `0.012`; a distance to three significant digits, without bounds. */
  unit: ScoreUnit,
  /** A plain sentence for someone who doesn't know the score. */
  meaning: z.string(),
});
export type Score = z.infer<typeof Score>;

const share = z.number().min(0).max(1);

/** Shares are of the rows whose cell isn't missing. */
const Drawing = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('HISTOGRAM'),
    /** Rising; one more than there are bars. DATETIME: milliseconds since 1970. */
    edges: z.array(z.number()),
    real: z.array(share),
    synthetic: z.array(share),
    /** The first (last) bar also holds everything below (above) its edges. */
    openLow: z.boolean(),
    openHigh: z.boolean(),
    /** A single value that so many real rows hold that it would dwarf the bars; left out of them. */
    atom: z.object({ value: z.number(), real: share, synthetic: share }).optional(),
  }),
  z.object({
    type: z.literal('CATEGORIES'),
    /** The most frequent of the real table first; at most 20. */
    labels: z.array(z.string()),
    real: z.array(share),
    synthetic: z.array(share),
    /** All further categories together; 0 categories when all are shown. */
    other: z.object({ categories: z.int().min(0), real: share, synthetic: share }),
  }),
  /** IDs and free text: nothing to compare. */
  z.object({ type: z.literal('NONE') }),
]);

export const ColumnComparison = z.object({
  name: z.string(),
  kind: ColumnKind,
  /** 1 − Kolmogorov–Smirnov statistic (numbers, date-times) or 1 − total variation distance; absent for IDs and text. */
  shape: share.optional(),
  /** Of numbers and date-times; null when every cell is missing. */
  mean: z.object({ real: z.number().nullable(), synthetic: z.number().nullable() }).optional(),
  missing: z.object({ real: share, synthetic: share }),
  drawing: Drawing,
});
export type ColumnComparison = z.infer<typeof ColumnComparison>;

export const PairComparison = z.object({ left: z.string(), right: z.string(), trend: share });
export type PairComparison = z.infer<typeof PairComparison>;

/** Square, symmetric, Pearson's r from −1 to 1; null where a column is constant or empty. */
const CorrelationMatrix = z.array(z.array(z.number().min(-1).max(1).nullable()));

/** What an evaluation of a synthetic table against the real one found; the file `scores.json` of a run. */
export const Evaluation = z.object({
  v: z.literal(1),
  rows: z.object({
    real: z.int().min(0),
    synthetic: z.int().min(0),
    test: z.int().min(0).optional(),
    /** Rows that the scores looked at: a random cut where a table is longer. */
    compared: z.object({ real: z.int().min(0), synthetic: z.int().min(0) }),
  }),
  scores: z.array(Score),
  /** In the real table's order. */
  columns: z.array(ColumnComparison),
  /** Every pair of compared columns, `left` before `right` in the table's order. */
  pairs: z.array(PairComparison),
  /** Of numeric and date-time columns. */
  correlations: z.object({
    columns: z.array(z.string()),
    real: CorrelationMatrix,
    synthetic: CorrelationMatrix,
  }),
  /** Of a table among several: how the relations to its parents are kept. */
  relations: z.array(RelationScores).optional(),
  /** Plain sentences: what was left out or cut, and why. */
  notes: z.array(z.string()),
});
export type Evaluation = z.infer<typeof Evaluation>;
