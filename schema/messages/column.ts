import { z } from 'zod';

/** What a column holds. Decides how it is encoded, compared and written back. */
export const ColumnKind = z.enum(['INTEGER', 'REAL', 'BOOLEAN', 'CATEGORY', 'DATETIME', 'TEXT', 'ID']);
export type ColumnKind = z.infer<typeof ColumnKind>;

/** One column of a dataset version. */
export const ColumnSchema = z.object({
  name: z.string().min(1),
  kind: ColumnKind,
  /** True when at least one cell is missing. */
  nullable: z.boolean(),
  /** REAL only: most digits after the decimal point seen (0–15), kept when synthetic values are written. */
  decimals: z.int().min(0).max(15).optional(),
  /** REAL only: every value was spelled with exactly `decimals` digits, as prices are: 12.50. */
  fixedDecimals: z.boolean().optional(),
  /** DATETIME only: `date` columns are written without a time of day. */
  precision: z.enum(['date', 'second', 'millisecond']).optional(),
  /** Values are all distinct and none is missing: the column can identify a row. */
  unique: z.boolean().default(false),
  /** BOOLEAN only: the two spellings of the file, `[false, true]`, such as `["FALSE", "TRUE"]`. */
  booleanLabels: z.tuple([z.string(), z.string()]).optional(),
  /**
   * INTEGER, REAL and DATETIME only: the least and the largest value that a cell can have, known without the data; whoever
   * learns the column takes its range from here, so that no row's own extreme is told.
   */
  bounds: z.tuple([z.number(), z.number()]).optional(),
});
export type ColumnSchema = z.infer<typeof ColumnSchema>;
