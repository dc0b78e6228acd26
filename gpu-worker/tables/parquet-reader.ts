import { availableParallelism } from 'node:os';
import type { DuckDBDoubleVector, DuckDBVarCharVector } from '@duckdb/node-api';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { identifier, literal, MEBIBYTE, openDuckDb } from './duckdb.js';
import { reportShortage } from './shortage.js';
import type { Column, Table } from './table.js';

const MEMORY_BYTES = 1024 * MEBIBYTE;

/**
 * Reads the given columns of a Parquet file that this worker wrote, in the file's row order; categories come in order
 * of first appearance. Throws OUT_OF_MEMORY or DISK_FULL where that is why, and DuckDB's error when
 * the file or a column is missing.
 */
export function readParquet(path: string, columns: readonly ColumnSchema[]): Promise<Table> {
  return reportShortage(() => read(path, columns));
}

async function read(path: string, columns: readonly ColumnSchema[]): Promise<Table> {
  const database = await openDuckDb({
    // Streamed results keep the file's order whatever the threads.
    threads: Math.min(2, availableParallelism()),
    memoryBytes: MEMORY_BYTES,
    spillFolder: `${path}.spill`,
    readable: [path],
  });
  try {
    const source = `read_parquet(${literal(path)})`;
    const rows = Number((await database.rows(`SELECT count(*) FROM ${source}`))[0]?.[0]);
    const builders = columns.map((schema) => columnBuilder(schema, rows));
    if (columns.length === 0) return { rows, columns: [] };
    const selected = columns.map((schema, index) => `${readExpression(schema)} AS c${index}`).join(', ');
    const result = await database.connection.stream(`SELECT ${selected} FROM ${source}`);
    let start = 0;
    for (
      let chunk = await result.fetchChunk();
      chunk && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      const { rowCount } = chunk;
      for (const [index, builder] of builders.entries()) {
        builder.take(
          chunk.getColumnVector(index) as DuckDBDoubleVector & DuckDBVarCharVector,
          start,
          rowCount,
        );
      }
      start += rowCount;
    }
    return { rows, columns: builders.map((builder) => builder.column) };
  } finally {
    database.close();
  }
}

interface ColumnBuilder {
  readonly column: Column;
  take(vector: { getItem(index: number): number | string | null }, start: number, rows: number): void;
}

function columnBuilder(schema: ColumnSchema, rows: number): ColumnBuilder {
  switch (schema.kind) {
    case 'INTEGER':
    case 'REAL':
    case 'BOOLEAN':
    case 'DATETIME': {
      const values = new Float64Array(rows);
      return {
        column: { schema, values },
        take(vector, start, count) {
          for (let row = 0; row < count; row += 1) values[start + row] = vector.getItem(row) as number;
        },
      };
    }
    case 'CATEGORY':
    case 'TEXT':
    case 'ID': {
      const codes = new Int32Array(rows);
      const categories: string[] = [];
      const codeOf = new Map<string, number>();
      return {
        column: { schema, codes, categories },
        take(vector, start, count) {
          for (let row = 0; row < count; row += 1) {
            const text = vector.getItem(row) as string | null;
            let code = text === null ? -1 : codeOf.get(text);
            if (code === undefined) {
              code = categories.push(text!) - 1;
              codeOf.set(text!, code);
            }
            codes[start + row] = code;
          }
        },
      };
    }
  }
}

/** Missing numbers come as NaN, so that no validity mask needs to be read. */
function readExpression(schema: ColumnSchema): string {
  const name = identifier(schema.name);
  switch (schema.kind) {
    case 'INTEGER':
    case 'REAL':
      return `coalesce(CAST(${name} AS DOUBLE), CAST('NaN' AS DOUBLE))`;
    case 'BOOLEAN':
      return `coalesce(CAST(CAST(${name} AS TINYINT) AS DOUBLE), CAST('NaN' AS DOUBLE))`;
    case 'DATETIME':
      return `coalesce(CAST(epoch_ms(CAST(${name} AS TIMESTAMP)) AS DOUBLE), CAST('NaN' AS DOUBLE))`;
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
      return `CAST(${name} AS VARCHAR)`;
  }
}
