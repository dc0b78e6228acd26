import { types } from 'node:util';
import { UserFailure } from '../failure.js';

/** What Node (ENOSPC, EDQUOT) and DuckDB (the system's text, or its own limit on spilled data) say of a full disk. */
const DISK_FULL = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|failed to offload data block/i;

/**
 * The DISK_FULL failure (retryable) for an error that a full disk caused, from Node or DuckDB; undefined for any other
 * error. A UserFailure passes through only when it already says DISK_FULL.
 */
export function diskFullFailure(error: unknown): UserFailure | undefined {
  if (error instanceof UserFailure) return error.code === 'DISK_FULL' ? error : undefined;
  if (!types.isNativeError(error)) return undefined;
  const code = 'code' in error ? String(error.code) : '';
  if (!DISK_FULL.test(code) && !DISK_FULL.test(error.message)) return undefined;
  return new UserFailure(
    'DISK_FULL',
    "The worker's disk is full, so the table could not be stored. Free space there, then run this again.",
  );
}
