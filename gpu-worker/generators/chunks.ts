import { rowsBetween } from '../tables/rows.js';
import type { Table } from '../tables/table.js';
import type { SampleSession } from './generator.js';

/** Rows made at a time by generators that have no reason for another number. */
export const ROWS_AT_A_TIME = 8192;

/**
 * `rows` rows made `atATime` by `make`, which is given the first one's position and how many, in chunks of at most
 * `chunkRows`. What is made doesn't depend on how the reader wants it cut.
 */
export async function* inChunks(
  {
    rows,
    atATime,
    chunkRows,
  }: { readonly rows: number; readonly atATime: number; readonly chunkRows: number },
  session: SampleSession,
  make: (start: number, count: number) => Table | Promise<Table>,
): AsyncIterable<Table> {
  if (!(Number.isInteger(chunkRows) && chunkRows > 0)) throw new RangeError(`chunks of ${chunkRows} rows`);
  for (let start = 0; start < rows; start += atATime) {
    session.signal.throwIfAborted();
    const count = Math.min(atATime, rows - start);
    const table = await make(start, count);
    for (let from = 0; from < count; from += chunkRows)
      yield rowsBetween(table, from, Math.min(from + chunkRows, count));
    session.progress((start + count) / rows);
  }
}
