import { join } from 'node:path';
import type { Engine } from '../compute/program.js';
import type { LinkedModel } from '../generators/linked/linked-model.js';
import type { OutputFile, Session, StepProgress } from '../session.js';
import { createTableWriter } from '../tables/table-writer.js';
import type { Table } from '../tables/table.js';

export interface LinkedSample {
  readonly tables: ReadonlyMap<string, Table>;
  readonly files: readonly OutputFile[];
}

/** Draws all tables of a model, and writes each as CSV and Parquet under its name. */
export async function sampleLinked(
  session: Session,
  engine: Engine,
  model: LinkedModel,
  scale: number,
  progress: StepProgress,
): Promise<LinkedSample> {
  const tables = new Map<string, Table>();
  const files: OutputFile[] = [];
  const options = { engine, seed: session.job.seed, signal: session.signal, progress };
  for await (const { name, table } of model.sample(scale, options)) {
    const [csvPath, parquetPath] = [
      join(session.folder, `${name}.csv`),
      join(session.folder, `${name}.parquet`),
    ];
    const columns = table.columns.map(({ schema }) => schema);
    const writer = createTableWriter({ columns, csvPath, parquetPath });
    try {
      await writer.write(table);
      await writer.close();
    } catch (error) {
      await Promise.allSettled([writer.abort()]);
      throw error;
    }
    const about = { table: name, rows: table.rows, columns };
    files.push(
      { kind: 'SYNTHETIC_CSV', path: csvPath, fileName: `${name}.csv`, mediaType: 'text/csv', ...about },
      {
        kind: 'SYNTHETIC_PARQUET',
        path: parquetPath,
        fileName: `${name}.parquet`,
        mediaType: 'application/vnd.apache.parquet',
        ...about,
      },
    );
    tables.set(name, table);
  }
  return { tables, files };
}
