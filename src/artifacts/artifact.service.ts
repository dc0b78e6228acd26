import { REMEMBERED_MILLISECONDS } from '../access/authentication.js';
import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { ExpiringCache } from '../access/expiring-cache.js';
import { audit } from '../audit/audit.js';
import type { Database, Transaction } from '../platform/database.js';
import type { Objects } from '../platform/objects.js';
import type { Prisma } from '../platform/prisma-client/client.js';
import { FINAL_STATES } from '../runs/run.states.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import { readPages, type ConnectionArgs, type Keyset, keysetOrder, type Page } from '../server/pagination.js';
import { type ArtifactOrder, type ArtifactFilter, type DeleteArtifactInput } from './artifact.types.js';

/** An evaluation may have megabytes: it is read apart, by those who ask for it. */
const WITHOUT_CONTENT = { content: true } as const;
export type ArtifactRow = Prisma.ArtifactGetPayload<{ omit: typeof WITHOUT_CONTENT }>;

/** Pairs of an API key and a model. */
const REMEMBERED_MODELS = 10_000;

export const MAX_LINK_SECONDS = 86_400;

/** What runs have made. It never changes; it can be deleted. */
export class ArtifactService {
  readonly #trained = new ExpiringCache<TrainedRow>(REMEMBERED_MILLISECONDS, REMEMBERED_MODELS);

  constructor(
    private readonly database: Database,
    private readonly objects: Pick<Objects, 'signGet'>,
    /** How long a download link lives when the caller doesn't say. */
    private readonly linkSeconds: number,
  ) {}

  /**
   * A model of that kind that the caller may read, with the pool that trained it. Throws as `requireTrained` does.
   *
   * For API keys, whose scopes never change, the answer is remembered for a few seconds, as the key itself is: a shop asks for
   * recommendations all day, and a transaction for each would cost more than the ranking. What was deleted through another
   * gateway is found for so long; through this one, no longer.
   */
  trained(
    request: RequestContext,
    id: string,
    kind: TrainedKind,
    path: readonly string[],
  ): Promise<TrainedRow> {
    const context = requireTenant(request);
    const find = (): Promise<TrainedRow> =>
      this.database.withTenant(scopeOf(context), (tx) => requireTrained(context, tx, id, kind, path));
    if (context.actor.kind !== 'API_KEY') return find();
    return this.#trained.get(JSON.stringify([context.actor.apiKeyId, kind, id]), find);
  }

