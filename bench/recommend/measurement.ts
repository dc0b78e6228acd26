import type { Interval } from '../../gpu-worker/recommenders/metrics/bootstrap.js';
import type { ListTraits } from '../../gpu-worker/recommenders/evaluation/lists.js';
import type { Dataset } from './dataset.js';

/** What one process is to measure. */
export interface Measurement {
  readonly dataset: Dataset;
  readonly recommender: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly engine: string | undefined;
  readonly threads: number;
  /** Where a fit leaves checkpoints, and goes on from those of an earlier one. */
  readonly checkpoints: string | undefined;
}

export interface Scores {
  readonly hitRate: Interval;
  readonly ndcg: Interval;
  readonly mrr: number;
  readonly recall20: number;
  readonly coldNdcg: number;
  readonly warmNdcg: number;
  readonly traits: ListTraits;
}

/** What it found. */
export interface Measured {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly coldUsers: number;
  readonly engine: string;
  readonly fitSeconds: number;
  /** All items are ranked; and without those of the user's history. */
  readonly all: Scores;
  readonly unseen: Scores;
  /** One request after the other, without an engine, in ms. */
  readonly rankMedian: number;
  readonly rank99: number;
  readonly fileMiB: number;
}

export type Answer =
  | { readonly type: 'measured'; readonly measured: Measured; readonly error?: undefined }
  | { readonly type: 'measured'; readonly measured?: undefined; readonly error: string };
