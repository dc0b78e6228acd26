import type { JobInput } from '../../schema/messages/job.js';
import type { Session } from '../session.js';
import { readParquet } from '../tables/parquet-reader.js';
import type { Table } from '../tables/table.js';

/** Fetches a table of the job and reads it into memory. */
export async function loadTable(session: Session, input: JobInput): Promise<Table> {
  if (!input.columns) throw new Error(`the input ${input.role} names no columns`);
  const path = await session.fetch(input);
  const table = await readParquet(path, input.columns);
  session.signal.throwIfAborted();
  return table;
}
