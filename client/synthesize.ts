import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Connection, RequestError } from './connection.js';
import { download, uploadDataset } from './files.js';
import { followRun, type RunObserver } from './follow-run.js';
import * as operations from './operations.js';

export interface SynthesizeRequest {
  projectId: string;
  file: string;
  generator: string;
  /** The generator's own options. */
  options: Record<string, number | string | boolean>;
  rows?: number;
  seed?: number;
  /** What holds in every synthetic row, as the API's `ConstraintInput`. */
  constraints?: object[];
  violations?: string;
  /** What is done to the real table first, as the API's `PreparationStepInput`. */
  preparation?: object[];
  /** Folder for synthetic.csv, synthetic.parquet, report.html, summary.json. */
  out: string;
}

/** What `summary.json` holds. Shares, not percent; seconds of wall-clock time. */
export interface Summary {
  runId: string;
  dataset: string;
  generator: string;
  rows: number;
  columns: number;
  trainSeconds: number;
  sampleSeconds: number;
  shapeError: number;
  trendError: number;
  detectionScore: number;
  metricPointsPublished: number;
  metricPointsReceived: number;
  engine: string;
  device: string;
}

export interface Synthesized {
  summary: Summary;
  scores: operations.Score[];
  /** Paths of what was fetched. */
  files: string[];
}

/** A run ended otherwise than well; the message is the platform's. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
}

/** Uploads a table, synthesizes another of its shape, and fetches what the run made. */
export async function synthesize(
  connection: Connection,
  request: SynthesizeRequest,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<Synthesized> {
  const uploaded = await uploadDataset(connection, {
    projectId: request.projectId,
    path: request.file,
    name: basename(request.file),
  });
  await finish(connection, uploaded.runId, observe('Ingest'));
  const version = await connection.request<operations.DatasetVersionColumns>(
    operations.DATASET_VERSION_COLUMNS,
    {
      id: uploaded.datasetVersionId,
    },
  );

  const started = await connection.mutate<operations.StartRun>(operations.START_RUN, {
    input: {
      projectId: request.projectId,
      seed: request.seed,
      synthesize: {
        datasetVersionId: uploaded.datasetVersionId,
        generator: request.generator,
        rows: request.rows,
        constraints: request.constraints,
        violations: request.violations,
        preparation: request.preparation,
        [request.generator]: Object.keys(request.options).length ? request.options : undefined,
      },
    },
  });
  const { run, metricPointsReceived } = await finish(connection, started.run.id, observe('Synthesize'));
  const scores = run.artifacts.nodes.find((artifact) => artifact.report)?.report?.scores ?? [];
  const summary: Summary = {
    runId: run.id,
    dataset: basename(request.file),
    generator: request.generator,
    rows: run.rows ?? 0,
    columns: version.node?.columns.length ?? 0,
    trainSeconds: secondsOf(run, 'train'),
    sampleSeconds: secondsOf(run, 'sample'),
    shapeError: scoreOf(scores, 'shapeError'),
    trendError: scoreOf(scores, 'trendError'),
    detectionScore: scoreOf(scores, 'logisticDetection'),
    metricPointsPublished: run.metricPointsPublished ?? 0,
    metricPointsReceived,
    engine: run.engine ?? '',
    device: run.device ?? '',
  };
  const kinds = ['SYNTHETIC_CSV', 'SYNTHETIC_PARQUET', 'REPORT', 'MODEL_CARD'];
  const files = await fetchArtifacts(run, kinds, request.out);
  const summaryPath = join(request.out, 'summary.json');
  await writeFile(summaryPath, `${JSON.stringify(summary, null, 2)}\n`);
  return { summary, scores, files: [...files, summaryPath] };
}

/** Downloads a run's artifacts of these kinds into a folder, which is made if need be; answers their paths. */
export async function fetchArtifacts(
  run: operations.RunResult['run'],
  kinds: readonly string[],
  out: string,
): Promise<string[]> {
  await mkdir(out, { recursive: true });
  const wanted = run.artifacts.nodes.filter(({ kind }) => kinds.includes(kind));
  await Promise.all(
    wanted.map((artifact) => download(artifact.downloadUrl, join(out, artifact.fileName), artifact)),
  );
  return wanted.map(({ fileName }) => join(out, fileName));
}

/** Follows a run to its end. Throws RunFailure unless it succeeded. */
export async function finish(
  connection: Connection,
  runId: string,
  observer: RunObserver & { close?(): void },
): Promise<{ run: operations.RunResult['run']; metricPointsReceived: number }> {
  const { metricPointsReceived } = await followRun(connection, runId, observer).finally(() =>
    observer.close?.(),
  );
  const { run } = await connection.request<operations.RunResult>(operations.RUN_RESULT, { id: runId });
  if (run.state !== 'SUCCEEDED') throw new RunFailure(failureText(run));
  return { run, metricPointsReceived };
}

function failureText(run: operations.RunResult['run']): string {
  if (!run.failure) return `The run ${run.id} is ${run.state.toLowerCase()}.`;
  const { message, location } = run.failure;
  const where = [
    location.file,
    location.line === null ? null : `line ${location.line}`,
    location.column === null ? null : `column ${location.column}`,
    location.field === null ? null : `option ${location.field}`,
  ].filter((part) => part !== null);
  return where.length ? `${message} (${where.join(', ')})` : message;
}

function secondsOf(run: operations.RunResult['run'], step: string): number {
  return run.stepTimings.find((timing) => timing.step === step)?.seconds ?? 0;
}

function scoreOf(scores: operations.Score[], name: string): number {
  const score = scores.find((candidate) => candidate.name === name);
  if (!score) throw new RequestError(`The run has no score "${name}".`, 'UNKNOWN');
  return score.value;
}
