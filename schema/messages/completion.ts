import { z } from 'zod';
import { ColumnKind } from './column.js';

const share = z.number().min(0).max(1);

/** How well hidden cells were found again by one method. */
const Found = z.object({
  /** ACCURACY: share of the cells found exactly. ERROR: mean absolute error over the column's standard deviation. */
  value: z.number().min(0),
  /** Of numbers and date-times: 1 − squared errors over those of the hidden cells' own mean; absent where those are all equal. */
  r2: z.number().max(1).optional(),
});

/** What a method finds in place of hidden cells of a column, beside two simple ones. */
export const CompletionScore = z.object({
  /** ACCURACY for categories and yes/no, where more is better; ERROR for numbers and date-times, where less is. */
  measure: z.enum(['ACCURACY', 'ERROR']),
  /** Known cells that were hidden. */
  cells: z.int().min(1),
  model: Found,
  /** The column's mean, or its most frequent value. */
  simple: Found,
  /** Mean or most frequent value of the nearest neighbours. */
  neighbours: Found,
});
export type CompletionScore = z.infer<typeof CompletionScore>;

export const CompletedColumn = z.object({
  name: z.string(),
  kind: ColumnKind,
  /** Cells that were missing. */
  missing: z.int().min(0),
  /** Of these, cells that have a value now. */
  filled: z.int().min(0),
  /** Known cells that were looked at. */
  checked: z.int().min(0),
  /** Of these, cells found doubtful. */
  doubtful: z.int().min(0),
  /** Absent where no cell of the column was hidden. */
  score: CompletionScore.optional(),
});
export type CompletedColumn = z.infer<typeof CompletedColumn>;

/** A known cell that the model finds improbable beside the rest of its row. Values as the file spells them. */
export const DoubtfulCell = z.object({
  /** 1 for the first row of data. */
  row: z.int().min(1),
  column: z.string(),
  value: z.string(),
  /** What the model would put there; absent when it has nothing to offer. */
  suggestion: z.string().optional(),
  /** Probability of all values that are at most as likely as this one. */
  probability: share,
});
export type DoubtfulCell = z.infer<typeof DoubtfulCell>;

/** Doubtful cells that the summary names; all are in the file of cells. */
export const MOST_DOUBTS_NAMED = 1000;

/** What a COMPLETE run found; the file `completion.json`. */
export const Completion = z.object({
  v: z.literal(1),
  rows: z.int().min(0),
  /** That was fitted; absent where a model was given. */
  generator: z.string().optional(),
  /** Rows in which known cells were hidden. */
  hiddenRows: z.int().min(0),
  /** Whether the model didn't learn from those rows. */
  heldOut: z.boolean(),
  /** In the table's order. */
  columns: z.array(CompletedColumn),
  /** The least probable first. */
  doubts: z.array(DoubtfulCell).max(MOST_DOUBTS_NAMED),
  /** Plain sentences: what was left out or cut, and why. */
  notes: z.array(z.string()),
});
export type Completion = z.infer<typeof Completion>;
