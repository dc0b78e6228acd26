import { z } from 'zod';
import { ColumnKind, ColumnSchema } from './column.js';

const Count = z.int().min(0);

/** A value as a CSV cell spells it, cut to 80 characters (then ending in `…`), and the rows that hold it. */
export const ValueCount = z.object({ value: z.string(), count: Count });
export type ValueCount = z.infer<typeof ValueCount>;

/** INTEGER and REAL. Moments that overflow a double are left out. */
export const NumericSummary = z.object({
  min: z.number(),
  max: z.number(),
  mean: z.number().optional(),
  /** Sample standard deviation (n − 1); left out for fewer than two values. */
  std: z.number().optional(),
  /** Interpolated linearly between neighbours; `p` in 0–1, ascending. */
  quantiles: z.array(z.object({ p: z.number(), value: z.number() })),
});
export type NumericSummary = z.infer<typeof NumericSummary>;

/** DATETIME, as ISO 8601 without zone, UTC. */
export const DateTimeSummary = z.object({
  min: z.string(),
  max: z.string(),
  quantiles: z.array(z.object({ p: z.number(), value: z.string() })),
});
export type DateTimeSummary = z.infer<typeof DateTimeSummary>;

/** CATEGORY, TEXT and ID: characters of a value. */
export const LengthSummary = z.object({ min: Count, mean: z.number(), max: Count });
export type LengthSummary = z.infer<typeof LengthSummary>;

/**
 * Equal-width bins from the smallest value to the largest; `counts[i]` values lie in [edges[i], edges[i + 1]), the last
 * bin closed. Edges of DATETIME are milliseconds since 1970.
 */
export const Histogram = z.object({
  edges: z.array(z.number()).min(2).max(31),
  counts: z.array(Count).min(1).max(30),
});
export type Histogram = z.infer<typeof Histogram>;

export const ColumnProfile = z.object({
  name: z.string(),
  kind: ColumnKind,
  /** Cells that hold a value; with `missing` they add up to the rows. */
  count: Count,
  missing: Count,
  distinct: Count,
  /** Spellings that were read as missing, other than an empty cell. */
  missingSpellings: z.array(ValueCount).default([]),
  numeric: NumericSummary.optional(),
  dateTime: DateTimeSummary.optional(),
  lengths: LengthSummary.optional(),
  /** Most frequent first, ties by value; at most 20, fewer in wide tables. */
  topValues: z.array(ValueCount).max(20),
  histogram: Histogram.optional(),
});
export type ColumnProfile = z.infer<typeof ColumnProfile>;

export const FileFormat = z.object({
  type: z.enum(['csv', 'tsv', 'jsonl', 'parquet']),
  /** CSV and TSV only: one of `,` tab `;` `|`. */
  delimiter: z.string().optional(),
  quote: z.string().optional(),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be']).default('utf-8'),
  gzip: z.boolean(),
});
export type FileFormat = z.infer<typeof FileFormat>;

/** What an ingest found in a file. Its JSON stays under 1 MiB for 2,000 columns: wide tables get less detail a column. */
export const DatasetProfile = z.object({
  rows: Count,
  /** Size of the uploaded file, as uploaded. */
  bytes: Count,
  format: FileFormat,
  columns: z.array(ColumnProfile),
  /** Columns that identify a row on their own: all values distinct, none missing. */
  keyCandidates: z.array(z.string()),
});
export type DatasetProfile = z.infer<typeof DatasetProfile>;

/** The file `profile.json` of an INGEST run: what the gateway keeps of a dataset version. */
export const IngestResult = z.object({
  v: z.literal(1),
  rows: Count,
  /** Schema of the Parquet file that the run published. */
  columns: z.array(ColumnSchema).min(1),
  profile: DatasetProfile,
  format: FileFormat,
});
export type IngestResult = z.infer<typeof IngestResult>;
