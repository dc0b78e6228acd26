import { types } from 'node:util';
import { UserFailure } from '../failure.js';

/** DuckDB's own limit on memory. What it says of spilled data is about the disk: see `disk-full.ts`. */
const OUT_OF_MEMORY = /^Out of Memory Error/i;

/** The OUT_OF_MEMORY failure (retryable) for an error that DuckDB's limit on memory caused; undefined for any other. */
export function outOfMemoryFailure(error: unknown): UserFailure | undefined {
  if (!types.isNativeError(error) || !OUT_OF_MEMORY.test(error.message)) return undefined;
  return new UserFailure(
    'OUT_OF_MEMORY',
    'The table needs more memory than its worker may use for it. Split it into tables of fewer rows or columns.',
  );
}
