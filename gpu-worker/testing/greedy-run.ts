import { scryptSync } from 'node:crypto';
import type { ToChild } from '../child-messages.js';

/**
 * Preloaded into the processes of a worker (`NODE_OPTIONS=--import=…`): the run that `GREEDY_RUN` names then calls a
 * native function that takes 512 MB at once and doesn't return for minutes, as a library may that fills tensors.
 */
function takeMemory(message: ToChild): void {
  if (message.type !== 'start' || message.start.job.runId !== process.env['GREEDY_RUN']) return;
  // scrypt holds 128·N·r bytes, and goes over them p times.
  scryptSync('', '', 64, { N: 2 ** 19, r: 8, p: 100, maxmem: 2 ** 30 });
}

// Listens from when the process itself does: earlier, messages would be gone before it is there.
process.on('newListener', function join(event) {
  if (event !== 'message') return;
  process.off('newListener', join);
  process.on('message', takeMemory);
});
