import { z } from 'zod';
import { ColumnKind } from './column.js';
import { Constraints, Violations } from './constraints.js';
import { Conditions, Rebalance } from './conditions.js';
import { Preparation } from './preparation.js';
import { LinkedTables } from './linked.js';
import { eventRoleOptions } from './generator-options/sessions.js';
import { CatalogueColumns, SearchesColumns } from './search-columns.js';

/** What a run does. New kinds are added as the platform learns them. */
export const RunKind = z.enum([
  'INGEST',
  'SYNTHESIZE',
  'SAMPLE',
  'EVALUATE',
  'PROBE',
  'COMPLETE',
  'RECOMMEND',
  'SEARCH',
  'EXPLAIN',
]);
export type RunKind = z.infer<typeof RunKind>;

/** Rows that one run may synthesize. */
export const MAX_SYNTHETIC_ROWS = 10_000_000;

/** Reads an uploaded file: input `FILE`; outputs `TABLE` and `PROFILE`. */
export const IngestConfig = z.strictObject({
  kind: z.literal('INGEST'),
  fileName: z.string().min(1),
  /** The user's corrections: column name → kind. */
  columnKinds: z.record(z.string(), ColumnKind).default({}),
});

/** What says which events of a log are held out from learning, to be tested on. The same options hold the same events out. */
const holdoutOptions = {
  /** Columns by their roles; those left out are guessed. */
  events: z.strictObject(eventRoleOptions).optional(),
  /** Column that says on which platform, shop or channel. */
  platform: z.string().min(1).optional(),
  /** Types of events that count as an interaction; all, when not given. */
  types: z.array(z.string().min(1)).min(1).optional(),
  /** Share of events, the latest, that are held out; when not given, the last item of each user is. */
  testShare: z.number().min(0.01).max(0.9).optional(),
};

export const Holdout = z.strictObject(holdoutOptions);
export type Holdout = z.infer<typeof Holdout>;

/** Fits a generator to input `TABLE` and samples it; evaluates the sample against the table. */
export const SynthesizeConfig = z.strictObject({
  kind: z.literal('SYNTHESIZE'),
  generator: z.string().min(1),
  /** The generator's own options; its config schema says which. */
  options: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
  /** As many as the table has, when not given. */
  rows: z.int().min(1).max(MAX_SYNTHETIC_ROWS).optional(),
  /** What holds in every synthetic row. */
  constraints: Constraints.optional(),
  /** What to do about real rows that break one; `refuse` when not given. */
  violations: Violations.optional(),
  /** What is done to the real table before the generator learns from it, in this order. */
  preparation: Preparation.optional(),
  /**
   * What a RECOMMEND run of the same options holds out of the log is not shown to the generator, so that recommenders which
   * learn from its users can be tested on it. For the generator `sessions`.
   */
  withhold: Holdout.optional(),
  /** Given for the generator `linked`: an input `TABLE` for each table, by its name, in place of one. */
  linked: LinkedTables.optional(),
});

/** Samples more rows from input `MODEL`. */
export const SampleConfig = z.strictObject({
  kind: z.literal('SAMPLE'),
  rows: z.int().min(1).max(MAX_SYNTHETIC_ROWS),
  /** What every row meets. */
  where: Conditions.optional(),
  /** Shares of values of a column, in place of the learnt ones. */
  rebalance: Rebalance.optional(),
});

/** Scores input `SYNTHETIC` against input `REAL`, beside the optional real holdout `TEST`. */
export const EvaluateConfig = z.strictObject({
  kind: z.literal('EVALUATE'),
  /** Column to predict, for the utility score. */
  target: z.string().min(1).optional(),
  /** For the score of how many rows break one. */
  constraints: Constraints.optional(),
  /** The tables are event logs: columns by their roles; those left out are guessed. */
  events: z.strictObject(eventRoleOptions).optional(),
});

/**
 * Fills missing cells of input `TABLE` and marks doubtful ones, with a generator that it fits to the table, or with the fitted
 * one of the optional input `MODEL`. Scores itself by hiding known cells.
 */
