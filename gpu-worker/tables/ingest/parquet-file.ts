import { open } from 'node:fs/promises';
import { types } from 'node:util';
import type { Json } from '@duckdb/node-api';
import { identifier, literal, type DuckDb } from '../duckdb.js';
import { checkColumnNames } from './column-names.js';
import { bytesText, excerpt, fileFailure } from './file-failure.js';
import type { IngestLimits } from './limits.js';
import type { SourceTable } from './source-table.js';

/** Checks a Parquet file's frame, its flat columns and its sizes. Throws a UserFailure. */
export async function checkParquet(
  database: DuckDb,
  path: string,
  file: string,
  limits: IngestLimits,
): Promise<SourceTable> {
  await checkFrame(path, file);
  const source = `read_parquet(${literal(path)})`;
  async function query(sql: string): Promise<Json[][]> {
    try {
      return await database.rows(sql);
    } catch (error) {
      throw damagedParquet(error, file);
    }
  }
  const described = await query(`DESCRIBE SELECT * FROM ${source}`);
  const columns = described.map(([name, type]) => ({ name: String(name), type: String(type) }));
  checkColumnNames(
    columns.map((column) => column.name),
    limits,
    file,
    undefined,
  );
  for (const { name, type } of columns) {
    if (/\[|^(STRUCT|MAP|UNION|BLOB|GEOMETRY|VARIANT)/.test(type)) {
      throw fileFailure(
        'INVALID_FILE',
        { file, column: name },
        `its type is ${excerpt(type)}. Only flat values fit a table: leave the column out, or write its parts to columns of their own.`,
      );
    }
  }
  const metadata = `parquet_metadata(${literal(path)})`;
  const unpacked = Number((await query(`SELECT sum(total_uncompressed_size) FROM ${metadata}`))[0]?.[0]);
  if (unpacked > limits.maxUnpackedBytes) {
    throw fileFailure(
      'LIMIT_EXCEEDED',
      { file },
      `it unpacks to ${bytesText(unpacked)}; at most ${bytesText(limits.maxUnpackedBytes)} are accepted. Split it into several files.`,
    );
  }
  const rows = Number((await query(`SELECT count(*) FROM ${source}`))[0]?.[0]);
  if (rows === 0)
    throw fileFailure('INVALID_FILE', { file }, 'the file has no rows. Upload it with its rows.');
  if (rows > limits.maxRows) {
    throw fileFailure(
      'LIMIT_EXCEEDED',
      { file },
      `the table has more than ${limits.maxRows.toLocaleString('en')} rows, the most that is accepted. Upload a part of it.`,
    );
  }
  const selected = columns.map(({ name, type }, index) => `${asText(identifier(name), type)} AS c${index}`);
  return {
    columns: columns.map(({ name, type }) => ({ name, strings: /^(VARCHAR|ENUM|UUID|JSON)/.test(type) })),
    rows,
    sql: `(SELECT ${selected.join(', ')} FROM ${source})`,
    lineOf: () => Promise.resolve(undefined),
  };
}

/** The failure for an error of DuckDB while it reads a Parquet file whose frame is sound. */
export function damagedParquet(error: unknown, file: string): unknown {
  const text = types.isNativeError(error) ? error.message : String(error);
  // Memory, disk and cancellation aren't the file's fault.
  if (/^(Out of Memory|INTERRUPT)|No space left/i.test(text)) return error;
  return fileFailure(
    'INVALID_FILE',
    { file },
    'the Parquet file is damaged and can not be read. Write and upload it again.',
  );
}

async function checkFrame(path: string, file: string): Promise<void> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    const end = Buffer.alloc(4);
    await handle.read(end, 0, 4, Math.max(0, size - 4));
    const magic = end.toString('latin1');
    if (magic === 'PARE') {
      throw fileFailure(
        'INVALID_FILE',
        { file },
        'the Parquet file is encrypted. Write it without encryption.',
      );
    }
    if (size < 12 || magic !== 'PAR1') {
      throw fileFailure(
        'INVALID_FILE',
        { file },
        'the Parquet file has no footer: it was cut off or not finished. Write and upload it again.',
      );
    }
  } finally {
    await handle.close();
  }
}

/** A cell in the spelling that the column kinds are found by; dates and times as ISO 8601, UTC. */
function asText(name: string, type: string): string {
  if (type === 'TIMESTAMP WITH TIME ZONE') return `CAST(make_timestamp(epoch_us(${name})) AS VARCHAR)`;
  return `CAST(${name} AS VARCHAR)`;
}
