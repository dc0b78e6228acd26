import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The build leaves Python as it is, so this is the source. */
const SCRIPT = fileURLToPath(new URL('../../../bench/compute/torch_steps.py', import.meta.url));

/** The first Python that has PyTorch: the given one, or of those on PATH and in the usual place. */
export async function findTorch(given?: string): Promise<string | undefined> {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'python3'));
  const candidates = given ? [given] : new Set([...onPath, '/usr/bin/python3'].filter(existsSync));
  for (const python of candidates) {
    const has = await promisify(execFile)(python, ['-c', 'import numpy, torch']).then(
      () => true,
      () => false,
    );
    if (has) return python;
  }
  return undefined;
}

/** Whether it has a GPU to compute on. */
export async function hasCuda(python: string): Promise<boolean> {
  const check = 'import sys, torch; sys.exit(0 if torch.cuda.is_available() else 1)';
  return promisify(execFile)(python, ['-c', check]).then(
    () => true,
    () => false,
  );
}

export function torchCommand(
  python: string,
  model: string,
  device: 'cpu' | 'cuda',
  threads: number,
  tensors: string,
  details: object,
): [string, ...string[]] {
  return [python, SCRIPT, model, device, String(threads), tensors, JSON.stringify(details)];
}

export function torchEnvironment(threads: number): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  // Some machines force an old kernel on OpenBLAS by these, which would slow PyTorch down.
  delete environment['OPENBLAS_CORETYPE'];
  delete environment['OPENBLAS_L2_SIZE'];
  return {
    ...environment,
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    // By spinning, threads that wait would take the processors from those that compute.
    OMP_WAIT_POLICY: 'passive',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** Whether PyTorch multiplies matrices with a library that nobody would measure against. */
export const isSlowBlas = (device: string): boolean => device === 'reference BLAS';
