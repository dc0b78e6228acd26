import { basename } from 'node:path';
import type { Connection } from '../connection.js';
import { uploadDataset } from '../files.js';
import type { RunObserver } from '../follow-run.js';
import * as operations from '../operations.js';
import { fetchArtifacts, finish } from '../synthesize.js';
import { UsageError } from '../with-platform.js';

export interface ExplainRequest {
  projectId: string;
  /** A recommender's artifact, or the run that trained it. */
  recommender: string;
  /** The log whose users are explained. */
  file: string;
  users?: string[];
  sampledUsers?: number;
  k?: number;
  mostEvents?: number;
  orderPairs?: number;
  treeDepth?: number;
  /** How the log is read; as for training by default. */
  events?: Record<string, string>;
  seed?: number;
  /** Folder for explanation.json and report.html. */
  out: string;
}

export type ExplanationReport = NonNullable<NonNullable<operations.Explanation['artifact']>['explanation']>;

/** Uploads a log, explains what a recommender recommends to its users, and fetches what the run made. */
export async function explainRecommender(
  connection: Connection,
  { projectId, recommender, file, seed, out, ...asked }: ExplainRequest,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<{ runId: string; explanation: ExplanationReport; files: string[] }> {
  const recommenderArtifactId = await recommenderOf(connection, recommender);
  const uploaded = await uploadDataset(connection, { projectId, path: file, name: basename(file) });
  await finish(connection, uploaded.runId, observe('Ingest'));
  const { datasetVersionId } = uploaded;
  const started = await connection.mutate<operations.StartRun>(operations.START_RUN, {
    input: { projectId, seed, explain: { recommenderArtifactId, log: { datasetVersionId }, ...asked } },
  });
  const { run } = await finish(connection, started.run.id, observe('Explain'));
  const id = run.artifacts.nodes.find(({ kind }) => kind === 'EXPLANATION')?.id;
  const { artifact } = await connection.request<operations.Explanation>(operations.EXPLANATION, { id });
  if (!artifact?.explanation) throw new Error(`The run ${run.id} has made no explanation, or it is gone.`);
  return {
    runId: run.id,
    explanation: artifact.explanation,
    files: await fetchArtifacts(run, ['EXPLANATION', 'REPORT'], out),
  };
}

/** Of a run, the recommender that it made. Throws UsageError. */
async function recommenderOf(connection: Connection, id: string): Promise<string> {
  if (!id.startsWith('run_')) return id;
  const { run } = await connection.request<{ run: operations.RunResult['run'] | null }>(
    operations.RUN_RESULT,
    {
      id,
    },
  );
  const made = run?.artifacts.nodes.find(({ kind }) => kind === 'RECOMMENDER');
  if (made) return made.id;
  throw new UsageError(
    run
      ? `The run ${id} has made no recommender. Give one of \`recommend train\`.`
      : `There is no run ${id}.`,
  );
}
