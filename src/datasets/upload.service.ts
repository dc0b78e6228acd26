import { z } from 'zod';
import { ColumnKind, ColumnSchema } from '../../schema/messages/column.js';
import { authorize, requireTenant } from '../access/authorize.js';
import { actorId, scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { audit } from '../audit/audit.js';
import { announce, changeOf, type RunChange } from '../dispatch/announce.js';
import type { Bus } from '../platform/bus.js';
import type { Database, Transaction } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { ObjectHead, Objects } from '../platform/objects.js';
import type { Dataset, Run } from '../platform/prisma-client/client.js';
import { storageUse } from '../quotas/storage.js';
import { queueRun } from '../runs/run.queue.js';
import { requireProject } from '../projects/project.service.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import { once } from '../server/idempotency.js';
import { lineOf } from '../server/text.js';
import { datasetName, lockDataset, visible, WITHOUT_CONTENT, type VersionRow } from './dataset.service.js';
import type {
  CompleteDatasetUploadInput,
  CorrectDatasetColumnsInput,
  CreateDatasetUploadInput,
  Upload,
} from './dataset.types.js';

export interface UploadLimits {
  maxUploadBytes: number;
  /** How long a link to upload to is good for. */
  linkSeconds: number;
}

export interface UploadStart {
  dataset: Dataset;
  datasetVersion: VersionRow;
  upload: Upload | null;
}

export interface IngestStart {
  datasetVersion: VersionRow;
  run: Run;
}

/** Sending must begin while the link is good; a large file over a slow line then has this long to arrive. */
const TRANSFER_SECONDS = 6 * 3600;
const MEDIA_TYPE = 'application/octet-stream';

/** How files come in: declared, sent to a signed link, completed, ingested; and how column kinds are corrected. */
export class UploadService {
  constructor(
    private readonly database: Database,
    private readonly objects: Objects,
    private readonly bus: Bus,
    private readonly limits: UploadLimits,
  ) {}

  async create(request: RequestContext, input: CreateDatasetUploadInput): Promise<UploadStart> {
    const context = requireTenant(request);
    const file = this.#checkedFile(input);
    const started = await this.database.withTenant(scopeOf(context), async (tx) => {
      await requireOpenProject(context, tx, input.projectId);
      await authorize(context, tx, 'dataset:create', input.projectId);
      const { id } = await once(
        context,
        tx,
        { operation: 'createDatasetUpload', key: input.idempotencyKey, body: input },
        async () => {
          await requireSpace(context, tx, file.bytes);
          const dataset = input.datasetId
            ? await this.#existing(context, tx, input, input.datasetId)
            : await createDataset(context, tx, input, file.fileName);
          return this.#addVersion(context, tx, dataset, file);
        },
      );
      return versionWithDataset(context, tx, id);
    });
    const { dataset, ...datasetVersion } = started;
    const upload = datasetVersion.state === 'AWAITING_UPLOAD' ? this.#upload(datasetVersion) : null;
    return { dataset, datasetVersion, upload };
  }

  /** Takes a file that was sent, and queues its ingest. Done again with the same hash, it answers the same. */
  async complete(request: RequestContext, input: CompleteDatasetUploadInput): Promise<IngestStart> {
    const context = requireTenant(request);
    const { datasetVersionId: id } = input;
    const sha256 = checkedSha256(input.sha256);
    const objectKey = await this.database.withTenant(scopeOf(context), async (tx) => {
      const version = await requireVersion(context, tx, id);
      await authorize(context, tx, 'dataset:create', version.dataset.projectId);
      return version.objectKey;
    });
    const head = await this.objects.head(objectKey);
    const { result, change } = await this.database.withTenant(scopeOf(context), async (tx) => {
      const { datasetId } = await requireVersion(context, tx, id);
      const dataset = await lockDataset(context, tx, datasetId, ['input', 'datasetVersionId']);
      await authorize(context, tx, 'dataset:create', dataset.projectId);
      let queued: Run | undefined;
      await once(
        context,
        tx,
        { operation: 'completeDatasetUpload', key: input.idempotencyKey, body: input },
        async () => {
          // The sweep may be about to expire the upload, and to discard the file.
          await tx.$executeRaw`SELECT 1 FROM dataset_versions WHERE tenant_id = ${context.tenantId} AND id = ${id} FOR UPDATE`;
          const version = await requireVersion(context, tx, id);
          if (!isCompleted(version, sha256)) {
            requireUploaded(version, head, sha256);
            queued = await this.#ingest(context, tx, version, dataset.projectId, sha256);
          }
          return id;
        },
      );
      return this.#started(context, tx, id, queued);
    });
    if (change) announce(this.bus, change);
    return result;
  }

  /** A new version of the same file, whose ingest reads some columns as the user says. */
  async correct(request: RequestContext, input: CorrectDatasetColumnsInput): Promise<IngestStart> {
    const context = requireTenant(request);
    const { result, change } = await this.database.withTenant(scopeOf(context), async (tx) => {
      const { datasetId } = await requireVersion(context, tx, input.datasetVersionId);
      const dataset = await lockDataset(context, tx, datasetId, ['input', 'datasetVersionId']);
      await authorize(context, tx, 'dataset:update', dataset.projectId);
      let queued: Run | undefined;
      const { id } = await once(
        context,
        tx,
        { operation: 'correctDatasetColumns', key: input.idempotencyKey, body: input },
        async () => {
          const source = await tx.datasetVersion.findUniqueOrThrow({
            where: keyOf(context, input.datasetVersionId),
          });
          if (source.state !== 'READY' || source.sha256 === null) {
            throw new UserError(
              UserErrorCode.INVALID_STATE,
              `The version is ${source.state}; its columns can be corrected once it is READY.`,
              ['input', 'datasetVersionId'],
            );
          }
          const corrections = checkedCorrections(input.columns, z.array(ColumnSchema).parse(source.columns));
          const before = z.record(z.string(), ColumnKind).parse(source.columnKinds);
          const newVersionId = newId('datasetVersion');
          const version = await tx.datasetVersion.create({
            data: {
              tenantId: context.tenantId,
              id: newVersionId,
              datasetId,
              number: await nextNumber(context, tx, datasetId),
              state: 'INGESTING',
              fileName: source.fileName,
              bytes: source.bytes,
              sha256: source.sha256,
              objectKey: source.objectKey,
              uploadExpiresAt: source.uploadExpiresAt,
              correctsId: source.id,
              columnKinds: { ...before, ...corrections },
              createdById: actorId(context.actor) ?? 'system',
            },
          });
          await touch(context, tx, datasetId);
          queued = await this.#ingest(context, tx, version, dataset.projectId, source.sha256);
          await audit(context, tx, {
            action: 'dataset:update',
            subjectId: newVersionId,
            projectId: dataset.projectId,
            after: { datasetId, number: version.number, corrects: source.id, columnKinds: corrections },
          });
          return newVersionId;
        },
      );
      return this.#started(context, tx, id, queued);
    });
    if (change) announce(this.bus, change);
    return result;
  }

  #checkedFile(input: CreateDatasetUploadInput): CheckedFile {
    const path = ['input', 'fileName'];
    const fileName = lineOf(input.fileName, "A file's name", 255, path);
    if (/[/\\]/.test(fileName)) {
      throw invalid("Give the file's name without its folder.", path);
    }
    if (input.bytes === 0) {
      throw invalid('The file is empty. Upload one with a header line and rows.', ['input', 'bytes']);
    }
    if (input.bytes > this.limits.maxUploadBytes) {
      throw new UserError(
        UserErrorCode.LIMIT_EXCEEDED,
        `The file has ${input.bytes} bytes; an upload may have ${this.limits.maxUploadBytes}. Pack it with gzip, or split it.`,
        ['input', 'bytes'],
      );
    }
    return {
      fileName,
      bytes: input.bytes,
      sha256: input.sha256 == null ? undefined : checkedSha256(input.sha256),
    };
  }

  async #existing(
    context: TenantContext,
    tx: Transaction,
    input: CreateDatasetUploadInput,
    datasetId: string,
  ): Promise<Dataset> {
    const path = ['input', 'datasetId'];
    const dataset = await lockDataset(context, tx, datasetId, path);
    if (dataset.projectId !== input.projectId) throw notFound('dataset', datasetId, path);
    if (input.name != null && datasetName(input.name) !== dataset.name) {
      throw invalid('A new version keeps the name of its dataset; `updateDataset` changes it.', [
        'input',
        'name',
      ]);
    }
    if (input.kind != null && input.kind !== dataset.kind) {
      throw invalid(`The dataset is of the kind ${dataset.kind}, and so are its versions.`, [
        'input',
        'kind',
      ]);
    }
    await touch(context, tx, datasetId);
    return dataset;
  }

  async #addVersion(
    context: TenantContext,
    tx: Transaction,
    dataset: Dataset,
    file: CheckedFile,
  ): Promise<string> {
    const id = newId('datasetVersion');
    const number = await nextNumber(context, tx, dataset.id);
    await tx.datasetVersion.create({
      data: {
        tenantId: context.tenantId,
        id,
        datasetId: dataset.id,
        number,
        state: 'AWAITING_UPLOAD',
        fileName: file.fileName,
        bytes: file.bytes,
        sha256: file.sha256,
        objectKey: `${context.tenantId}/datasets/${id}/upload`,
        uploadExpiresAt: new Date(Date.now() + (this.limits.linkSeconds + TRANSFER_SECONDS) * 1000),
        createdById: actorId(context.actor) ?? 'system',
      },
    });
    await audit(context, tx, {
      action: 'dataset:create',
      subjectId: dataset.id,
      projectId: dataset.projectId,
      after: {
        name: dataset.name,
        kind: dataset.kind,
        versionId: id,
        number,
        fileName: file.fileName,
        bytes: file.bytes,
      },
    });
    return id;
  }

  #upload(version: VersionRow): Upload {
    const { objectKey, bytes, sha256, uploadExpiresAt } = version;
    const lastStart = uploadExpiresAt.getTime() - TRANSFER_SECONDS * 1000;
    const seconds = Math.max(0, (lastStart - Date.now()) / 1000);
    return {
      url: this.objects.signPut(
        objectKey,
        { bytes: Number(bytes), sha256: sha256 ?? undefined, mediaType: MEDIA_TYPE },
        seconds,
      ),
      method: 'PUT',
      headers: [{ name: 'content-type', value: MEDIA_TYPE }],
      expiresAt: new Date(lastStart),
    };
  }

  async #ingest(
    context: TenantContext,
    tx: Transaction,
    version: Pick<VersionRow, 'id' | 'fileName' | 'columnKinds'>,
    projectId: string,
    sha256: string,
  ): Promise<Run> {
    const columnKinds = z.record(z.string(), ColumnKind).parse(version.columnKinds);
    const run = await queueRun(context, tx, {
      projectId,
      name: lineOf(`Read ${version.fileName}`.slice(0, 100), 'A name', 100, []),
      config: { kind: 'INGEST', fileName: version.fileName, columnKinds },
      inputs: [{ role: 'FILE', datasetVersionId: version.id }],
    });
    await tx.datasetVersion.update({
      where: keyOf(context, version.id),
      data: { state: 'INGESTING', sha256, ingestRunId: run.id },
    });
    return run;
  }

  async #started(
    context: TenantContext,
    tx: Transaction,
    versionId: string,
    queued: Run | undefined,
  ): Promise<{ result: IngestStart; change: RunChange | undefined }> {
    const datasetVersion = await tx.datasetVersion.findUniqueOrThrow({
      where: keyOf(context, versionId),
      omit: WITHOUT_CONTENT,
    });
    if (!datasetVersion.ingestRunId) throw new Error(`The version ${versionId} was completed without a run.`);
    const run =
      queued ?? (await tx.run.findUniqueOrThrow({ where: keyOf(context, datasetVersion.ingestRunId) }));
    return {
      result: { datasetVersion, run },
      change: queued && changeOf(queued, true),
    };
  }
}

