import type { ColumnSchema } from '../../schema/messages/column.js';
import { createCsvSink } from './csv-sink.js';
import { createParquetSink } from './parquet-sink.js';
import { reportShortage } from './shortage.js';
import type { Table } from './table.js';

/** One file being written, chunk after chunk. Nothing is under its final name before `close` resolves. */
export interface TableSink {
  write(chunk: Table): Promise<void>;
  close(): Promise<void>;
  /** Removes everything written so far; may follow a failed `write` or `close`. */
  abort(): Promise<void>;
}

export interface TableWriterOptions {
  readonly columns: readonly ColumnSchema[];
  readonly csvPath?: string;
  readonly parquetPath?: string;
}

export interface TableWriter {
  /** Chunks must have the writer's columns, in its order. Rejects with DISK_FULL or OUT_OF_MEMORY where that is why. */
  write(chunk: Table): Promise<void>;
  /** Finishes the files and puts them under their names; a failure leaves none behind. */
  close(): Promise<{ rows: number }>;
  /** Drops what was written. */
  abort(): Promise<void>;
}

/**
 * Writes a table as CSV, Parquet or both, in memory that doesn't grow with its rows. The same rows in any chunking give
 * the same bytes, and both files the same values.
 */
export function createTableWriter({ columns, csvPath, parquetPath }: TableWriterOptions): TableWriter {
  const sinks: TableSink[] = [];
  if (csvPath) sinks.push(createCsvSink(csvPath, columns));
  if (parquetPath) sinks.push(createParquetSink(parquetPath, columns));
  let rows = 0;

  async function abort(): Promise<void> {
    await Promise.all(sinks.map((sink) => sink.abort()));
  }

  return {
    async write(chunk) {
      const mismatch = columns.findIndex(
        (column, index) => chunk.columns[index]?.schema.name !== column.name,
      );
      if (mismatch >= 0 || chunk.columns.length !== columns.length) {
        throw new RangeError(`a chunk has other columns than the file, from position ${mismatch + 1}`);
      }
      for (const sink of sinks) await reportShortage(() => sink.write(chunk));
      rows += chunk.rows;
    },
    async close() {
      try {
        for (const sink of sinks) await reportShortage(() => sink.close());
      } catch (error) {
        await abort();
        throw error;
      }
      return { rows };
    },
    abort,
  };
}
