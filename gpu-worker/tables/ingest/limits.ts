/** What an upload may cost. Beyond a limit an ingest stops at once with LIMIT_EXCEEDED. */
export interface IngestLimits {
  readonly maxColumns: number;
  readonly maxRows: number;
  /** Bytes after gzip is taken off (Parquet: after its own compression is taken off as well). */
  readonly maxUnpackedBytes: number;
  /** Unpacked bytes a packed byte; counted from 32 MiB unpacked on, since small files may repeat one line. */
  readonly maxUnpackRatio: number;
  /** Bytes of one record of CSV, or one line of JSON. */
  readonly maxLineBytes: number;
  readonly maxNameLength: number;
  /** DuckDB's memory; what doesn't fit is spilled to the work folder. */
  readonly memoryBytes: number;
  readonly threads: number;
}

const MEBIBYTE = 1024 * 1024;

export const DEFAULT_LIMITS: IngestLimits = {
  maxColumns: 2000,
  maxRows: 200_000_000,
  maxUnpackedBytes: 20 * 1024 * MEBIBYTE,
  // Real logs pack 5 to 60 times; deflate's own ceiling is 1,032.
  maxUnpackRatio: 300,
  maxLineBytes: 8 * MEBIBYTE,
  maxNameLength: 200,
  memoryBytes: 1024 * MEBIBYTE,
  threads: 2,
};

export const RATIO_COUNTED_FROM_BYTES = 32 * MEBIBYTE;
