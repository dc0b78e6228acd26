import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { audit } from '../audit/audit.js';
import type { Database, Transaction } from '../platform/database.js';
import type { Objects } from '../platform/objects.js';
import type { Dataset, DatasetVersion, Prisma } from '../platform/prisma-client/client.js';
import { isFinal } from '../runs/run.states.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import { keysetOrder, readPage, type ConnectionArgs, type Page } from '../server/pagination.js';
import { lineOf, literally, paragraphsOf } from '../server/text.js';
import type {
  DatasetFilter,
  DatasetOrder,
  DatasetVersionFilter,
  DatasetVersionOrder,
  UpdateDatasetInput,
} from './dataset.types.js';

/** A version without what can be a megabyte: its columns and their profile (`contentsOf` reads them). */
export type VersionRow = Omit<DatasetVersion, 'columns' | 'profile'>;
export const WITHOUT_CONTENT = { columns: true, profile: true } as const;

export type VersionContent = Pick<DatasetVersion, 'columns' | 'profile'>;

/** Datasets and their versions, once they are there. Uploading and correcting them is upload.service.ts. */
export class DatasetService {
  constructor(
    private readonly database: Database,
    private readonly objects: Objects,
    /** How long a download link is good for. */
    private readonly linkSeconds: number,
  ) {}

  async find(request: RequestContext, id: string): Promise<Dataset | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const dataset = await tx.dataset.findFirst({ where: { ...visible(context), id } });
      if (!dataset) return null;
      await authorize(context, tx, 'dataset:read', dataset.projectId);
      return dataset;
    });
  }

  async findVersion(request: RequestContext, id: string): Promise<VersionRow | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const version = await tx.datasetVersion.findFirst({
        where: { tenantId: context.tenantId, id, dataset: visible(context) },
        omit: WITHOUT_CONTENT,
        include: { dataset: { select: { projectId: true } } },
      });
      if (!version) return null;
      await authorize(context, tx, 'dataset:read', version.dataset.projectId);
      return version;
    });
  }

  async list(
    request: RequestContext,
    projectId: string,
    filter: DatasetFilter | null,
    orderBy: DatasetOrder,
    args: ConnectionArgs,
  ): Promise<Page<Dataset>> {
    const context = requireTenant(request);
    const where: Prisma.DatasetWhereInput = {
      AND: [
        visible(context),
        {
          projectId,
          name: filter?.nameContains
            ? { contains: literally(filter.nameContains), mode: 'insensitive' }
            : undefined,
          kind: filter?.kinds ? { in: filter.kinds } : undefined,
          createdAt: { gte: filter?.createdAfter ?? undefined, lt: filter?.createdBefore ?? undefined },
        },
      ],
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'dataset:read', projectId);
      return readPage(
        args,
        keysetOrder(orderBy),
        (keyset) =>
          tx.dataset.findMany({
            where: { AND: [where, keyset.where] },
            orderBy: keyset.orderBy,
            take: keyset.take,
          }),
        () => this.database.withTenant(scopeOf(context), (later) => later.dataset.count({ where })),
      );
    });
  }

  /** Versions of a dataset that the caller has been shown. */
  async versions(
    request: RequestContext,
    datasetId: string,
    filter: DatasetVersionFilter | null,
    orderBy: DatasetVersionOrder,
    args: ConnectionArgs,
  ): Promise<Page<VersionRow>> {
    const context = requireTenant(request);
    const where: Prisma.DatasetVersionWhereInput = {
      tenantId: context.tenantId,
      datasetId,
      state: filter?.states ? { in: filter.states } : undefined,
    };
    return this.database.withTenant(scopeOf(context), (tx) =>
      readPage(
        args,
        keysetOrder(orderBy),
        (keyset) =>
          tx.datasetVersion.findMany({
            where: { AND: [where, keyset.where] },
            orderBy: keyset.orderBy,
            take: keyset.take,
            omit: WITHOUT_CONTENT,
          }),
        () => this.database.withTenant(scopeOf(context), (later) => later.datasetVersion.count({ where })),
      ),
    );
  }

  /** The newest version of each that runs can read; null where there is none. */
  async latestOf(request: RequestContext, datasetIds: readonly string[]): Promise<(VersionRow | null)[]> {
    const context = requireTenant(request);
    const latest = await this.database.withTenant(scopeOf(context), (tx) =>
      tx.datasetVersion.findMany({
        where: { tenantId: context.tenantId, datasetId: { in: [...datasetIds] }, state: 'READY' },
        orderBy: [{ datasetId: 'asc' }, { number: 'desc' }],
        distinct: ['datasetId'],
        omit: WITHOUT_CONTENT,
      }),
    );
    const byDataset = new Map(latest.map((version) => [version.datasetId, version]));
    return datasetIds.map((id) => byDataset.get(id) ?? null);
  }

  /** Datasets of versions that the caller has been shown, in the order of their ids. */
  async byIds(request: RequestContext, ids: readonly string[]): Promise<(Dataset | null)[]> {
    const context = requireTenant(request);
    const datasets = await this.database.withTenant(scopeOf(context), (tx) =>
      tx.dataset.findMany({ where: { ...visible(context), id: { in: [...ids] } } }),
    );
    const byId = new Map(datasets.map((dataset) => [dataset.id, dataset]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async contentsOf(request: RequestContext, versionIds: readonly string[]): Promise<VersionContent[]> {
    const context = requireTenant(request);
    const contents = await this.database.withTenant(scopeOf(context), (tx) =>
      tx.datasetVersion.findMany({
        where: { tenantId: context.tenantId, id: { in: [...versionIds] } },
        select: { id: true, columns: true, profile: true },
      }),
    );
    const byId = new Map(contents.map((content) => [content.id, content]));
    return versionIds.map((id) => byId.get(id) ?? { columns: null, profile: null });
  }

  async update(request: RequestContext, input: UpdateDatasetInput): Promise<Dataset> {
    const context = requireTenant(request);
    const name = input.name == null ? undefined : datasetName(input.name);
    const description =
      input.description == null
        ? undefined
        : paragraphsOf(input.description, 'A description', 5_000, ['input', 'description']);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const before = await lockDataset(context, tx, input.id, ['input', 'id']);
      await authorize(context, tx, 'dataset:update', before.projectId);
      const dataset = await tx.dataset.update({
        where: keyOf(context, input.id),
        data: { name, description },
      });
      await audit(context, tx, {
        action: 'dataset:update',
        subjectId: dataset.id,
        projectId: dataset.projectId,
        before: { name: before.name, description: before.description },
        after: { name: dataset.name, description: dataset.description },
      });
      return dataset;
    });
  }

  /**
   * Deletes a dataset with all versions and their files. Throws IN_USE while a run that hasn't ended reads one of them;
   * a run that was queued in the same moment fails with INPUT_DELETED.
   */
  async delete(request: RequestContext, id: string): Promise<string> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const dataset = await lockDataset(context, tx, id, ['input', 'id']);
      await authorize(context, tx, 'dataset:delete', dataset.projectId);
      await requireUnused(context, tx, dataset);
      const versions = await tx.datasetVersion.findMany({
        where: { tenantId: context.tenantId, datasetId: id },
        select: { objectKey: true, tableKey: true, uploadExpiresAt: true },
      });
      const keys = new Set(versions.flatMap(({ objectKey, tableKey }) => [objectKey, tableKey ?? []].flat()));
      await tx.discardedObject.createMany({
        data: [...keys].map((key) => ({ tenantId: context.tenantId, key })),
      });
      // A link that is still good could bring the file again: look once more when it has ended.
      const linked = versions.filter(({ uploadExpiresAt }) => uploadExpiresAt > new Date());
      await tx.discardedObject.createMany({
        data: linked.map(({ objectKey, uploadExpiresAt }) => ({
          tenantId: context.tenantId,
          key: objectKey,
          createdAt: uploadExpiresAt,
        })),
      });
      await tx.dataset.update({ where: keyOf(context, id), data: { deletedAt: new Date() } });
      await audit(context, tx, {
        action: 'dataset:delete',
        subjectId: id,
        projectId: dataset.projectId,
        before: { name: dataset.name, versions: versions.length },
      });
      return id;
    });
  }

  /** A link to the uploaded file; null when it isn't there (yet, or any more). */
  fileLink(version: VersionRow): string | null {
    if (version.state === 'AWAITING_UPLOAD' || version.sha256 === null) return null;
    return this.objects.signGet(
      version.objectKey,
      { fileName: version.fileName, mediaType: 'application/octet-stream' },
      this.linkSeconds,
    );
  }

  /** A link to the table as Parquet, once it is READY. */
  tableLink(version: VersionRow): string | null {
    if (version.tableKey === null) return null;
    const fileName = `${version.fileName.replace(/(\.[A-Za-z]{2,8}){1,2}$/, '')}.parquet`;
    return this.objects.signGet(
      version.tableKey,
      { fileName, mediaType: 'application/vnd.apache.parquet' },
      this.linkSeconds,
    );
  }
}

