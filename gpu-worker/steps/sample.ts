import { join } from 'node:path';
import type { Engine } from '../compute/program.js';
import type { RowSource } from '../conditions/rejection-sampling.js';
import type { OutputFile, Session, StepProgress } from '../session.js';
import { rowsBetween } from '../tables/rows.js';
import { createTableWriter, type TableWriter } from '../tables/table-writer.js';

/** Synthetic rows that an evaluation reads. They are drawn one by one, so the first ones are a fair sample of all. */
export const MAX_ROWS_EVALUATED = 200_000;

export interface Sampled {
  readonly rows: number;
  readonly files: readonly OutputFile[];
  /** Parquet of the first `MAX_ROWS_EVALUATED` rows. */
  readonly evaluatedPath: string;
}

/** Draws rows and writes them as CSV and Parquet, in memory that doesn't grow with them. */
export async function sampleRows(
  session: Session,
  engine: Engine,
  model: RowSource,
  rows: number,
  progress: StepProgress,
): Promise<Sampled> {
  const { columns } = model;
  const csvPath = join(session.folder, 'synthetic.csv');
  const parquetPath = join(session.folder, 'synthetic.parquet');
  const evaluatedPath = rows > MAX_ROWS_EVALUATED ? join(session.folder, 'evaluated.parquet') : parquetPath;
  const writer = createTableWriter({ columns, csvPath, parquetPath });
  const first =
    rows > MAX_ROWS_EVALUATED ? createTableWriter({ columns, parquetPath: evaluatedPath }) : undefined;
  const writers: TableWriter[] = first ? [writer, first] : [writer];
  try {
    const options = { engine, seed: session.job.seed, signal: session.signal, progress };
    let written = 0;
    for await (const chunk of model.sample(rows, options)) {
      await writer.write(chunk);
      const wanted = Math.min(chunk.rows, MAX_ROWS_EVALUATED - written);
      if (first && wanted > 0) await first.write(rowsBetween(chunk, 0, wanted));
      written += chunk.rows;
      session.signal.throwIfAborted();
    }
    for (const each of writers) await each.close();
  } catch (error) {
    await Promise.allSettled(writers.map((each) => each.abort()));
    throw error;
  }
  return {
    rows,
    evaluatedPath,
    files: [
      { kind: 'SYNTHETIC_CSV', path: csvPath, fileName: 'synthetic.csv', mediaType: 'text/csv' },
      {
        kind: 'SYNTHETIC_PARQUET',
        path: parquetPath,
        fileName: 'synthetic.parquet',
        mediaType: 'application/vnd.apache.parquet',
      },
    ],
  };
}
