import type { Engine } from '../../compute/program.js';
import { pausing } from '../../evaluation/pause.js';
import type { Interactions } from '../interactions/interactions.js';
import type { RankingCase } from '../interactions/splits.js';
import { bootstrapMean, type Interval } from '../metrics/bootstrap.js';
import type { FittedRecommender } from '../recommender.js';
import { topPlaces } from '../top-items.js';
import { ItemAudience, listTraits, type ListTraits } from './lists.js';
import { listScores, ranksOf, reciprocalRank } from './ranks.js';

export interface EvaluationOptions {
  /** Lengths of lists; of the longest, traits are measured. */
  readonly cutoffs?: readonly number[];
  /** Leaves the items of a history out of its list, targets among them. */
  readonly excludeSeen?: boolean;
  /** Users with at most so many events before count as cold, the others as warm. */
  readonly coldEvents?: number;
  readonly seed?: number;
  readonly resamples?: number;
  readonly engine?: Engine | undefined;
  readonly signal?: AbortSignal;
  readonly progress?: (fraction: number) => void;
}

/** Mean scores over users with their 95 % bootstrap intervals; by cutoff where they have one. */
export interface GroupScores {
  readonly users: number;
  readonly hitRate: ReadonlyMap<number, Interval>;
  readonly ndcg: ReadonlyMap<number, Interval>;
  readonly recall: ReadonlyMap<number, Interval>;
  readonly mrr: Interval;
}

export interface RankingEvaluation {
  readonly all: GroupScores;
  readonly cold: GroupScores;
  readonly warm: GroupScores;
  readonly traits: ListTraits;
  /** Of each case, in their order, as `ranksOf` gives them. */
  readonly ranks: readonly Float64Array[];
  /** Of each case, in their order, at each cutoff: to compare two recommenders user by user. */
  readonly perCase: {
    readonly ndcg: ReadonlyMap<number, Float64Array>;
    readonly hit: ReadonlyMap<number, Float64Array>;
  };
}

/** Histories scored at a time: 10,000 items make 10 MB. */
const BATCH = 256;

/**
 * Ranks all items of the catalogue for each case, without sampled negatives, which don't tell models apart (Krichene and Rendle,
 * "On sampled metrics for item recommendation", 2020). `train` is what the model learnt from: novelty, distance and
 * popularity are by it. The catalogue of the cases must be the model's.
 */
export async function evaluateRanking(
  model: FittedRecommender,
  cases: readonly RankingCase[],
  train: Interactions,
  {
    cutoffs = [5, 10, 20],
    excludeSeen = true,
    coldEvents = 5,
    seed = 0,
    resamples = 1000,
    engine,
    signal = new AbortController().signal,
    progress = () => {},
  }: EvaluationOptions = {},
): Promise<RankingEvaluation> {
  if (model.items.length !== train.items.length)
    throw new RangeError(`a model of ${model.items.length} items can't be tested on ${train.items.length}`);
  const longest = Math.max(...cutoffs);
  const pause = pausing(signal, progress);
  const ranks: Float64Array[] = [];
  const lists: number[][] = [];
  for (let from = 0; from < cases.length; from += BATCH) {
    const batch = cases.slice(from, from + BATCH);
    const scores = await model.scores(
      batch.map(({ history }) => history),
      engine,
    );
    for (const [index, { history, targets }] of batch.entries()) {
      const own = scores.subarray(index * model.items.length, (index + 1) * model.items.length);
      if (excludeSeen) for (const item of history.item) own[item] = -Infinity;
      ranks.push(ranksOf(own, targets));
      lists.push(topPlaces(own, longest));
    }
    await pause((from + batch.length) / cases.length);
  }
  const measured = measuredCases(ranks, cutoffs);
  const lengths = cases.map(({ history }) => history.item.length);
  const group = (belongs: (length: number) => boolean): GroupScores =>
    groupScores(
      measured,
      lengths.flatMap((length, index) => (belongs(length) ? [index] : [])),
      { seed, resamples },
    );
  return {
    all: group(() => true),
    cold: group((length) => length <= coldEvents),
    warm: group((length) => length > coldEvents),
    traits: listTraits(
      lists,
      cases.map(({ history }) => history.item),
      new ItemAudience(train),
    ),
    ranks,
    perCase: { ndcg: measured.ndcg, hit: measured.hit },
  };
}

interface MeasuredCases {
  readonly hit: ReadonlyMap<number, Float64Array>;
  readonly ndcg: ReadonlyMap<number, Float64Array>;
  readonly recall: ReadonlyMap<number, Float64Array>;
  readonly reciprocal: Float64Array;
}

function measuredCases(ranks: readonly Float64Array[], cutoffs: readonly number[]): MeasuredCases {
  const byCutoff = (part: 'hit' | 'ndcg' | 'recall'): ReadonlyMap<number, Float64Array> =>
    new Map(cutoffs.map((k) => [k, Float64Array.from(ranks, (own) => listScores(own, k)[part])]));
  return {
    hit: byCutoff('hit'),
    ndcg: byCutoff('ndcg'),
    recall: byCutoff('recall'),
    reciprocal: Float64Array.from(ranks, reciprocalRank),
  };
}

function groupScores(
  { hit, ndcg, recall, reciprocal }: MeasuredCases,
  chosen: readonly number[],
  options: { readonly seed: number; readonly resamples: number },
): GroupScores {
  const interval = (values: Float64Array): Interval =>
    bootstrapMean(
      chosen.map((index) => values[index]!),
      options,
    );
  const byCutoff = (all: ReadonlyMap<number, Float64Array>): ReadonlyMap<number, Interval> =>
    new Map([...all].map(([k, values]) => [k, interval(values)]));
  return {
    users: chosen.length,
    hitRate: byCutoff(hit),
    ndcg: byCutoff(ndcg),
    recall: byCutoff(recall),
    mrr: interval(reciprocal),
  };
}
