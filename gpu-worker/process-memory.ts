import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process that fills a gigabyte a second overshoots its limit by a quarter of one at most. */
const LOOK_MILLISECONDS = 250;

/**
 * Looks at the memory of a process from outside: a native library that allocates within one long call keeps the
 * process from telling anything itself. Answers how to stop. Does nothing where the system doesn't show the memory of
 * another process (other than Linux).
 */
export function watchMemory(child: ChildProcess, onMemory: (rss: number) => void): () => void {
  if (process.platform !== 'linux' || child.pid === undefined) return () => undefined;
  const { pid } = child;
  const timer = setInterval(() => {
    // After the process has ended its id may be another one's.
    if (child.exitCode !== null || child.signalCode !== null) return;
    const rss = residentBytes(pid);
    if (rss !== undefined) onMemory(rss);
  }, LOOK_MILLISECONDS);
  return () => clearInterval(timer);
}

/** Memory that a process holds; undefined when it has ended. In `statm` it would be in pages, of a size that varies. */
function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
