import { randomInt } from 'node:crypto';
import type { InputRole, RunConfig } from '../../schema/messages/run-config.js';
import { actorId, type TenantContext } from '../access/context.js';
import { audit } from '../audit/audit.js';
import type { Transaction } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { ArtifactKind, Prisma, Run } from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode } from '../server/errors.js';

export const DEFAULT_POOL = 'default';
export const MAX_SEED = 2 ** 31 - 1;

export interface QueuedInput {
  role: InputRole;
  /** Tells inputs of the same role apart. */
  name?: string;
  datasetVersionId?: string;
  artifactId?: string;
  /** Of an artifact that another run is to make; it may have done so meanwhile. */
  awaitedRunId?: string;
  awaitedKind?: ArtifactKind;
}

export interface NewRun {
  projectId: string;
  config: RunConfig;
  inputs: readonly QueuedInput[];
  experimentId?: string;
  name?: string;
  pool?: string;
  priority?: number;
  seed?: number;
  retryOfId?: string;
}

/**
 * Writes a run in state QUEUED, with its inputs, its first event and its line in the log: that is all that it takes to
 * be dispatched. The caller has checked rights and references; after the commit they announce it. Throws INVALID_STATE
 * in an archived project, LIMIT_EXCEEDED when the tenant's queue is full.
 */
export async function queueRun(context: TenantContext, tx: Transaction, request: NewRun): Promise<Run> {
  await requireOpenProject(context, tx, request.projectId);
  await requireRoom(context, tx);
  const run = await tx.run.create({
    data: {
      tenantId: context.tenantId,
      id: newId('run'),
      projectId: request.projectId,
      experimentId: request.experimentId,
      kind: request.config.kind,
      name: request.name ?? '',
      state: 'QUEUED',
      pool: request.pool ?? DEFAULT_POOL,
      priority: request.priority,
      config: request.config,
      awaits: request.inputs.filter(({ awaitedRunId, artifactId }) => awaitedRunId && !artifactId).length,
      seed: request.seed ?? randomInt(MAX_SEED),
      eventSequence: 1,
      retryOfId: request.retryOfId,
      createdById: actorId(context.actor) ?? 'system',
    },
  });
  if (request.inputs.length > 0) {
    await tx.runInput.createMany({
      data: request.inputs.map((input) => ({ tenantId: context.tenantId, runId: run.id, ...input })),
    });
  }
  await tx.runEvent.create({
    data: {
      tenantId: context.tenantId,
      runId: run.id,
      sequence: 1,
      type: 'STATE_CHANGED',
      attempt: 0,
      state: 'QUEUED',
    },
  });
  await audit(context, tx, {
    action: 'run:start',
    subjectId: run.id,
    projectId: run.projectId,
    after: { kind: run.kind, config: request.config as Prisma.InputJsonObject, seed: run.seed },
  });
  return run;
}

async function requireOpenProject(context: TenantContext, tx: Transaction, id: string): Promise<void> {
  const { archivedAt } = await tx.project.findUniqueOrThrow({
    where: { tenantId_id: { tenantId: context.tenantId, id } },
    select: { archivedAt: true },
  });
  if (!archivedAt) return;
  throw new UserError(
    UserErrorCode.INVALID_STATE,
    'The project is archived; bring it back to start runs in it.',
    ['input'],
  );
}

async function requireRoom(context: TenantContext, tx: Transaction): Promise<void> {
  const { maxQueuedRuns } = await tx.tenant.findUniqueOrThrow({
    where: { id: context.tenantId },
    select: { maxQueuedRuns: true },
  });
  const queued = await tx.run.count({ where: { tenantId: context.tenantId, state: 'QUEUED' } });
  if (queued < maxQueuedRuns) return;
  throw new UserError(
    UserErrorCode.LIMIT_EXCEEDED,
    `${queued} runs are queued, as many as the tenant may have. Cancel some, or wait until they are done.`,
  );
}
