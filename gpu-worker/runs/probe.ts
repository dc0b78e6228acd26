import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { ProbeConfig } from '../../schema/messages/run-config.js';
import type { Session } from '../session.js';
import type { RunResult } from './runners.js';

const TICK_MILLISECONDS = 20;

const ProbeState = z.strictObject({ points: z.int().min(0) });

/**
 * Lives for the time that its config says, and emits points at even distances in it: a sine of one turn a second. The
 * point number n is due n / pointsPerSecond after the start; a resumed attempt goes on after the last one of its
 * checkpoint.
 */
export async function probe(session: Session): Promise<RunResult> {
  const { seconds, pointsPerSecond } = session.job.config as ProbeConfig;
  const total = Math.floor(seconds * pointsPerSecond);
  await session.step('train', async (progress) => {
    const saved = await session.checkpoint();
    const resumed = saved && ProbeState.parse(JSON.parse(new TextDecoder().decode(saved)));
    let points = resumed?.points ?? 0;
    const secondsDone = pointsPerSecond > 0 ? points / pointsPerSecond : 0;
    const start = Date.now() - secondsDone * 1000;
    await session.resumable(async () => {
      for (let elapsed = secondsDone; elapsed < seconds || points < total;) {
        session.signal.throwIfAborted();
        const next = points < total ? Math.min(seconds, (points + 1) / pointsPerSecond) : seconds;
        await delay(Math.min(TICK_MILLISECONDS, Math.max(0, (next - elapsed) * 1000)));
        elapsed = (Date.now() - start) / 1000;
        const due = Math.min(total, Math.floor(elapsed * pointsPerSecond));
        for (; points < due; points += 1) {
          const at = start + ((points + 1) * 1000) / pointsPerSecond;
          session.metric('probe/value', points + 1, Math.sin(2 * Math.PI * (points / pointsPerSecond)), at);
        }
        progress(Math.min(1, elapsed / seconds), Math.max(0, seconds - elapsed));
        if (session.checkpointDue()) {
          await session.saveCheckpoint(new TextEncoder().encode(JSON.stringify({ points })));
        }
      }
    });
  });
  return { outputs: [] };
}
