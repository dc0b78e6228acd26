import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const LOOK_AGAIN_MILLISECONDS = 20;

/** How the process was called, its arguments separated by blanks; undefined when there is none. A zombie counts as none. */
export async function commandLine(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return ps('command=', pid);
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim() || undefined;
}

/** When the process started, in words of the operating system: tells it from a later one with the same pid. */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return ps('lstart=', pid);
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The second field is the name, in brackets, and may hold blanks; the start is the 22nd (proc(5)).
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

/** True once the process is gone, false when it still runs after `milliseconds`. */
export async function isGoneWithin(pid: number, milliseconds: number): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (await commandLine(pid)) {
    if (Date.now() > end) return false;
    await pause(LOOK_AGAIN_MILLISECONDS);
  }
  return true;
}

/** False when there is no such process. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function ps(column: string, pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', column, '-p', String(pid)]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
