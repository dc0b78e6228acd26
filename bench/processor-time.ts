import { readdir, readFile } from 'node:fs/promises';

/** Of Linux: what /proc counts in. */
const TICKS_A_SECOND = 100;

/** Processor seconds that a process and its descendants have used, by /proc; NaN where there is none. Those that have ended don't count. */
export async function processorSeconds(root: number): Promise<number> {
  try {
    const names = await readdir('/proc');
    const stats = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readStat));
    const found = new Map(stats.flatMap((stat) => (stat ? [[stat.pid, stat] as const] : [])));
    const belongs = (pid: number): boolean =>
      pid === root || (found.has(pid) && belongs(found.get(pid)!.parent));
    return (
      [...found.values()].reduce((sum, { pid, ticks }) => (belongs(pid) ? sum + ticks : sum), 0) /
      TICKS_A_SECOND
    );
  } catch {
    return NaN;
  }
}

async function readStat(pid: string): Promise<{ pid: number; parent: number; ticks: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name before may have spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { pid: Number(pid), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}
