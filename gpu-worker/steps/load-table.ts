import type { JobInput } from '../../schema/messages/job.js';
import type { Session } from '../session.js';
import { Random } from '../compute/random.js';
import { readParquet, readSomeRows, type SomeRows } from '../tables/parquet-reader.js';
import type { Table } from '../tables/table.js';

/** Fetches a table of the job and reads it into memory. */
export async function loadTable(session: Session, input: JobInput): Promise<Table> {
  if (!input.columns) throw new Error(`the input ${input.role} names no columns`);
  const path = await session.fetch(input);
  const table = await readParquet(path, input.columns);
  session.signal.throwIfAborted();
  return table;
}

/** Rows that a generator learns from: more would need memory that grows with them, and teach it little more. */
export const MOST_ROWS_LEARNT = 1_000_000;

/** Fetches a table to learn from, and reads rows from all over it, at most about `MOST_ROWS_LEARNT`. */
export async function loadRowsToLearn(session: Session, input: JobInput): Promise<SomeRows> {
  if (!input.columns) throw new Error(`the input ${input.role} names no columns`);
  const path = await session.fetch(input);
  const random = Random.seeded(session.job.seed).derive('rows to learn');
  const some = await readSomeRows(path, input.columns, { most: MOST_ROWS_LEARNT, random });
  session.signal.throwIfAborted();
  return some;
}