export const datasetName = (text: string): string => lineOf(text, 'A name', 100, ['input', 'name']);

/** Missing, deleted, another tenant's, and outside a key's project are one and the same. */
export async function lockDataset(
  context: TenantContext,
  tx: Transaction,
  id: string,
  path: readonly string[],
): Promise<Dataset> {
  await tx.$executeRaw`SELECT 1 FROM datasets WHERE tenant_id = ${context.tenantId} AND id = ${id} FOR UPDATE`;
  const dataset = await tx.dataset.findFirst({ where: { ...visible(context), id } });
  if (!dataset) throw notFound('dataset', id, path);
  return dataset;
}

export const visible = (context: TenantContext) => ({
  tenantId: context.tenantId,
  projectId: confinedTo(context),
  deletedAt: null,
});

async function requireUnused(context: TenantContext, tx: Transaction, dataset: Dataset): Promise<void> {
  const users = await tx.run.findMany({
    where: {
      tenantId: context.tenantId,
      inputs: { some: { datasetVersion: { datasetId: dataset.id } } },
      endedAt: null,
    },
    select: { id: true, state: true },
    take: 6,
  });
  const running = users.filter(({ state }) => !isFinal(state)).map(({ id }) => id);
  if (running.length === 0) return;
  const named = `${running.slice(0, 5).join(', ')}${running.length > 5 ? ' and others' : ''}`;
  throw new UserError(
    UserErrorCode.IN_USE,
    `Runs that haven't ended read this dataset: ${named}. Cancel them, or wait until they are done.`,
    ['input', 'id'],
  );
}

const keyOf = (context: TenantContext, id: string) => ({ tenantId_id: { tenantId: context.tenantId, id } });
