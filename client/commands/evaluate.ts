import { basename } from 'node:path';
import type { Connection } from '../connection.js';
import { uploadDataset } from '../files.js';
import type { RunObserver } from '../follow-run.js';
import * as operations from '../operations.js';
import { fetchArtifacts, finish } from '../synthesize.js';

export interface EvaluateRequest {
  projectId: string;
  real: string;
  synthetic: string;
  test?: string;
  target?: string;
  /** What every row should obey, as the API's `ConstraintInput`. */
  constraints?: object[];
  /** The tables are event logs: columns by their roles (user, time, item, type, session); the others are guessed. */
  events?: Record<string, string>;
  /** Folder for report.html and scores.json. */
  out: string;
}

/** Scores a synthetic table against the real one. The real table's column kinds count for all of them. */
export async function evaluate(
  connection: Connection,
  request: EvaluateRequest,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<{ runId: string; scores: operations.Score[]; files: string[] }> {
  const real = await ingest(connection, request.projectId, request.real, observe);
  const kinds = await columnKinds(connection, real);
  const synthetic = await ingestAs(connection, request.projectId, request.synthetic, kinds, observe);
  const test = request.test
    ? await ingestAs(connection, request.projectId, request.test, kinds, observe)
    : undefined;
  const started = await connection.mutate<operations.StartRun>(operations.START_RUN, {
    input: {
      projectId: request.projectId,
      evaluate: {
        real: { datasetVersionId: real },
        synthetic: { datasetVersionId: synthetic },
        test: test ? { datasetVersionId: test } : undefined,
        target: request.target,
        constraints: request.constraints,
        events: request.events,
      },
    },
  });
  const { run } = await finish(connection, started.run.id, observe('Evaluate'));
  const scores = run.artifacts.nodes.find((artifact) => artifact.report)?.report?.scores ?? [];
  return { runId: run.id, scores, files: await fetchArtifacts(run, ['REPORT', 'SCORES'], request.out) };
}

async function ingest(
  connection: Connection,
  projectId: string,
  path: string,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<string> {
  const name = basename(path);
  const { datasetVersionId, runId } = await uploadDataset(connection, { projectId, path, name });
  await finish(connection, runId, observe(`Ingest ${name}`));
  return datasetVersionId;
}

/** Ingests, and corrects the kinds that were found otherwise than in the real table. */
async function ingestAs(
  connection: Connection,
  projectId: string,
  path: string,
  kinds: ReadonlyMap<string, string>,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<string> {
  const version = await ingest(connection, projectId, path, observe);
  const differing = [...(await columnKinds(connection, version))]
    .filter(([name, kind]) => kinds.has(name) && kinds.get(name) !== kind)
    .map(([name]) => ({ name, kind: kinds.get(name) as string }));
  if (differing.length === 0) return version;
  const corrected = await connection.mutate<operations.CorrectDatasetColumns>(
    operations.CORRECT_DATASET_COLUMNS,
    {
      input: { datasetVersionId: version, columns: differing },
    },
  );
  await finish(
    connection,
    corrected.run.id,
    observe(`Ingest ${basename(path)} again, with the kinds of the real table`),
  );
  return corrected.datasetVersion.id;
}

async function columnKinds(connection: Connection, id: string): Promise<Map<string, string>> {
  const { node } = await connection.request<operations.DatasetVersionColumns>(
    operations.DATASET_VERSION_COLUMNS,
    { id },
  );
  return new Map(node?.columns.map(({ name, kind }) => [name, kind]));
}
