import { mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnKind, ColumnSchema } from '../../schema/messages/column.js';
import type { DatasetProfile, FileFormat } from '../../schema/messages/profile.js';
import { identifier, literal, openDuckDb, type DuckDb } from './duckdb.js';
import { PARQUET_OPTIONS } from './parquet-sink.js';
import { findColumnKinds } from './ingest/column-kinds.js';
import { checkCsv } from './ingest/csv-file.js';
import { profileColumns } from './ingest/dataset-profile.js';
import { checkJsonLines } from './ingest/json-lines-file.js';
import { DEFAULT_LIMITS, type IngestLimits } from './ingest/limits.js';
import { checkParquet, damagedParquet } from './ingest/parquet-file.js';
import type { SourceTable } from './ingest/source-table.js';
import { reportShortage } from './shortage.js';
import { textChunks, type TextSource } from './ingest/text-chunks.js';
import type { TypedColumn } from './ingest/typed-column.js';
import { unpack, type Unpacked } from './ingest/unpack.js';

export type IngestStep = 'unpack' | 'check' | 'load' | 'profile' | 'write';

export interface IngestOptions {
  readonly path: string;
  /** The user's name of the file, for messages. */
  readonly fileName: string;
  /** Existing folder for the result, and for everything that the ingest needs meanwhile (up to twice the data). */
  readonly workFolder: string;
  /** The user's corrections, by column name. */
  readonly kinds?: Readonly<Record<string, ColumnKind>>;
  readonly limits?: Partial<IngestLimits>;
  readonly signal: AbortSignal;
  /** Steps come in the order of `IngestStep`, each with its own fraction, 0–1. */
  progress(step: IngestStep, fraction: number): void;
}

export interface Ingested {
  /** `dataset.parquet` in the work folder. */
  readonly parquetPath: string;
  readonly rows: number;
  readonly columns: ColumnSchema[];
  readonly profile: DatasetProfile;
  readonly format: FileFormat;
}

/**
 * Turns an uploaded file into Parquet, its columns' schema and its profile. Accepts CSV, TSV (also with `;` or `|`),
 * JSON lines and Parquet, and gzip of each; the content decides, not the name.
 *
 * Throws UserFailure INVALID_FILE, INVALID_ENCODING, LIMIT_EXCEEDED or INVALID_CONFIG (a correction that doesn't fit)
 * with file, line and column; DISK_FULL or OUT_OF_MEMORY when the
 * worker has no more; `signal.reason` when aborted. The work folder then
 * is as it was.
 */