interface CheckedFile {
  fileName: string;
  bytes: number;
  sha256: string | undefined;
}

const keyOf = (context: TenantContext, id: string) => ({ tenantId_id: { tenantId: context.tenantId, id } });

function checkedSha256(text: string): string {
  const sha256 = text.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw invalid('A SHA-256 has 64 hexadecimal digits; `sha256sum FILE` prints it.', ['input', 'sha256']);
}

/** Column name → kind. Throws for columns that aren't there, or are named twice. */
function checkedCorrections(
  columns: CorrectDatasetColumnsInput['columns'],
  known: readonly ColumnSchema[],
): Record<string, ColumnKind> {
  const path = ['input', 'columns'];
  if (columns.length === 0) throw invalid('Name at least one column.', path);
  const names = new Set(known.map(({ name }) => name));
  const corrections = new Map<string, ColumnKind>();
  for (const [index, { name, kind }] of columns.entries()) {
    const at = [...path, String(index), 'name'];
    if (!names.has(name)) throw invalid(`The file has no column "${name.slice(0, 100)}".`, at);
    if (corrections.has(name)) throw invalid(`The column "${name}" is named twice.`, at);
    corrections.set(name, kind);
  }
  return Object.fromEntries(corrections);
}

async function createDataset(
  context: TenantContext,
  tx: Transaction,
  input: CreateDatasetUploadInput,
  fileName: string,
): Promise<Dataset> {
  return tx.dataset.create({
    data: {
      tenantId: context.tenantId,
      id: newId('dataset'),
      projectId: input.projectId,
      name: datasetName(input.name ?? fileName.slice(0, 100)),
      kind: input.kind ?? 'TABLE',
      createdById: actorId(context.actor) ?? 'system',
    },
  });
}

