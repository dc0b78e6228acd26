import type { z } from 'zod';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { Completion } from '../../schema/messages/completion.js';
import { Explanation } from '../../schema/messages/explanation.js';
import { Failure } from '../../schema/messages/failure.js';
import type { Job } from '../../schema/messages/job.js';
import { ModelCard } from '../../schema/messages/model-card.js';
import { IngestResult } from '../../schema/messages/profile.js';
import type { Output, ReportBody } from '../../schema/messages/report.js';
import { Ranking } from '../../schema/messages/ranking.js';
import { SearchRanking } from '../../schema/messages/search-ranking.js';
import { Evaluation } from '../../schema/messages/scores.js';
import type { TenantContext } from '../access/context.js';
import { audit } from '../audit/audit.js';
import type { Transaction } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Objects } from '../platform/objects.js';
import { Prisma, type Attempt, type Run } from '../platform/prisma-client/client.js';
import { VERSION } from '../platform/version.js';
import { recordRunEvent } from './run.transitions.js';

/** Where the files of an attempt lie; whatever a report names must lie there. */
export const attemptFolder = (run: { tenantId: string; runId: string; attempt: number }): string =>
  `${run.tenantId}/runs/${run.runId}/${run.attempt}/`;

type SucceededBody = Extract<ReportBody, { type: 'succeeded' }>;

/** What the gateway keeps of the content of an artifact. */
type Content = Evaluation | Completion | Ranking | ModelCard | SearchRanking | Explanation;

/** Outputs that are known to be stored as reported, with what the gateway keeps of their content. */
export interface CheckedOutputs {
  outputs: readonly Output[];
  ingest?: IngestResult;
  /** What the small ones hold that the API shows typed, by their keys. */
  contents: ReadonlyMap<string, Content>;
  /** Of a model that was fitted: those of its rows. A preparation may have made some and dropped others. */
  columns?: ColumnSchema[];
}

/** A profile is cut to 1 MiB by the worker; columns and scores of wide tables come on top. */
const MOST_BYTES_READ = 64 * 1024 ** 2;

/**
 * Looks whether every reported output is stored with its size and sha256, and reads the small files that the gateway
 * keeps a copy of. To be awaited before the transaction. Answers a failure (ours: the attempt may be tried again) when
 * something isn't as reported; throws when the storage can't be reached.
 */
export async function checkOutputs(
  objects: Objects,
  run: Pick<Job, 'tenantId' | 'runId' | 'attempt'>,
  body: SucceededBody,
): Promise<CheckedOutputs | Failure> {
  const folder = attemptFolder(run);
  for (const output of body.outputs) {
    const head = output.key.startsWith(folder) ? await objects.head(output.key) : undefined;
    if (!head || head.bytes !== output.bytes || head.sha256 !== output.sha256) {
      return internalFailure(`The run's output ${output.fileName} is not stored as the worker reported it.`);
    }
  }
  const contents = new Map<string, Content>();
  let checked: CheckedOutputs = { outputs: body.outputs, contents };
  for (const output of body.outputs) {
    const form = formOf(output);
    if (!form) continue;
    if (output.bytes > MOST_BYTES_READ) {
      return internalFailure(`The run's output ${output.fileName} is larger than the gateway reads.`);
    }
    const parsed = form.safeParse(parseJson(await objects.read(output.key, MOST_BYTES_READ)));
    if (!parsed.success) return internalFailure(`The run's output ${output.fileName} doesn't have its form.`);
    const { content, ...rest } = parsed.data;
    if (content) contents.set(output.key, content);
    checked = { ...checked, ...rest };
  }
  return checked;
}

interface OutputContent extends Pick<CheckedOutputs, 'ingest' | 'columns'> {
  content?: Content;
}

