import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import type { Failure } from '../../schema/messages/failure.js';
import type { Job, JobInput } from '../../schema/messages/job.js';
import { RunConfig } from '../../schema/messages/run-config.js';
import { learntFrom } from '../artifacts/learnt-from.js';
import type { Config } from '../config.js';
import type { Transaction } from '../platform/database.js';
import type { Objects } from '../platform/objects.js';
import type { Prisma } from '../platform/prisma-client/client.js';
import type { HeldAttempt } from './attempts.js';

/** Largest sum of one attempt's outputs. */
export const MAX_OUTPUT_BYTES = 16 * 1024 ** 3;
const PARQUET = 'application/vnd.apache.parquet';

type InputRow = Prisma.RunInputGetPayload<{
  include: { datasetVersion: { include: { dataset: true } }; artifact: true };
}>;

export interface JobSource {
  objects: Objects;
  config: Pick<Config, 'signedUrlSeconds' | 'leaseSeconds' | 'checkpointSeconds'>;
}

/** All that a worker needs for the attempt, or the failure that the run can't be done any more. */
export async function buildJob(
  tx: Transaction,
  { run, attempt }: HeldAttempt,
  { objects, config }: JobSource,
): Promise<Job | Failure> {
  const where = { tenantId: run.tenantId, runId: run.id };
  const rows = await tx.runInput.findMany({
    where,
    include: { datasetVersion: { include: { dataset: true } }, artifact: true },
    orderBy: [{ role: 'asc' }, { name: 'asc' }],
  });
  const series = await tx.metricSeries.findMany({ where, select: { name: true, lastStep: true } });
  const runConfig = RunConfig.safeParse(run.config);
  if (!runConfig.success) {
    const issue = runConfig.error.issues[0];
    return {
      code: 'INVALID_CONFIG',
      message: `The run's config is not valid: ${issue?.message ?? 'unknown'}`,
      location: { field: issue?.path.join('.') },
    };
  }
  const sign = (key: string, fileName: string, mediaType: string) =>
    objects.signGet(key, { fileName, mediaType }, config.signedUrlSeconds);
  const inputs: JobInput[] = [];
  for (const row of rows) {
    const input = row.datasetVersion ? datasetInput(row, sign) : artifactInput(row, sign);
    if ('code' in input) return input;
    const source = row.role === 'SYNTHETIC' && row.artifact ? await learntFrom(tx, row.artifact) : undefined;
    inputs.push({
      ...input,
      ...(row.name !== '' && { name: row.name }),
      ...(source && { learntFrom: source }),
    });
  }
  return {
    tenantId: run.tenantId,
    runId: run.id,
    attempt: attempt.number,
    leaseToken: attempt.leaseToken,
    config: runConfig.data,
    seed: run.seed,
    inputs,
    ...(run.checkpointKey && {
      checkpoint: {
        url: sign(run.checkpointKey, 'checkpoint', 'application/octet-stream'),
        bytes: Number(run.checkpointBytes),
        sha256: run.checkpointSha256 ?? '',
      },
    }),
    checkpointSeconds: config.checkpointSeconds,
    lastMetricSteps: Object.fromEntries(series.map(({ name, lastStep }) => [name, lastStep])),
    lease: { seconds: config.leaseSeconds },
    maxOutputBytes: MAX_OUTPUT_BYTES,
  };
}

type Sign = (key: string, fileName: string, mediaType: string) => string;

function datasetInput({ role, datasetVersion: version }: InputRow, sign: Sign): JobInput | Failure {
  if (!version) throw new Error('an input without a source');
  const label = `${version.dataset.name} v${version.number}`;
  if (version.dataset.deletedAt) return deleted(`The dataset "${version.dataset.name}"`);
  if (role === 'FILE') {
    if (!version.sha256)
      throw new Error(`The version ${version.id} is ingested before its upload is complete.`);
    return {
      role,
      label,
      fileName: version.fileName,
      url: sign(version.objectKey, version.fileName, 'application/octet-stream'),
      bytes: Number(version.bytes),
      sha256: version.sha256,
    };
  }
  if (!version.tableKey || !version.tableSha256) {
    return { code: 'INPUT_DELETED', message: `The dataset version ${label} is not ready.`, location: {} };
  }
  return {
    role,
    label,
    fileName: 'table.parquet',
    url: sign(version.tableKey, 'table.parquet', PARQUET),
    bytes: Number(version.tableBytes),
    sha256: version.tableSha256,
    columns: columnsOf(version.columns),
  };
}

function artifactInput({ role, artifact }: InputRow, sign: Sign): JobInput | Failure {
  if (!artifact) throw new Error('an input without a source');
  if (artifact.deletedAt) return deleted(`The artifact "${artifact.fileName}"`);
  return {
    role,
    label: artifact.fileName,
    fileName: artifact.fileName,
    url: sign(artifact.objectKey, artifact.fileName, artifact.mediaType),
    bytes: Number(artifact.bytes),
    sha256: artifact.sha256,
    ...(artifact.columns !== null && { columns: columnsOf(artifact.columns) }),
  };
}

const columnsOf = (json: Prisma.JsonValue) => z.array(ColumnSchema).parse(json);

function deleted(what: string): Failure {
  return {
    code: 'INPUT_DELETED',
    message: `${what} was deleted before the run could read it. Start a run on another input.`,
    location: {},
  };
}