export const CompleteConfig = z.strictObject({
  kind: z.literal('COMPLETE'),
  /** To fit: one that can draw rows around known cells. Absent where a model is given. */
  generator: z.string().min(1).optional(),
  /** The generator's own options. */
  options: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
  /** Columns to fill; all that have missing cells, when not given. Known cells of all columns are looked at for doubts. */
  columns: z.array(z.string().min(1)).min(1).optional(),
  /** A known cell is doubtful when values as unlikely as its own have together less than this probability; 0: none is. */
  doubt: z.number().min(0).max(0.5).default(0.02),
  /** Values drawn for a cell: their median (numbers, date-times) or most frequent one fills it. 1: a random draw. */
  drawings: z.int().min(1).max(101).default(11),
  /** Share of known cells hidden, in rows that a fit of this run doesn't learn from, to score what fills them; 0: no scores. */
  hiddenShare: z.number().min(0).max(0.9).default(0.1),
});

/**
 * Trains a recommender on the behaviour of input `REAL`, an event log, of the optional input `SYNTHETIC`, another, or of both.
 * Scores it on what is held out of the real log, which no training sees, beside popularity. With `continues`, training goes on
 * from input `MODEL`.
 */
export const RecommendConfig = z.strictObject({
  kind: z.literal('RECOMMEND'),
  recommender: z.string().min(1),
  /** The recommender's own options. */
  options: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
  /** The columns are the same in both logs. */
  ...holdoutOptions,
  /** Columns of the log that say what an item is like, for recommenders that take features. */
  attributes: z
    .strictObject({
      price: z.string().min(1).optional(),
      category: z.string().min(1).optional(),
      text: z.string().min(1).optional(),
    })
    .optional(),
  trainOn: z.enum(['REAL', 'SYNTHETIC', 'BOTH']).default('REAL'),
  /**
   * Most synthetic interactions learnt from, by the real ones that are not held out; whole users of the synthetic log, its first ones.
   * All, when not given.
   */
  syntheticRatio: z.number().min(0.01).max(100).optional(),
  /** Lengths of lists that are scored. */
  cutoffs: z.array(z.int().min(1).max(1000)).min(1).max(5).default([5, 10, 20]),
  /** Users with at most so many events before the test are cold. */
  coldEvents: z.int().min(0).max(1000).default(5),
  /**
   * Goes on from input `MODEL`, a recommender of the same name, in place of chance. Says what `REAL` is to it: WHOLE_LOG, a
   * newer version of all that it learnt from, whose items are the catalogue; NEW_EVENTS, what happened since, to which what the
   * model remembers of its users is added.
   */
  continues: z.enum(['WHOLE_LOG', 'NEW_EVENTS']).optional(),
});

/**
 * Trains a search ranker on the products of input `CATALOGUE`, on the judged queries of the optional input `SEARCHES`, and on
 * those of the optional input `SYNTHETIC`. The optional input `QUERIES` has the texts of queries, where the searches have ids alone.
 * Scores it on queries that no training sees, beside BM25: judged ones where there are searches, else made ones of products that
 * no training sees.
 */
export const SearchConfig = z.strictObject({
  kind: z.literal('SEARCH'),
  ranker: z.string().min(1),
  /** The ranker's own options. */
  options: z
    .record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.record(z.string(), z.number())]))
    .default({}),
  /** Columns by their roles; those left out are guessed. */
  catalogueColumns: CatalogueColumns.optional(),
  /** The same in all tables of searches. */
  searchesColumns: SearchesColumns.optional(),
  /** What a label of the column of relevance is worth, 0–1; those of ESCI and WANDS are known. */
  gains: z
    .array(z.strictObject({ label: z.string().min(1), gain: z.number().min(0).max(1) }))
    .min(1)
    .max(100)
    .optional(),
  /** Only rows of this locale, in tables that have a column for it. */
  locale: z.string().min(1).optional(),
  /** Whose searches are learnt from. */
  trainOn: z.enum(['REAL', 'SYNTHETIC', 'BOTH']).default('REAL'),
  /** Share of the judged queries that are held out, or of the products where there is none. */
  testShare: z.number().min(0.01).max(0.9).default(0.2),
  /** What is ranked for a query that is scored: all products, or those that were judged for it. */
  among: z.enum(['CATALOGUE', 'JUDGED']).default('CATALOGUE'),
  /** Length of the lists that are scored. */
  cutoff: z.int().min(1).max(1000).default(10),
});

/**
 * Explains what the recommender of input `MODEL` recommends to users of input `REAL`, an event log: by the events of each one's history
 * and, where it makes some, by features; and which features matter over all.
 */
