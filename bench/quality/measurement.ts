import type { ScoreName } from '../../schema/messages/scores.js';
import type { Dataset, Protocol } from './dataset.js';

/** What one process is to measure. */
export interface Measurement {
  readonly dataset: Dataset;
  readonly generator: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly protocol: Protocol;
  readonly threads: number;
}

/** What it found. */
export interface Measured {
  /** Rows learnt from, and drawn. */
  readonly rows: number;
  readonly engine: string;
  readonly fitSeconds: number;
  /** Drawing them, without writing them. */
  readonly sampleSeconds: number;
  /** Of the whole process when the rows were drawn. */
  readonly peakMiB: number;
  readonly scores: readonly {
    readonly name: ScoreName;
    readonly value: number;
    readonly reference: number | null;
  }[];
}

export type Answer =
  | { readonly type: 'measured'; readonly measured: Measured; readonly error?: undefined }
  | { readonly type: 'measured'; readonly measured?: undefined; readonly error: string };
