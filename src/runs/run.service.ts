import { RunConfig } from '../../schema/messages/run-config.js';
import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import type { Permission } from '../access/permissions.js';
import { audit } from '../audit/audit.js';
import { announce, changeOf } from '../dispatch/announce.js';
import type { Control } from '../dispatch/control.js';
import { queuePosition } from '../dispatch/queue-position.js';
import { buckets } from '../metrics/metric.store.js';
import type { Bus } from '../platform/bus.js';
import type { Database, Transaction } from '../platform/database.js';
import type { Attempt, MetricSeries, Prisma, Run, RunInput } from '../platform/prisma-client/client.js';
import { requireProject } from '../projects/project.service.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import { once } from '../server/idempotency.js';
import { readPage, type ConnectionArgs, keysetOrder, type Page } from '../server/pagination.js';
import { lineOf, literally } from '../server/text.js';
import { MAX_SEED, queueRun, type QueuedInput } from './run.queue.js';
import { requestedRun, resolveInputs, settledConfig } from './run.request.js';
import { isFinal, type RunTransition } from './run.states.js';
import { lockRun, moveRun } from './run.transitions.js';
import type { RunFilter, RunOrder, StartRunInput, UpdateRunInput } from './run.inputs.js';
import type { QueuePosition } from './run.types.js';
import { failIngest } from './run.results.js';