  async find(request: RequestContext, id: string): Promise<ArtifactRow | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const artifact = await findVisible(context, tx, id);
      if (artifact) await authorize(context, tx, 'artifact:read', artifact.projectId);
      return artifact;
    });
  }

  /** A page of each project's artifacts, in the order of the projects. */
  listOfProjects(
    request: RequestContext,
    projectIds: readonly string[],
    filter: ArtifactFilter | null,
    orderBy: ArtifactOrder,
    args: ConnectionArgs,
  ): Promise<Page<ArtifactRow>[]> {
    // One query a project: only so does the database stop at the end of the page.
    return this.#list(request, 'projectId', projectIds, filter, orderBy, args, async (tx, where, keyset) => {
      const rows: ArtifactRow[] = [];
      for (const projectId of projectIds) {
        rows.push(
          ...(await tx.artifact.findMany({
            where: { AND: [where, keyset.where, { projectId }] },
            orderBy: keyset.orderBy,
            take: keyset.take,
            omit: WITHOUT_CONTENT,
          })),
        );
      }
      return rows;
    });
  }

  /** A page of each run's artifacts, in the order of the runs. */
  listOfRuns(
    request: RequestContext,
    runIds: readonly string[],
    filter: ArtifactFilter | null,
    orderBy: ArtifactOrder,
    args: ConnectionArgs,
  ): Promise<Page<ArtifactRow>[]> {
    // One query for all: a run has a handful of artifacts.
    return this.#list(request, 'runId', runIds, filter, orderBy, args, (tx, where, keyset) =>
      tx.artifact.findMany({
        where: { AND: [where, keyset.where, { runId: { in: [...runIds] } }] },
        orderBy: keyset.orderBy,
        omit: WITHOUT_CONTENT,
      }),
    );
  }

  /** In the order of the ids; null for those that aren't there for the caller. */
  async findMany(request: RequestContext, ids: readonly string[]): Promise<(ArtifactRow | null)[]> {
    const context = requireTenant(request);
    const artifacts = await this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'artifact:read', confinedTo(context));
      return tx.artifact.findMany({
        where: { AND: [visibleTo(context), { id: { in: [...ids] } }] },
        omit: WITHOUT_CONTENT,
      });
    });
    return ids.map((id) => artifacts.find((artifact) => artifact.id === id) ?? null);
  }

  /** What SCORES, COMPLETION, RANKING, SEARCH_RANKING and EXPLANATION artifacts hold, as it was stored, in the order of their ids; null for those that can't be seen. */
  async contentsOf(request: RequestContext, ids: readonly string[]): Promise<(Prisma.JsonValue | null)[]> {
    const context = requireTenant(request);
    const artifacts = await this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'artifact:read', confinedTo(context));
      return tx.artifact.findMany({
        where: { AND: [visibleTo(context), { id: { in: [...ids] } }] },
        select: { id: true, content: true },
      });
    });
    return ids.map((id) => artifacts.find((artifact) => artifact.id === id)?.content ?? null);
  }

  /** A link to the content of an artifact that the caller was shown. Whoever has the link may read. */
  downloadUrl(artifact: ArtifactRow, expiresInSeconds: number | null | undefined): string {
    if (expiresInSeconds != null && (expiresInSeconds < 1 || expiresInSeconds > MAX_LINK_SECONDS)) {
      throw new UserError(
        UserErrorCode.INVALID_INPUT,
        `\`expiresInSeconds\` must be between 1 and ${MAX_LINK_SECONDS}.`,
        ['expiresInSeconds'],
      );
    }
    const { objectKey, fileName, mediaType } = artifact;
    return this.objects.signGet(objectKey, { fileName, mediaType }, expiresInSeconds ?? this.linkSeconds);
  }

  /** Answers the id of what is gone. The lineage of what was made from it stays. */
  async delete(request: RequestContext, { id }: DeleteArtifactInput): Promise<string> {
    const context = requireTenant(request);
    const deleted = await this.database.withTenant(scopeOf(context), async (tx) => {
      // A run that is being started on it holds a key-share lock (its input's foreign key): after this, either we see
      // that run, or it came too late and fails with INPUT_DELETED.
      await tx.$executeRaw`SELECT 1 FROM artifacts WHERE tenant_id = ${context.tenantId} AND id = ${id} FOR UPDATE`;
      const artifact = await findVisible(context, tx, id);
      if (!artifact) throw notFound('artifact', id, ['input', 'id']);
      await authorize(context, tx, 'artifact:delete', artifact.projectId);
      await requireUnused(context, tx, artifact);
      await requireNotLive(context, tx, id);
      await tx.artifact.update({
        where: { tenantId_id: { tenantId: context.tenantId, id } },
        data: { deletedAt: new Date() },
      });
      await tx.discardedObject.create({ data: { tenantId: context.tenantId, key: artifact.objectKey } });
      await audit(context, tx, {
        action: 'artifact:delete',
        subjectId: id,
        projectId: artifact.projectId,
        before: { kind: artifact.kind, fileName: artifact.fileName, runId: artifact.runId },
      });
      return id;
    });
    this.#trained.clear();
    return deleted;
  }

  async #list(
    request: RequestContext,
    owner: 'projectId' | 'runId',
    ownerIds: readonly string[],
    filter: ArtifactFilter | null,
    orderBy: ArtifactOrder,
    args: ConnectionArgs,
    read: (tx: Transaction, where: Prisma.ArtifactWhereInput, keyset: Keyset) => Promise<ArtifactRow[]>,
  ): Promise<Page<ArtifactRow>[]> {
    const context = requireTenant(request);
    const where: Prisma.ArtifactWhereInput = {
      AND: [
        visibleTo(context),
        {
          kind: filter?.kinds ? { in: filter.kinds } : undefined,
          runId: filter?.runId ?? undefined,
          createdAt: { gte: filter?.createdAfter ?? undefined, lt: filter?.createdBefore ?? undefined },
        },
      ],
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'artifact:read', confinedTo(context));
      return readPages(
        ownerIds,
        (artifact) => artifact[owner],
        args,
        keysetOrder(orderBy),
        (keyset) => read(tx, where, keyset),
        async () => {
          const counts = await this.database.withTenant(scopeOf(context), (later) =>
            later.artifact.groupBy({
              by: owner,
              where: { AND: [where, { [owner]: { in: [...ownerIds] } }] },
              _count: true,
            }),
          );
          return new Map(counts.map((row) => [row[owner], row._count]));
        },
      );
    });
  }
}

