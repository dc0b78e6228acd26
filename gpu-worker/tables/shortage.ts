import { diskFullFailure } from './disk-full.js';
import { outOfMemoryFailure } from './out-of-memory.js';

/** Runs `work`; a full disk rejects with DISK_FULL, DuckDB's memory used up with OUT_OF_MEMORY, anything else as it came. */
export async function reportShortage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFullFailure(error) ?? outOfMemoryFailure(error) ?? error;
  }
}