export const ExplainConfig = z.strictObject({
  kind: z.literal('EXPLAIN'),
  /** How the log is read: as for training. */
  events: z.strictObject(eventRoleOptions).optional(),
  platform: RecommendConfig.shape.platform,
  attributes: RecommendConfig.shape.attributes,
  types: RecommendConfig.shape.types,
  /** Ids of the users to explain; a random sample of `sampledUsers`, when not given. */
  users: z.array(z.string().min(1).max(1_000)).min(1).max(200).optional(),
  sampledUsers: z.int().min(1).max(200).default(20),
  /** Items of each list. */
  k: z.int().min(1).max(20).default(5),
  /** Newest events that are told apart; what lies before them is one together. */
  mostEvents: z.int().min(1).max(50).default(20),
  /** Pairs of random orders that Shapley values are sampled with, where not all coalitions are asked. */
  orderPairs: z.int().min(2).max(500).default(8),
  /** Of the tree that stands in for the whole recommender. */
  treeDepth: z.int().min(1).max(6).default(3),
});

/** Does nothing but live: passes through queue, worker and metrics, to check a pool or to measure the platform. */
export const ProbeConfig = z.strictObject({
  kind: z.literal('PROBE'),
  /** How long to stay RUNNING. */
  seconds: z.number().min(0).max(3600).default(0),
  /** Points of the series `probe/value` emitted in that time. */
  pointsPerSecond: z.number().min(0).max(10_000).default(0),
});

export const RunConfig = z.discriminatedUnion('kind', [
  IngestConfig,
  SynthesizeConfig,
  SampleConfig,
  EvaluateConfig,
  ProbeConfig,
  CompleteConfig,
  RecommendConfig,
  SearchConfig,
  ExplainConfig,
]);
export type RunConfig = z.infer<typeof RunConfig>;
export type IngestConfig = z.infer<typeof IngestConfig>;
export type SynthesizeConfig = z.infer<typeof SynthesizeConfig>;
export type SampleConfig = z.infer<typeof SampleConfig>;
export type EvaluateConfig = z.infer<typeof EvaluateConfig>;
export type CompleteConfig = z.infer<typeof CompleteConfig>;
export type RecommendConfig = z.infer<typeof RecommendConfig>;
export type SearchConfig = z.infer<typeof SearchConfig>;
export type ExplainConfig = z.infer<typeof ExplainConfig>;
export type ProbeConfig = z.infer<typeof ProbeConfig>;

/** What an input is to the run that reads it. */
export const InputRole = z.enum([
  'FILE',
  'TABLE',
  'MODEL',
  'REAL',
  'SYNTHETIC',
  'TEST',
  'CATALOGUE',
  'SEARCHES',
  'QUERIES',
]);
export type InputRole = z.infer<typeof InputRole>;

/** What an output of a run is. */
export const OutputKind = z.enum([
  'TABLE',
  'PROFILE',
  'SYNTHETIC_CSV',
  'SYNTHETIC_PARQUET',
  'MODEL',
  'SCORES',
  'REPORT',
  'MODEL_CARD',
  'COMPLETED_CSV',
  'COMPLETED_PARQUET',
  'CELLS',
  'COMPLETION',
  'RECOMMENDER',
  'RANKING',
  'SEARCH_RANKER',
  'SEARCH_RANKING',
  'EXPLANATION',
]);
export type OutputKind = z.infer<typeof OutputKind>;

/** The named parts of an attempt, in the order in which a run kind goes through its own. */
export const StepName = z.enum([
  'load',
  'profile',
  'encode',
  'train',
  'sample',
  'explain',
  'evaluate',
  'publish',
]);
export type StepName = z.infer<typeof StepName>;

export const STEPS_OF: Readonly<Record<RunKind, readonly StepName[]>> = {
  INGEST: ['load', 'profile', 'publish'],
  SYNTHESIZE: ['load', 'train', 'sample', 'evaluate', 'publish'],
  SAMPLE: ['load', 'sample', 'publish'],
  EVALUATE: ['load', 'evaluate', 'publish'],
  PROBE: ['train'],
  COMPLETE: ['load', 'train', 'sample', 'evaluate', 'publish'],
  RECOMMEND: ['load', 'train', 'evaluate', 'publish'],
  SEARCH: ['load', 'train', 'evaluate', 'publish'],
  EXPLAIN: ['load', 'explain', 'evaluate', 'publish'],
};
