import { basename } from 'node:path';
import type { Connection } from '../connection.js';
import { uploadDataset } from '../files.js';
import type { RunObserver } from '../follow-run.js';
import * as operations from '../operations.js';
import { fetchArtifacts, finish } from '../synthesize.js';

export interface CompleteRequest {
  projectId: string;
  file: string;
  /** The generator to fit; the platform's default when not given. */
  generator?: string;
  /** The generator's own options. */
  options: Record<string, number | string | boolean>;
  /** Columns to fill; all with missing cells when not given. */
  columns?: string[];
  /** Below which probability a known cell is doubtful; 0: none is. */
  doubt?: number;
  drawings?: number;
  /** Share of known cells hidden for the scores. */
  hide?: number;
  seed?: number;
  /** Folder for completed.csv, completed.parquet, cells.csv, completion.json, report.html. */
  out: string;
}

export type CompletionReport = NonNullable<operations.Completion['artifact']>['completion'];

/** Uploads a table, fills its missing cells, and fetches what the run made. */
export async function complete(
  connection: Connection,
  request: CompleteRequest,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<{ runId: string; completion: CompletionReport; files: string[] }> {
  const { projectId, file, generator, options, columns, doubt, drawings, hide, seed, out } = request;
  const name = basename(file);
  const uploaded = await uploadDataset(connection, { projectId, path: file, name });
  await finish(connection, uploaded.runId, observe('Ingest'));
  const started = await connection.mutate<operations.StartRun>(operations.START_RUN, {
    input: {
      projectId,
      seed,
      complete: {
        datasetVersionId: uploaded.datasetVersionId,
        ...{ generator, columns, doubt, drawings },
        hiddenShare: hide,
        ...(Object.keys(options).length > 0 && { [generator ?? 'autoregressive']: options }),
      },
    },
  });
  const { run } = await finish(connection, started.run.id, observe('Complete'));
  const summary = run.artifacts.nodes.find(({ kind }) => kind === 'COMPLETION');
  if (!summary) throw new Error(`The run ${run.id} has made no summary of what it completed.`);
  const { artifact } = await connection.request<operations.Completion>(operations.COMPLETION, {
    id: summary.id,
  });
  if (!artifact) throw new Error(`The artifact ${summary.id} is gone.`);
  const kinds = ['COMPLETED_CSV', 'COMPLETED_PARQUET', 'CELLS', 'COMPLETION', 'REPORT'];
  const files = await fetchArtifacts(run, kinds, out);
  return { runId: run.id, completion: artifact.completion, files };
}
