import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ingestFile } from '../../../tables/ingest.js';
import { readParquet } from '../../../tables/parquet-reader.js';
import type { Table } from '../../../tables/table.js';

/**
 * Reads a CSV, TSV or Parquet file, or gzip of one, as an ingest does, and with what it throws. `folder` is for what that needs
 * meanwhile.
 */
export async function readTextTable(path: string, folder: string, signal: AbortSignal): Promise<Table> {
  const workFolder = await mkdtemp(join(folder, 'table-'));
  try {
    const options = { path, fileName: basename(path), workFolder, signal, progress: () => {} };
    const { parquetPath, columns } = await ingestFile(options);
    return await readParquet(parquetPath, columns);
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}