/** Runs as users see and steer them. What workers do with them is the dispatch's. */
export class RunService {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    private readonly control: Control,
  ) {}

  async start(request: RequestContext, input: StartRunInput): Promise<Run> {
    const context = requireTenant(request);
    const name = input.name ? lineOf(input.name, 'The name of a run', 100, ['input', 'name']) : undefined;
    const priority = within(input.priority, 0, 100, 'priority');
    const seed = within(input.seed, 0, MAX_SEED, 'seed');
    const pool = input.pool == null ? undefined : poolOf(input.pool);
    const wanted = requestedRun(input);
    const { run, change } = await this.database.withTenant(scopeOf(context), async (tx) => {
      await requireProject(context, tx, input.projectId, ['input', 'projectId']);
      await authorize(context, tx, 'run:start', input.projectId);
      const { id, repeated } = await once(
        context,
        tx,
        { operation: 'startRun', key: input.idempotencyKey, body: input },
        // A repeat answers the same even when an input has been deleted since.
        async () => {
          if (input.experimentId) await requireExperiment(context, tx, input.projectId, input.experimentId);
          const inputs = await resolveInputs(context, tx, input.projectId, wanted);
          const queued = await queueRun(context, tx, {
            projectId: input.projectId,
            experimentId: input.experimentId ?? undefined,
            config: await settledConfig(context, tx, wanted),
            inputs,
            name,
            pool,
            priority,
            seed,
          });
          return queued.id;
        },
      );
      const run = await requireRun(context, tx, id);
      return { run, change: repeated ? undefined : changeOf(run, true) };
    });
    if (change) announce(this.bus, change);
    return run;
  }

  /** A new run of the same config, seed and inputs, for one that failed or was cancelled. */
  async retry(request: RequestContext, id: string, idempotencyKey: string | null | undefined): Promise<Run> {
    const context = requireTenant(request);
    const { run, change } = await this.database.withTenant(scopeOf(context), async (tx) => {
      const failed = await this.#locked(context, tx, id, 'run:start');
      if (failed.kind === 'INGEST') {
        throw invalidState('The ingest of a file is not tried again by itself: upload the file again.');
      }
      if (failed.state !== 'FAILED' && failed.state !== 'CANCELLED') {
        throw invalidState(
          `The run is ${failed.state}; only one that is FAILED or CANCELLED can be tried again.`,
        );
      }
      const inputs = await tx.runInput.findMany({ where: { tenantId: context.tenantId, runId: id } });
      const { id: newRunId, repeated } = await once(
        context,
        tx,
        { operation: 'retryRun', key: idempotencyKey, body: { id } },
        async () => {
          const queued = await queueRun(context, tx, {
            projectId: failed.projectId,
            experimentId: failed.experimentId ?? undefined,
            config: RunConfig.parse(failed.config),
            inputs: await inputsAgain(tx, inputs),
            name: failed.name,
            pool: failed.pool,
            priority: failed.priority,
            seed: failed.seed,
            retryOfId: failed.id,
          });
          return queued.id;
        },
      );
      const run = await requireRun(context, tx, newRunId);
      return { run, change: repeated ? undefined : changeOf(run, true) };
    });
    if (change) announce(this.bus, change);
    return run;
  }

  async update(request: RequestContext, input: UpdateRunInput): Promise<Run> {
    const context = requireTenant(request);
    const name =
      input.name == null
        ? undefined
        : input.name && lineOf(input.name, 'The name of a run', 100, ['input', 'name']);
    const priority = within(input.priority, 0, 100, 'priority');
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const before = await this.#locked(context, tx, input.id, 'run:control');
      const run = await tx.run.update({ where: keyOf(context, input.id), data: { name, priority } });
      await audit(context, tx, {
        action: 'run:control',
        subjectId: run.id,
        projectId: run.projectId,
        before: { name: before.name, priority: before.priority },
        after: { name: run.name, priority: run.priority },
      });
      return run;
    });
  }

  /** Stops a run: at once when nobody works on it, else as soon as the worker has let go. */
  cancel(request: RequestContext, id: string): Promise<Run> {
    return this.#steer(request, id, {
      done: ['CANCELLED', 'CANCELLING'],
      atOnce: 'CANCEL',
      asked: 'REQUEST_CANCEL',
      directive: 'CANCEL',
      verb: 'cancelled',
    });
  }

  /** Halts a run and frees its slot; it goes on from its last checkpoint. */
  pause(request: RequestContext, id: string): Promise<Run> {
    return this.#steer(request, id, {
      done: ['PAUSED', 'PAUSING'],
      atOnce: 'PAUSE',
      asked: 'REQUEST_PAUSE',
      directive: 'PAUSE',
      verb: 'paused',
    });
  }

  async resume(request: RequestContext, id: string): Promise<Run> {
    const context = requireTenant(request);
    const { run, change } = await this.database.withTenant(scopeOf(context), async (tx) => {
      const paused = await this.#locked(context, tx, id, 'run:control');
      const moved = await moveRun(context, tx, paused, 'RESUME', { queuedAt: new Date(), notBefore: null });
      if (!moved) throw invalidState(`The run is ${paused.state}; only one that is PAUSED can be resumed.`);
      return { run: moved, change: changeOf(moved, true) };
    });
    announce(this.bus, change);
    return run;
  }

  async find(request: RequestContext, id: string): Promise<Run | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const run = await tx.run.findFirst({ where: { ...visible(context), id } });
      if (!run) return null;
      await authorize(context, tx, 'run:read', run.projectId);
      return run;
    });
  }

  async list(
    request: RequestContext,
    of: { projectId: string; experimentId?: string },
    filter: RunFilter | null,
    orderBy: RunOrder,
    args: ConnectionArgs,
  ): Promise<Page<Run>> {
    const context = requireTenant(request);
    const where: Prisma.RunWhereInput = {
      AND: [
        visible(context),
        { projectId: of.projectId, experimentId: of.experimentId },
        {
          state: filter?.states ? { in: filter.states } : undefined,
          kind: filter?.kinds ? { in: filter.kinds } : undefined,
          experimentId: filter?.experimentId ?? undefined,
          name: filter?.nameContains
            ? { contains: literally(filter.nameContains), mode: 'insensitive' }
            : undefined,
          createdAt: { gte: filter?.createdAfter ?? undefined, lt: filter?.createdBefore ?? undefined },
        },
      ],
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'run:read', of.projectId);
      return readPage(
        args,
        keysetOrder(orderBy),
        (keyset) =>
          tx.run.findMany({
            where: { AND: [where, keyset.where] },
            orderBy: keyset.orderBy,
            take: keyset.take,
          }),
        () => this.database.withTenant(scopeOf(context), (later) => later.run.count({ where })),
      );
    });
  }

  inputsOf(request: RequestContext, runIds: readonly string[]): Promise<RunInput[][]> {
    return this.#grouped(request, runIds, (tx, where) =>
      tx.runInput.findMany({ where, orderBy: [{ role: 'asc' }, { name: 'asc' }] }),
    );
  }

  attemptsOf(request: RequestContext, runIds: readonly string[]): Promise<Attempt[][]> {
    return this.#grouped(request, runIds, (tx, where) =>
      tx.attempt.findMany({ where, orderBy: { number: 'asc' } }),
    );
  }

  seriesOf(request: RequestContext, runIds: readonly string[]): Promise<MetricSeries[][]> {
    return this.#grouped(request, runIds, (tx, where) =>
      tx.metricSeries.findMany({ where, orderBy: { name: 'asc' } }),
    );
  }

  /** Where queued runs stand; null for those that aren't queued. */
  async queueOf(request: RequestContext, runs: readonly Run[]): Promise<(QueuePosition | null)[]> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const positions: (QueuePosition | null)[] = [];
      for (const run of runs) positions.push((await queuePosition(tx, run)) ?? null);
      return positions;
    });
  }

  bucketsOf(request: RequestContext, runId: string, name: string, maxPoints: number) {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), (tx) =>
      buckets(tx, context.tenantId, runId, name, maxPoints),
    );
  }

  async #steer(
    request: RequestContext,
    id: string,
    how: {
      done: readonly Run['state'][];
      atOnce: RunTransition;
      asked: RunTransition;
      directive: 'CANCEL' | 'PAUSE';
      verb: string;
    },
  ): Promise<Run> {
    const context = requireTenant(request);
    const { run, change, workerId } = await this.database.withTenant(scopeOf(context), async (tx) => {
      const locked = await this.#locked(context, tx, id, 'run:control');
      if (how.done.includes(locked.state)) return { run: locked };
      await audit(context, tx, {
        action: 'run:control',
        subjectId: id,
        projectId: locked.projectId,
        after: { asked: how.directive },
      });
      // PAUSING and CANCELLING fit both tables; only a run that no worker has may end at once.
      const idle = locked.state === 'QUEUED' || locked.state === 'PAUSED';
      const moved = await moveRun(context, tx, locked, idle ? how.atOnce : how.asked);
      if (!moved) {
        throw invalidState(
          isFinal(locked.state)
            ? `The run is ${locked.state}; it can't be ${how.verb} any more.`
            : `The run is ${locked.state}; it can't be ${how.verb} now.`,
        );
      }
      if (moved.kind === 'INGEST') await failIngest(context, tx, moved);
      const attempt = await tx.attempt.findUnique({
        where: {
          tenantId_runId_number: { tenantId: context.tenantId, runId: id, number: moved.attempt },
        },
        select: { workerId: true },
      });
      return { run: moved, change: changeOf(moved, true), workerId: attempt?.workerId };
    });
    if (change) announce(this.bus, change);
    if (workerId && !isFinal(run.state) && run.state !== 'PAUSED') {
      await this.control.push({ workerId, runId: id, attempt: run.attempt, directive: how.directive });
    }
    return run;
  }

  async #locked(context: TenantContext, tx: Transaction, id: string, permission: Permission): Promise<Run> {
    const run = await lockRun(tx, context.tenantId, id);
    const boundTo = confinedTo(context);
    if (!run || (boundTo && boundTo !== run.projectId)) throw notFound('run', id, ['input', 'id']);
    await authorize(context, tx, permission, run.projectId);
    return run;
  }

  async #grouped<T extends { runId: string }>(
    request: RequestContext,
    runIds: readonly string[],
    read: (tx: Transaction, where: { tenantId: string; runId: { in: string[] } }) => Promise<T[]>,
  ): Promise<T[][]> {
    const context = requireTenant(request);
    const rows = await this.database.withTenant(scopeOf(context), (tx) =>
      read(tx, { tenantId: context.tenantId, runId: { in: [...runIds] } }),
    );
    return runIds.map((id) => rows.filter(({ runId }) => runId === id));
  }
}

