import type { z } from 'zod';
import type { ColumnSchema } from '../../schema/messages/column.js';
import type { Engine } from '../compute/program.js';
import type { Table } from '../tables/table.js';

/** What a generator may ask of the run that it works for. */
export interface FitSession {
  readonly engine: Engine;
  /** All randomness of a fit derives from it: same seed, engine and table give the same weights. */
  readonly seed: number;
  /** Aborted when the run is cancelled or paused: `fit` then rejects with `signal.reason` at the next batch. */
  readonly signal: AbortSignal;
  /** One point of a series, such as `train/loss`; `step` never decreases within a series and never repeats. */
  metric(name: string, step: number, value: number): void;
  /** Share of the fit that is done, 0–1, and the seconds that the rest may take. */
  progress(fraction: number, etaSeconds: number | undefined): void;
  /** Called between batches; when it answers true, the generator calls `saveCheckpoint` with its whole state. */
  checkpointDue(): boolean;
  /** Resolves once the checkpoint, and every metric point before it, is stored. */
  saveCheckpoint(state: Uint8Array): Promise<void>;
  /** State of an earlier attempt to go on from; the fit then ends with the same weights as an undisturbed one. */
  readonly checkpoint: Uint8Array | undefined;
}

export interface SampleSession {
  readonly engine: Engine;
  readonly seed: number;
  readonly signal: AbortSignal;
  progress(fraction: number): void;
}

/** What a model has learnt about a column, or about the table, as a sentence for people. */
export interface Finding {
  readonly subject: string;
  readonly text: string;
}

/** (ε, δ)-differential privacy of a row: of a table with it and the same one without it. */
export interface PrivacyGuarantee {
  readonly epsilon: number;
  readonly delta: number;
}

/** Distributions of the cells of one column, each given the rest of its row, over bins of values. */
export interface Conditionals {
  readonly column: string;
  /** Bins; 1 where there is nothing to choose. */
  readonly width: number;
  /** Probabilities [rows, width]; each row sums to 1. */
  readonly shares: Float32Array;
  /** Bin of each row's own cell; −1 where it is missing. */
  readonly own: Int32Array;
}

/** A fitted generator: makes rows of the shape it has learnt. */
export interface FittedGenerator {
  readonly columns: readonly ColumnSchema[];
  /** `rows` synthetic rows, in chunks of at most `chunkRows`, so that memory doesn't grow with `rows`. */
  sample(rows: number, session: SampleSession, chunkRows?: number): AsyncIterable<Table>;
  /**
   * Conditional sampling: rows of all `columns`, one for each row of `known`, drawn from the model's distribution given
   * that row's cells. `known` holds any of the model's columns, by name, in any order. Its present cells come back as they
   * are; its missing ones are drawn, and never as missing again; columns that it lacks are drawn as `sample` draws them.
   * Absent where the model can't condition without rejection. Throws UserFailure INVALID_CONFIG for a value that
   * the model can't condition on, naming the column and what it knows.
   */
  complete?(known: Table, session: SampleSession, chunkRows?: number): AsyncIterable<Table>;
  /**
   * What the model expects in known cells, column by column: the distribution of the cell given the other cells of its row.
   * `rows` is as for `complete`, but that a missing cell counts as missing, not as unknown, where the model knows missing cells.
   * Absent where only drawing rows can tell.
   */
  conditionals?(rows: Table, columns: readonly string[], session: SampleSession): AsyncIterable<Conditionals>;
  /** What one row of the table may show in the model, where it was fitted with differential privacy. */
  readonly privacy?: PrivacyGuarantee | undefined;
  /** What can be told of the fit, where the model is one that people can read. */
  findings?(): readonly Finding[];
  /** A safetensors file: weights as tensors, encoders and config as JSON in its metadata. Holds no training row. */
  save(): Promise<Uint8Array>;
}

/** A model that makes data. One per file; `generators.ts` is the catalogue of them by name. */
export interface Generator<Config = unknown> {
  /** The name that a run's config gives, such as `autoregressive`. */
  readonly name: string;
  /** One sentence for users who choose among generators. */
  readonly summary: string;
  /** Every option with its range, default and meaning (`.describe`); unknown keys are refused. */
  readonly config: z.ZodType<Config>;
  /** Throws UserFailure INSUFFICIENT_DATA for a table it can't learn from. */
  fit(table: Table, config: Config, session: FitSession): Promise<FittedGenerator>;
  load(file: Uint8Array): Promise<FittedGenerator>;
}