/** Which artifacts there are for the caller. */
export const visibleTo = (context: TenantContext) => ({
  tenantId: context.tenantId,
  projectId: confinedTo(context),
  deletedAt: null,
});

/** Missing, deleted, another tenant's, and outside a key's project are one and the same. */
function findVisible(context: TenantContext, tx: Transaction, id: string): Promise<ArtifactRow | null> {
  return tx.artifact.findFirst({ where: { AND: [visibleTo(context), { id }] }, omit: WITHOUT_CONTENT });
}

export const WITH_POOL = { omit: WITHOUT_CONTENT, include: { run: { select: { pool: true } } } } as const;
export type TrainedRow = Prisma.ArtifactGetPayload<typeof WITH_POOL>;

/** Runs that make models that answer requests. */
const MAKERS = { RECOMMENDER: 'RECOMMEND', SEARCH_RANKER: 'SEARCH' } as const;
type TrainedKind = keyof typeof MAKERS;

/**
 * A model of that kind that the caller may read, with the pool that trained it. Throws NOT_FOUND, and INVALID_INPUT for an
 * artifact of another kind.
 */
export async function requireTrained(
  context: TenantContext,
  tx: Transaction,
  id: string,
  kind: TrainedKind,
  path: readonly string[],
): Promise<TrainedRow> {
  const artifact = await tx.artifact.findFirst({
    where: { AND: [visibleTo(context), { id }] },
    ...WITH_POOL,
  });
  if (!artifact) throw notFound('artifact', id, path);
  await authorize(context, tx, 'artifact:read', artifact.projectId);
  if (artifact.kind === kind) return artifact;
  throw new UserError(
    UserErrorCode.INVALID_INPUT,
    `The artifact "${artifact.fileName}" is of the kind ${artifact.kind}. Give one of the kind ${kind}, which a ${MAKERS[kind]} run makes.`,
    path,
  );
}

async function requireUnused(
  context: TenantContext,
  tx: Transaction,
  { id: artifactId, runId, kind }: ArtifactRow,
): Promise<void> {
  const input = await tx.runInput.findFirst({
    where: {
      tenantId: context.tenantId,
      OR: [{ artifactId }, { artifactId: null, awaitedRunId: runId, awaitedKind: kind }],
      run: { state: { notIn: [...FINAL_STATES] } },
    },
    select: { runId: true, run: { select: { state: true } } },
    orderBy: { runId: 'asc' },
  });
  if (!input) return;
  throw new UserError(
    UserErrorCode.IN_USE,
    `The run ${input.runId} reads the artifact and is ${input.run.state}. Wait until it has ended, or cancel it.`,
    ['input', 'id'],
  );
}

async function requireNotLive(context: TenantContext, tx: Transaction, artifactId: string): Promise<void> {
  const live = await tx.modelVersion.findFirst({
    where: { tenantId: context.tenantId, artifactId, stage: 'LIVE' },
    select: { number: true, model: { select: { name: true } } },
    orderBy: { modelId: 'asc' },
  });
  if (!live) return;
  throw new UserError(
    UserErrorCode.IN_USE,
    `The artifact is version ${live.number} of the model "${live.model.name}", which is live. Promote another version first, or withdraw the model.`,
    ['input', 'id'],
  );
}