async function nextNumber(context: TenantContext, tx: Transaction, datasetId: string): Promise<number> {
  const { _max } = await tx.datasetVersion.aggregate({
    where: { tenantId: context.tenantId, datasetId },
    _max: { number: true },
  });
  return (_max.number ?? 0) + 1;
}

async function touch(context: TenantContext, tx: Transaction, datasetId: string): Promise<void> {
  await tx.dataset.update({ where: keyOf(context, datasetId), data: { updatedAt: new Date() } });
}

async function requireOpenProject(context: TenantContext, tx: Transaction, id: string): Promise<void> {
  const path = ['input', 'projectId'];
  const { archivedAt } = await requireProject(context, tx, id, path);
  if (!archivedAt) return;
  throw new UserError(
    UserErrorCode.INVALID_STATE,
    'The project is archived; bring it back to upload to it.',
    path,
  );
}

async function requireVersion(context: TenantContext, tx: Transaction, id: string) {
  const version = await tx.datasetVersion.findFirst({
    where: { tenantId: context.tenantId, id, dataset: visible(context) },
    omit: WITHOUT_CONTENT,
    include: { dataset: { select: { projectId: true } } },
  });
  if (!version) throw notFound('dataset version', id, ['input', 'datasetVersionId']);
  return version;
}

