import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Of 19: gets a tenth of a processor for which a process of usual priority competes, and all of an idle one. */
const NICE = 10;

/**
 * Lets the gateway, and the parent that renews leases, go first on a machine that they share with this process. On
 * Linux a priority is a thread's: those that run already (Node's own) are named one by one, later ones inherit it.
 */
export function giveWay(): void {
  for (const thread of threads()) {
    try {
      setPriority(thread, Math.max(NICE, getPriority(thread)));
    } catch {
      // The thread has ended, or the system doesn't allow it: then all compete as before.
    }
  }
}

function threads(): number[] {
  if (process.platform !== 'linux') return [process.pid];
  return readdirSync('/proc/self/task').map(Number);
}