/** The same inputs; where the run that was to make one has failed, that of its last retry. */
async function inputsAgain(tx: Transaction, inputs: readonly RunInput[]): Promise<QueuedInput[]> {
  const again: QueuedInput[] = [];
  for (const { tenantId, role, name, datasetVersionId, artifactId, awaitedRunId, awaitedKind } of inputs) {
    again.push({
      role,
      name,
      datasetVersionId: datasetVersionId ?? undefined,
      artifactId: artifactId ?? undefined,
      awaitedRunId: awaitedRunId === null ? undefined : await lastRetry(tx, tenantId, awaitedRunId),
      awaitedKind: awaitedKind ?? undefined,
    });
  }
  return again;
}

async function lastRetry(tx: Transaction, tenantId: string, id: string): Promise<string> {
  const retry = await tx.run.findFirst({
    where: { tenantId, retryOfId: id },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { id: true },
  });
  return retry ? lastRetry(tx, tenantId, retry.id) : id;
}

async function requireExperiment(context: TenantContext, tx: Transaction, projectId: string, id: string) {
  const experiment = await tx.experiment.findFirst({
    where: { tenantId: context.tenantId, id, projectId },
    select: { id: true },
  });
  if (!experiment) throw notFound('experiment', id, ['input', 'experimentId']);
}

function requireRun(context: TenantContext, tx: Transaction, id: string): Promise<Run> {
  return tx.run.findUniqueOrThrow({ where: keyOf(context, id) });
}

const keyOf = (context: TenantContext, id: string) => ({ tenantId_id: { tenantId: context.tenantId, id } });

const visible = (context: TenantContext): Prisma.RunWhereInput => ({
  tenantId: context.tenantId,
  projectId: confinedTo(context),
});

function within(
  value: number | null | undefined,
  least: number,
  most: number,
  field: string,
): number | undefined {
  if (value == null) return undefined;
  if (value >= least && value <= most) return value;
  throw new UserError(UserErrorCode.INVALID_INPUT, `\`${field}\` must be between ${least} and ${most}.`, [
    'input',
    field,
  ]);
}

function poolOf(pool: string): string {
  // It becomes part of a NATS subject.
  if (/^[a-z0-9][a-z0-9-]{0,49}$/.test(pool)) return pool;
  throw new UserError(
    UserErrorCode.INVALID_INPUT,
    'A pool is named by 1–50 lower-case letters, digits and hyphens.',
    ['input', 'pool'],
  );
}

function invalidState(message: string): UserError {
  return new UserError(UserErrorCode.INVALID_STATE, message, ['input', 'id']);
}