function versionWithDataset(context: TenantContext, tx: Transaction, id: string) {
  return tx.datasetVersion.findUniqueOrThrow({
    where: keyOf(context, id),
    omit: WITHOUT_CONTENT,
    include: { dataset: true },
  });
}

async function requireSpace(context: TenantContext, tx: Transaction, bytes: number): Promise<void> {
  const { used, most } = await storageUse(tx, context.tenantId);
  if (used + BigInt(bytes) <= most) return;
  throw new UserError(
    UserErrorCode.LIMIT_EXCEEDED,
    `The tenant uses ${used} of its ${most} bytes; ${bytes} more don't fit. Delete datasets or artifacts first.`,
    ['input', 'bytes'],
  );
}

/** True when the same was completed before. Throws for a version that can't be completed any more. */
function isCompleted(version: VersionRow, sha256: string): boolean {
  if (version.state === 'AWAITING_UPLOAD') return false;
  const path = ['input', 'datasetVersionId'];
  if (version.ingestRunId === null) {
    throw new UserError(
      UserErrorCode.EXPIRED,
      'The upload was not completed in time. Create a new one with `createDatasetUpload`.',
      path,
    );
  }
  if (version.sha256 === sha256) return true;
  throw new UserError(
    UserErrorCode.INVALID_STATE,
    `The upload was completed before, with the SHA-256 ${version.sha256}.`,
    path,
  );
}

function requireUploaded(version: VersionRow, head: ObjectHead | undefined, sha256: string): void {
  if (!head) {
    throw new UserError(
      UserErrorCode.UPLOAD_MISMATCH,
      'The file has not arrived. Send it to `upload.url` first.',
      ['input', 'datasetVersionId'],
    );
  }
  if (head.sha256 !== sha256 || head.bytes !== Number(version.bytes)) {
    throw new UserError(
      UserErrorCode.UPLOAD_MISMATCH,
      `The file that arrived has the SHA-256 ${head.sha256} and ${head.bytes} bytes, not ${sha256} and ${version.bytes}. Create a new upload and send it again.`,
      ['input', 'sha256'],
    );
  }
}

function invalid(message: string, path: readonly string[]): UserError {
  return new UserError(UserErrorCode.INVALID_INPUT, message, path);
}
