import { actorId, type TenantContext } from '../access/context.js';
import type { Permission } from '../access/permissions.js';
import { noteProjectChange, type Transaction } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Prisma } from '../platform/prisma-client/client.js';

/** What the system itself does to a run or a dataset; people's changes are named by the permission that they need. */
export type SystemAction =
  | 'run:queued'
  | 'run:running'
  | 'run:paused'
  | 'run:succeeded'
  | 'run:failed'
  | 'run:cancelled'
  | 'dataset:ready'
  | 'dataset:failed'
  | 'artifact:create';

/** What people do to their own membership, for which there is no permission. */
export type OwnAction = 'tenant:create' | 'member:join' | 'member:leave';

export interface Change {
  action: Permission | SystemAction | OwnAction;
  subjectId: string;
  /** Set when the change belongs to a project: it then appears in `projectActivity`. */
  projectId?: string;
  before?: Prisma.InputJsonValue;
  after?: Prisma.InputJsonValue;
}

/**
 * Writes a change to the log. Call it last in a use case: for a project it takes the lock on the project's row, which
 * numbers the project's activity without gaps, and holds it until the commit; then those who follow the project hear of it.
 */
export async function audit(context: TenantContext, tx: Transaction, change: Change): Promise<void> {
  let projectSequence: number | undefined;
  if (change.projectId) {
    const project = await tx.project.update({
      where: { tenantId_id: { tenantId: context.tenantId, id: change.projectId } },
      data: { activitySequence: { increment: 1 } },
      select: { activitySequence: true },
    });
    projectSequence = project.activitySequence;
    noteProjectChange(tx, {
      tenantId: context.tenantId,
      projectId: change.projectId,
      lastSequence: projectSequence,
    });
  }
  await tx.auditEvent.create({
    data: {
      tenantId: context.tenantId,
      id: newId('auditEvent'),
      projectId: change.projectId,
      projectSequence,
      actorKind: context.actor.kind === 'ANONYMOUS' ? 'SYSTEM' : context.actor.kind,
      actorId: actorId(context.actor),
      actorRole: context.role,
      action: change.action,
      subjectId: change.subjectId,
      before: change.before,
      after: change.after,
      requestId: context.requestId,
    },
  });
}