export async function ingestFile(options: IngestOptions): Promise<Ingested> {
  const { workFolder, signal } = options;
  signal.throwIfAborted();
  return reportShortage(async () => {
    const folder = await mkdtemp(join(workFolder, 'ingest-'));
    try {
      return await ingestIn(folder, options);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function ingestIn(folder: string, options: IngestOptions): Promise<Ingested> {
  const { path, fileName: file, workFolder, signal } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const stepProgress = (step: IngestStep) => (fraction: number) =>
    options.progress(step, Math.min(1, fraction));

  const unpacked = await unpack({ path, file, folder, limits, signal, progress: stepProgress('unpack') });
  options.progress('unpack', 1);

  const database = await openDuckDb({
    file: join(folder, 'tables'),
    threads: limits.threads,
    memoryBytes: limits.memoryBytes,
    spillFolder: join(folder, 'spill'),
    readable: [unpacked.path],
    folders: [folder],
  });
  const interrupt = () => database.connection.interrupt();
  signal.addEventListener('abort', interrupt);
  try {
    const text: TextSource = { path: unpacked.path, file, signal, progress: stepProgress('check') };
    const { source, format } = await check(database, unpacked, text, limits);
    options.progress('check', 1);
    signal.throwIfAborted();

    const rows = await load(database, source, format, file);
    options.progress('load', 1);
    signal.throwIfAborted();

    const typed = await findColumnKinds({
      database,
      table: 'raw',
      source,
      file,
      kinds: options.kinds ?? {},
      progress: (fraction) => options.progress('profile', fraction * 0.4),
    });
    signal.throwIfAborted();
    const selected = typed.map(({ expression }, index) => `${expression} AS c${index}`);
    await database.connection.run(`CREATE TABLE typed AS SELECT ${selected.join(', ')} FROM raw`);
    signal.throwIfAborted();
    const profiles = await profileColumns({
      database,
      typed: 'typed',
      raw: 'raw',
      rows,
      columns: typed,
      progress: (fraction) => options.progress('profile', 0.4 + fraction * 0.6),
    });
    signal.throwIfAborted();

    const columns = profiles.map(({ missing, distinct }, index): ColumnSchema => ({
      ...typed[index]!.schema,
      nullable: missing > 0,
      unique: rows > 1 && missing === 0 && distinct === rows,
    }));
    const written = join(folder, 'dataset.parquet');
    options.progress('write', 0);
    await writeParquet(database, typed, written);
    signal.throwIfAborted();
    const parquetPath = join(workFolder, 'dataset.parquet');
    await rename(written, parquetPath);
    options.progress('write', 1);
    const profile: DatasetProfile = {
      rows,
      bytes: (await stat(path)).size,
      format,
      columns: profiles,
      keyCandidates: columns.filter(canBeKey).map((column) => column.name),
    };
    return { parquetPath, rows, columns, profile, format };
  } finally {
    signal.removeEventListener('abort', interrupt);
    database.close();
  }
}

async function check(
  database: DuckDb,
  { content, gzip, encoding }: Unpacked,
  text: TextSource,
  limits: IngestLimits,
): Promise<{ source: SourceTable; format: FileFormat }> {
  if (content === 'parquet') {
    const source = await checkParquet(database, text.path, text.file, limits);
    return { source, format: { type: 'parquet', encoding, gzip } };
  }
  if (await startsLikeJson(text)) {
    return { source: await checkJsonLines(text, limits), format: { type: 'jsonl', encoding, gzip } };
  }
  const source = await checkCsv(text, limits);
  const { delimiter } = source;
  const type = delimiter === '\t' ? 'tsv' : 'csv';
  return { source, format: { type, delimiter, quote: '"', encoding, gzip } };
}

/** Whether the first character that isn't blank opens a JSON object, or an array (which is then explained). */
async function startsLikeJson(text: TextSource): Promise<boolean> {
  for await (const chunk of textChunks({ ...text, progress: undefined })) {
    const start = /\S[^\n]*/.exec(chunk.subarray(0, 65_536).toString('utf8'))?.[0] ?? '';
    // A CSV header may begin with a bracket, but hardly with these two characters.
    return /^\{\s*("|\}|$)|^\[\s*(\{|\[|$)/.test(start);
  }
  return false;
}

async function load(
  database: DuckDb,
  source: SourceTable,
  format: FileFormat,
  file: string,
): Promise<number> {
  try {
    await database.connection.run(`CREATE TABLE raw AS SELECT * FROM ${source.sql}`);
  } catch (error) {
    throw format.type === 'parquet' ? damagedParquet(error, file) : error;
  }
  const rows = Number((await database.rows('SELECT count(*) FROM raw'))[0]?.[0]);
  if (rows !== source.rows) {
    throw new Error(
      `the check counted ${source.rows} rows, the load ${rows}: they read the file differently`,
    );
  }
  return rows;
}

async function writeParquet(database: DuckDb, typed: readonly TypedColumn[], path: string): Promise<void> {
  const selected = typed.map(({ schema }, index) => `c${index} AS ${identifier(schema.name)}`);
  await database.connection.run(
    `COPY (SELECT ${selected.join(', ')} FROM typed) TO ${literal(path)} (${PARQUET_OPTIONS})`,
  );
}

/** A measure or a long text may be distinct in every row, yet nobody refers to a row by it. */
function canBeKey({ unique, kind }: ColumnSchema): boolean {
  return unique && (kind === 'INTEGER' || kind === 'ID' || kind === 'CATEGORY' || kind === 'DATETIME');
}
