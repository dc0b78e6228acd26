import { setImmediate } from 'node:timers/promises';

/** Longest stretch of work, in milliseconds, between looks at the event loop. */
const BREATH_MS = 50;

/** Tells which share of a piece of work is done, and lets others work; rejects once it is to stop. */
export type Pause = (fraction: number) => Promise<void>;

/**
 * Reports progress that never falls, and lets timers and messages through when the last time was a while ago. Rejects with
 * the signal's reason.
 */
export function pausing(signal: AbortSignal, progress: (fraction: number) => void): Pause {
  let reported = 0;
  let last = performance.now();
  return async (fraction) => {
    signal.throwIfAborted();
    // Shares that a sum of parts rounds down don't fall behind the last.
    progress((reported = Math.max(reported, fraction)));
    signal.throwIfAborted();
    if (performance.now() - last < BREATH_MS) return;
    await setImmediate();
    signal.throwIfAborted();
    last = performance.now();
  };
}

/** The pause of a part of the work, which goes from one share of it to another. */
export const partOf =
  (pause: Pause, from: number, to: number): Pause =>
  (fraction) =>
    pause(from + fraction * (to - from));
