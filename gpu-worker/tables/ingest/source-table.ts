/** An uploaded file that was checked, and how DuckDB reads it as strings, in the file's order. */
export interface SourceTable {
  readonly columns: readonly SourceColumn[];
  /** Rows that the check counted; a load that finds others is our error. */
  readonly rows: number;
  /** The table as an SQL expression whose columns are named `c0`, `c1`, …, all VARCHAR, null where nothing is. */
  readonly sql: string;
  /** 1-based physical line of a 0-based row; undefined where a format has no lines. */
  lineOf(row: number): Promise<number | undefined>;
}

export interface SourceColumn {
  readonly name: string;
  /** The format itself says that the values are strings: digits in them are no numbers. */
  readonly strings: boolean;
}