/** Of an output whose content the gateway keeps, what that is; undefined for the others. */
function formOf({ kind, mediaType, table }: Output): z.ZodType<OutputContent> | undefined {
  switch (kind) {
    case 'PROFILE':
      return IngestResult.transform((ingest) => ({ ingest }));
    case 'SCORES':
      return Evaluation.transform((content) => ({ content }));
    case 'COMPLETION':
      return Completion.transform((content) => ({ content }));
    case 'RANKING':
      return Ranking.transform((content) => ({ content }));
    case 'SEARCH_RANKING':
      return SearchRanking.transform((content) => ({ content }));
    case 'EXPLANATION':
      return Explanation.transform((content) => ({ content }));
    case 'MODEL_CARD':
      if (mediaType !== 'application/json') return undefined;
      // Of several tables, each output names its own columns.
      return ModelCard.transform((content) => ({
        content,
        ...(table === undefined && { columns: content.data.columns }),
      }));
    case 'TABLE':
    case 'SYNTHETIC_CSV':
    case 'SYNTHETIC_PARQUET':
    case 'COMPLETED_CSV':
    case 'COMPLETED_PARQUET':
    case 'CELLS':
    case 'RECOMMENDER':
    case 'SEARCH_RANKER':
    case 'MODEL':
    case 'REPORT':
      return undefined;
  }
}

/**
 * Makes what a run has brought: a ready dataset version of an ingest, artifacts of all others, with lineage, events and
 * audit. The run is locked, and still in the state that it ended from. Answers it as it is afterwards, or a failure when
 * the results can't belong to it.
 */
export async function applyResults(
  context: TenantContext,
  tx: Transaction,
  run: Run,
  attempt: Attempt,
  checked: CheckedOutputs,
): Promise<Run | Failure> {
  const applied =
    run.kind === 'INGEST'
      ? await finishIngest(context, tx, run, checked)
      : await createArtifacts(context, tx, run, attempt, checked);
  if ('code' in applied) return applied;
  // They belong to the run now: the sweep must not take them for leftovers.
  await tx.discardedObject.deleteMany({
    where: {
      tenantId: run.tenantId,
      runId: run.id,
      attempt: attempt.number,
      key: { in: checked.outputs.map(({ key }) => key) },
    },
  });
  return applied;
}

/** Tells the dataset version that its ingest has ended without a table. Changes nothing when it is settled already. */
export async function failIngest(context: TenantContext, tx: Transaction, run: Run): Promise<void> {
  if (run.state !== 'FAILED' && run.state !== 'CANCELLED') return;
  const failure = Failure.safeParse(run.failure).data ?? CANCELLED_INGEST;
  const version = await tx.datasetVersion.findFirst({
    where: { tenantId: run.tenantId, ingestRunId: run.id, state: 'INGESTING' },
    select: { id: true },
  });
  if (!version) return;
  await tx.datasetVersion.update({
    where: { tenantId_id: { tenantId: run.tenantId, id: version.id } },
    data: { state: 'FAILED', failure },
  });
  await audit(context, tx, {
    action: 'dataset:failed',
    subjectId: version.id,
    projectId: run.projectId,
    after: { failure: failure.message },
  });
}

const CANCELLED_INGEST: Failure = {
  code: 'INVALID_FILE',
  message: 'Reading the file was cancelled. Upload it again to read it after all.',
  location: {},
};

async function finishIngest(
  context: TenantContext,
  tx: Transaction,
  run: Run,
  { outputs, ingest }: CheckedOutputs,
): Promise<Run | Failure> {
  const table = outputs.find(({ kind }) => kind === 'TABLE');
  const profile = outputs.find(({ kind }) => kind === 'PROFILE');
  if (!table || !profile || !ingest) return internalFailure('The ingest published no table or no profile.');
  const version = await tx.datasetVersion.findFirst({
    where: {
      tenantId: run.tenantId,
      ingestRunId: run.id,
      state: 'INGESTING',
      dataset: { deletedAt: null },
    },
    select: { id: true, number: true },
  });
  if (!version) {
    return { code: 'INPUT_DELETED', message: 'The dataset was deleted while it was read.', location: {} };
  }
  await tx.datasetVersion.update({
    where: { tenantId_id: { tenantId: run.tenantId, id: version.id } },
    data: {
      state: 'READY',
      readyAt: new Date(),
      tableKey: table.key,
      tableBytes: table.bytes,
      tableSha256: table.sha256,
      rows: ingest.rows,
      columns: ingest.columns,
      profile: ingest.profile,
      failure: Prisma.DbNull,
    },
  });
  // Its content is in the row.
  await tx.discardedObject.create({ data: { tenantId: run.tenantId, key: profile.key } });
  await audit(context, tx, {
    action: 'dataset:ready',
    subjectId: version.id,
    projectId: run.projectId,
    after: { number: version.number, rows: ingest.rows, columns: ingest.columns.length },
  });
  return run;
}

