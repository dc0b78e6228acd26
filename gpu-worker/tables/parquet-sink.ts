import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  DOUBLE,
  DuckDBDataChunk,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBDoubleVector,
  type DuckDBVarCharVector,
} from '@duckdb/node-api';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { roundedNumber } from './cell-text.js';
import { identifier, literal, MEBIBYTE, openDuckDb, type DuckDb } from './duckdb.js';
import { isNumeric, isNumericKind, type Column, type Table } from './table.js';
import type { TableSink } from './table-writer.js';

/** Rows of a DuckDB vector. */
const VECTOR_ROWS = 2048;
const MEMORY_BYTES = 512 * MEBIBYTE;

/** Options of every Parquet file here. One thread and fixed row groups make its bytes a function of its rows. */
export const PARQUET_OPTIONS = 'FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880';

/**
 * Writes Parquet by way of a DuckDB file beside it, so that memory doesn't grow with the rows. INTEGER is INT64, REAL
 * DOUBLE, BOOLEAN BOOLEAN, DATETIME DATE or TIMESTAMP (UTC), the others strings. The file appears under `path` only on
 * `close`.
 */
export function createParquetSink(path: string, columns: readonly ColumnSchema[]): TableSink {
  const partial = `${path}.partial`;
  const staging = `${path}.staging`;
  let open: { database: DuckDb; appender: DuckDBAppender } | undefined;

  async function ready(): Promise<{ database: DuckDb; appender: DuckDBAppender }> {
    if (open) return open;
    const database = await openDuckDb({
      file: staging,
      threads: 1,
      memoryBytes: MEMORY_BYTES,
      spillFolder: `${staging}.spill`,
      readable: [],
      folders: [dirname(partial)],
    });
    const types = columns.map(
      (column, index) => `c${index} ${!isNumericKind(column.kind) ? 'VARCHAR' : 'DOUBLE'}`,
    );
    await database.connection.run(`CREATE TABLE staged (${types.join(', ')})`);
    open = { database, appender: await database.connection.createAppender('staged') };
    return open;
  }

  async function removeStaging(): Promise<void> {
    if (open) {
      try {
        // An appender that isn't closed keeps the staging file open.
        open.appender.closeSync();
      } catch {
        // It flushes first, which fails again when a write has failed; the rows are dropped anyway.
      }
      open.database.close();
    }
    open = undefined;
    await rm(staging, { force: true });
    await rm(`${staging}.wal`, { force: true });
    await rm(`${staging}.spill`, { force: true, recursive: true });
  }

  return {
    async write(table: Table) {
      const { appender } = await ready();
      for (let start = 0; start < table.rows; start += VECTOR_ROWS) {
        const rows = Math.min(VECTOR_ROWS, table.rows - start);
        const chunk = DuckDBDataChunk.create(
          columns.map((column) => (!isNumericKind(column.kind) ? VARCHAR : DOUBLE)),
          rows,
        );
        table.columns.forEach((column, index) => fillVector(chunk, index, column, start, rows));
        appender.appendDataChunk(chunk);
      }
      appender.flushSync();
    },
    async close() {
      const { database, appender } = await ready();
      appender.closeSync();
      const selected = columns.map(
        (column, index) => `${typedExpression(`c${index}`, column)} AS ${identifier(column.name)}`,
      );
      await database.connection.run(
        `COPY (SELECT ${selected.join(', ')} FROM staged) TO ${literal(partial)} (${PARQUET_OPTIONS})`,
      );
      await removeStaging();
      await rename(partial, path);
    },
    async abort() {
      await removeStaging();
      await rm(partial, { force: true });
    },
  };
}

function fillVector(
  chunk: DuckDBDataChunk,
  index: number,
  column: Column,
  start: number,
  rows: number,
): void {
  if (isNumeric(column)) {
    const vector = chunk.getColumnVector(index) as DuckDBDoubleVector;
    for (let row = 0; row < rows; row += 1) {
      const value = column.values[start + row]!;
      vector.setItem(row, Number.isNaN(value) ? null : roundedNumber(value, column.schema));
    }
    vector.flush();
  } else {
    const vector = chunk.getColumnVector(index) as DuckDBVarCharVector;
    for (let row = 0; row < rows; row += 1) {
      vector.setItem(row, column.categories[column.codes[start + row]!] ?? null);
    }
    vector.flush();
  }
}

/** The stored value of a staged one, by the column's kind. */
function typedExpression(name: string, column: ColumnSchema): string {
  switch (column.kind) {
    case 'INTEGER':
      return `CAST(${name} AS BIGINT)`;
    case 'REAL':
      return name;
    case 'BOOLEAN':
      return `${name} >= 0.5`;
    case 'DATETIME':
      return `CAST(epoch_ms(CAST(floor(${name}) AS BIGINT)) AS ${column.precision === 'date' ? 'DATE' : 'TIMESTAMP'})`;
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
      return name;
  }
}
