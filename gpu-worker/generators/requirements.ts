import { UserFailure } from '../failure.js';
import type { Table } from '../tables/table.js';

/** Throws UserFailure INSUFFICIENT_DATA for a table with fewer rows than the generator can learn from. */
export function requireRows(table: Table, least: number, generator: string): void {
  if (table.rows >= least) return;
  throw new UserFailure(
    'INSUFFICIENT_DATA',
    `The table has ${table.rows} rows; the generator "${generator}" needs at least ${least} to learn from. Add rows.`,
  );
}