/** Outputs that have rows and columns. */
const TABLES: ReadonlySet<Output['kind']> = new Set([
  'SYNTHETIC_CSV',
  'SYNTHETIC_PARQUET',
  'COMPLETED_CSV',
  'COMPLETED_PARQUET',
]);

async function createArtifacts(
  context: TenantContext,
  tx: Transaction,
  run: Run,
  attempt: Attempt,
  { outputs, contents, columns: modelled }: CheckedOutputs,
): Promise<Run> {
  if (outputs.length === 0) return run;
  const inputs = await tx.runInput.findMany({
    where: { tenantId: run.tenantId, runId: run.id },
    include: { datasetVersion: { include: { dataset: true } }, artifact: true },
    orderBy: [{ role: 'asc' }, { name: 'asc' }],
  });
  const lineage: Prisma.InputJsonObject = {
    runId: run.id,
    kind: run.kind,
    config: run.config,
    seed: run.seed,
    attempt: attempt.number,
    engine: attempt.engine,
    engineVersion: attempt.engineVersion,
    device: attempt.device,
    codeVersion: VERSION,
    inputs: inputs.map(({ role, name, datasetVersion, artifact }) => ({
      role,
      ...(name !== '' && { name }),
      ...(datasetVersion && {
        datasetId: datasetVersion.datasetId,
        dataset: datasetVersion.dataset.name,
        datasetVersionId: datasetVersion.id,
        number: datasetVersion.number,
        sha256: role === 'FILE' ? datasetVersion.sha256 : datasetVersion.tableSha256,
      }),
      ...(artifact && { artifactId: artifact.id, fileName: artifact.fileName, sha256: artifact.sha256 }),
    })),
  };
  // A model remembers its columns for those who sample it; one of several tables has them in its file.
  const source = inputs.find(({ role, name }) => (role === 'TABLE' && name === '') || role === 'MODEL');
  const columns = modelled ?? source?.datasetVersion?.columns ?? source?.artifact?.columns ?? undefined;
  let eventSequence = run.eventSequence;
  for (const output of outputs) {
    const id = newId('artifact');
    const isTable = TABLES.has(output.kind);
    await tx.artifact.create({
      data: {
        tenantId: run.tenantId,
        id,
        projectId: run.projectId,
        runId: run.id,
        kind: output.kind,
        fileName: output.fileName,
        mediaType: output.mediaType,
        objectKey: output.key,
        bytes: output.bytes,
        sha256: output.sha256,
        rows: isTable ? (output.rows ?? run.rows) : undefined,
        columns:
          isTable || output.kind === 'MODEL'
            ? ((output.columns ?? columns) as Prisma.InputJsonValue)
            : undefined,
        content: contents.get(output.key),
        lineage,
      },
    });
    eventSequence = await recordRunEvent(tx, run, {
      type: 'ARTIFACT_CREATED',
      artifactId: id,
      message: output.fileName,
    });
    await audit(context, tx, {
      action: 'artifact:create',
      subjectId: id,
      projectId: run.projectId,
      after: { kind: output.kind, fileName: output.fileName, runId: run.id },
    });
  }
  return { ...run, eventSequence };
}

function internalFailure(message: string): Failure {
  return { code: 'INTERNAL', message, location: {} };
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}
