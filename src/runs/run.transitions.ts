import type { TenantContext } from '../access/context.js';
import { audit, type SystemAction } from '../audit/audit.js';
import type { Transaction } from '../platform/database.js';
import type { Prisma, Run, RunEventType, RunState } from '../platform/prisma-client/client.js';
import { isFinal, stateAfter, type RunTransition } from './run.states.js';

/** Locks a run's row until the commit, so that its state, its sequences and its attempt change in one order. */
export async function lockRun(tx: Transaction, tenantId: string, runId: string): Promise<Run | undefined> {
  await tx.$executeRaw`SELECT 1 FROM runs WHERE tenant_id = ${tenantId} AND id = ${runId} FOR UPDATE`;
  return (await tx.run.findUnique({ where: { tenantId_id: { tenantId, id: runId } } })) ?? undefined;
}

/**
 * Moves a locked run, with its event and (when it starts, waits or ends) its line in the audit log. Answers undefined,
 * and changes nothing, when a run in that state can't make the transition.
 */
export async function moveRun(
  context: TenantContext,
  tx: Transaction,
  run: Run,
  transition: RunTransition,
  change: Prisma.RunUncheckedUpdateInput & { message?: string } = {},
): Promise<Run | undefined> {
  const to = stateAfter(run.state, transition);
  if (!to) return undefined;
  const { message, ...data } = change;
  // Nothing goes on from the checkpoint of a run that has ended.
  if (isFinal(to) && run.checkpointKey) {
    await tx.discardedObject.create({ data: { tenantId: run.tenantId, key: run.checkpointKey } });
  }
  const moved = await tx.run.update({
    where: { tenantId_id: { tenantId: run.tenantId, id: run.id } },
    data: {
      ...data,
      state: to,
      eventSequence: { increment: 1 },
      ...(isFinal(to) ? { endedAt: new Date(), etaSeconds: null, awaits: 0, ...NO_CHECKPOINT } : {}),
    },
  });
  await tx.runEvent.create({
    data: {
      tenantId: run.tenantId,
      runId: run.id,
      sequence: moved.eventSequence,
      type: 'STATE_CHANGED',
      attempt: moved.attempt,
      state: to,
      message,
    },
  });
  const action = auditActionOf(to);
  if (action) {
    await audit(context, tx, {
      action,
      subjectId: run.id,
      projectId: run.projectId,
      before: { state: run.state },
      after: { state: to },
    });
  }
  return moved;
}

const NO_CHECKPOINT = {
  checkpointKey: null,
  checkpointBytes: null,
  checkpointSha256: null,
  checkpointAt: null,
};

/** Adds an event that isn't a change of state. Answers its sequence. */
export async function recordRunEvent(
  tx: Transaction,
  run: { tenantId: string; id: string; attempt: number },
  event: {
    type: Exclude<RunEventType, 'STATE_CHANGED'>;
    step?: string;
    progress?: number;
    etaSeconds?: number;
    artifactId?: string;
    message?: string;
  },
): Promise<number> {
  const { eventSequence } = await tx.run.update({
    where: { tenantId_id: { tenantId: run.tenantId, id: run.id } },
    data: { eventSequence: { increment: 1 } },
    select: { eventSequence: true },
  });
  await tx.runEvent.create({
    data: { tenantId: run.tenantId, runId: run.id, sequence: eventSequence, attempt: run.attempt, ...event },
  });
  return eventSequence;
}

function auditActionOf(state: RunState): SystemAction | undefined {
  switch (state) {
    case 'QUEUED':
      return 'run:queued';
    case 'RUNNING':
      return 'run:running';
    case 'PAUSED':
      return 'run:paused';
    case 'SUCCEEDED':
      return 'run:succeeded';
    case 'FAILED':
      return 'run:failed';
    case 'CANCELLED':
      return 'run:cancelled';
    case 'DISPATCHED':
    case 'PAUSING':
    case 'CANCELLING':
      return undefined;
  }
}
