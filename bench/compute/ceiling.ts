import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EngineName } from '../../gpu-worker/compute/program.js';

const PROCESS = fileURLToPath(new URL('./ceiling-process.js', import.meta.url));

/** How fast an engine multiplies two large square matrices, in float32; products of a model hardly reach it. */
export interface Ceiling {
  /** 10⁹ floating point operations a second. */
  readonly gflops: number;
  /** Rows and columns of the matrices. */
  readonly size: number;
}

/** Measured in a process of its own. Throws an Error with the last that the process said where it can't be. */
export async function measureCeiling(engine: EngineName, threads: number): Promise<Ceiling> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, String(threads), engine]);
    // Libraries print greetings.
    const line = stdout.split('\n').find((each) => each.startsWith('{')) ?? '';
    return JSON.parse(line) as Ceiling;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(stderr.trim().split('\n').at(-1) || 'it has no matmul ceiling', { cause: error });
  }
}
