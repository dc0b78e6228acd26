import type { TenantContext } from '../access/context.js';
import type { AttemptRef } from '../../schema/messages/job.js';
import type { Transaction } from '../platform/database.js';
import { Prisma, type Attempt, type Run } from '../platform/prisma-client/client.js';
import { failIngest } from '../runs/run.results.js';
import { lockRun, moveRun } from '../runs/run.transitions.js';
import { backOffSeconds, decide, type Ending } from './endings.js';

/** An attempt that still holds its run, both locked until the commit. */
export interface HeldAttempt {
  run: Run;
  attempt: Attempt;
}

/**
 * Locks the run, and answers its attempt when the reference proves the right to speak for it: the run's current attempt,
 * not ended, with that lease token. Whoever comes with a stale one gets undefined, and changes nothing.
 */
export async function lockAttempt(tx: Transaction, ref: AttemptRef): Promise<HeldAttempt | undefined> {
  const run = await lockRun(tx, ref.tenantId, ref.runId);
  if (!run || run.attempt !== ref.attempt) return undefined;
  const attempt = await tx.attempt.findUnique({
    where: { tenantId_runId_number: { tenantId: ref.tenantId, runId: ref.runId, number: ref.attempt } },
  });
  if (!attempt || attempt.state === 'ENDED' || attempt.leaseToken !== ref.leaseToken) return undefined;
  return { run, attempt };
}

export const attemptKey = (attempt: Pick<Attempt, 'tenantId' | 'runId' | 'number'>) => ({
  tenantId_runId_number: { tenantId: attempt.tenantId, runId: attempt.runId, number: attempt.number },
});

/** Ends a held attempt, and moves its run to where that leads. */
export async function endAttempt(
  context: TenantContext,
  tx: Transaction,
  { run, attempt }: HeldAttempt,
  ending: Ending,
  options: { retrySeconds: number; change?: Prisma.RunUncheckedUpdateInput },
): Promise<Run> {
  await tx.attempt.update({
    where: attemptKey(attempt),
    data: {
      state: 'ENDED',
      endedAt: new Date(),
      failure: ending.type === 'FAILED' ? ending.failure : undefined,
    },
  });
  const { transition, faults, failure } = decide(run, ending);
  const wait = faults > run.faults ? backOffSeconds(faults, options.retrySeconds) : 0;
  const moved = await moveRun(context, tx, run, transition, {
    ...options.change,
    faults,
    failure: failure ?? Prisma.DbNull,
    notBefore: wait > 0 ? new Date(Date.now() + wait * 1000) : null,
    etaSeconds: null,
    message: ending.type === 'FAILED' ? ending.failure.message : undefined,
  });
  if (!moved) throw new Error(`A run in ${run.state} could not make the transition ${transition}.`);
  if (run.kind === 'INGEST') await failIngest(context, tx, moved);
  return moved;
}
