import { availableParallelism } from 'node:os';
import type { DuckDBDoubleVector, DuckDBVarCharVector } from '@duckdb/node-api';
import type { ColumnSchema } from '../../schema/messages/column.js';
import type { Random } from '../compute/random.js';
import { identifier, literal, MEBIBYTE, openDuckDb, type DuckDb } from './duckdb.js';
import { reportShortage } from './shortage.js';
import type { Column, Table } from './table.js';

const MEMORY_BYTES = 1024 * MEBIBYTE;

/**
 * Reads the given columns of a Parquet file that this worker wrote, in the file's row order; categories come in order
 * of first appearance. Throws OUT_OF_MEMORY or DISK_FULL where that is why, and DuckDB's error when
 * the file or a column is missing.
 */
export async function readParquet(path: string, columns: readonly ColumnSchema[]): Promise<Table> {
  const { table } = await reportShortage(() => read(path, columns, undefined));
  return table;
}

/** Rows of a file, and how many it has. */
export interface SomeRows {
  readonly table: Table;
  readonly rowsInFile: number;
}

/**
 * The same of at most about `most` rows, one drawn from each of as many equal stretches of the file, and with them the row of the
 * highest number of each identifier, so that identifiers made after these rows repeat no other's. The same seed draws the same.
 */
export function readSomeRows(
  path: string,
  columns: readonly ColumnSchema[],
  { most, random }: { readonly most: number; readonly random: Random },
): Promise<SomeRows> {
  return reportShortage(() => read(path, columns, { most, random }));
}

async function read(
  path: string,
  columns: readonly ColumnSchema[],
  some: { readonly most: number; readonly random: Random } | undefined,
): Promise<SomeRows> {
  const database = await openDuckDb({
    // Streamed results keep the file's order whatever the threads.
    threads: Math.min(2, availableParallelism()),
    memoryBytes: MEMORY_BYTES,
    spillFolder: `${path}.spill`,
    readable: [path],
  });
  try {
    const source = `read_parquet(${literal(path)})`;
    const rowsInFile = Number((await database.rows(`SELECT count(*) FROM ${source}`))[0]?.[0]);
    const picked =
      some && rowsInFile > some.most
        ? pickRows(rowsInFile, some, await highestIdentifiers(database, path, columns))
        : undefined;
    const rows = picked?.length ?? rowsInFile;
    const builders = columns.map((schema) => columnBuilder(schema, rows));
    if (columns.length === 0) return { table: { rows, columns: [] }, rowsInFile };
    const selected = columns.map((schema, index) => `${readExpression(schema)} AS c${index}`).join(', ');
    const result = await database.connection.stream(`SELECT ${selected} FROM ${source}`);
    let start = 0;
    let taken = 0;
    for (
      let chunk = await result.fetchChunk();
      chunk && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      const { rowCount } = chunk;
      let end = taken;
      while (picked && end < picked.length && picked[end]! < start + rowCount) end++;
      const rowsOfChunk = picked?.subarray(taken, end).map((row) => row - start) ?? allUpTo(rowCount);
      for (const [index, builder] of builders.entries()) {
        builder.take(
          chunk.getColumnVector(index) as DuckDBDoubleVector & DuckDBVarCharVector,
          rowsOfChunk,
          taken,
        );
      }
      start += rowCount;
      taken += rowsOfChunk.length;
    }
    return { table: { rows, columns: builders.map((builder) => builder.column) }, rowsInFile };
  } finally {
    database.close();
  }
}

const allUpTo = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, row) => row);

/** Ascending. */
function pickRows(
  rows: number,
  { most, random }: { readonly most: number; readonly random: Random },
  always: readonly number[],
): Uint32Array {
  const picked = new Set(always);
  for (let stretch = 0; stretch < most; stretch++) {
    const [low, high] = [Math.floor((stretch * rows) / most), Math.floor(((stretch + 1) * rows) / most)];
    picked.add(low + random.integer(high - low));
  }
  return Uint32Array.from(picked).sort();
}

/** The row of each identifier column whose value ends with the highest number. */
async function highestIdentifiers(
  database: DuckDb,
  path: string,
  columns: readonly ColumnSchema[],
): Promise<number[]> {
  const wanted = columns
    .filter(({ kind }) => kind === 'ID')
    .map(({ name }) => {
      const number = `TRY_CAST(regexp_extract(CAST(${identifier(name)} AS VARCHAR), '([0-9]{1,15})$', 1) AS BIGINT)`;
      return `arg_max(file_row_number, ${number})`;
    });
  if (wanted.length === 0) return [];
  const source = `read_parquet(${literal(path)}, file_row_number = true)`;
  const [found = []] = await database.rows(`SELECT ${wanted.join(', ')} FROM ${source}`);
  return found.filter((row) => row !== null).map(Number);
}

interface ColumnBuilder {
  readonly column: Column;
  /** Takes those rows of a vector, and writes them from `start` on. */
  take(vector: { getItem(index: number): number | string | null }, rows: Uint32Array, start: number): void;
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
        take(vector, rowsOfChunk, start) {
          rowsOfChunk.forEach((row, at) => (values[start + at] = vector.getItem(row) as number));
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
        take(vector, rowsOfChunk, start) {
          rowsOfChunk.forEach((row, at) => {
            const text = vector.getItem(row) as string | null;
            let code = text === null ? -1 : codeOf.get(text);
            if (code === undefined) {
              code = categories.push(text!) - 1;
              codeOf.set(text!, code);
            }
            codes[start + at] = code;
          });
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
