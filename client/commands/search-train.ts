import { basename } from 'node:path';
import type { Connection } from '../connection.js';
import { uploadDataset } from '../files.js';
import type { RunObserver } from '../follow-run.js';
import * as operations from '../operations.js';
import { optionField } from '../option-field.js';
import { fetchArtifacts, finish } from '../synthesize.js';

/** Columns by their roles: one, or of a catalogue's texts several. */
export type RoleColumns = Record<string, string | string[]>;

export interface SearchTrainRequest {
  projectId: string;
  /** The catalogue. */
  file: string;
  /** Files of judged searches, of the texts of their queries, and of synthetic searches. */
  searches?: string;
  queries?: string;
  synthetic?: string;
  trainOn?: 'REAL' | 'SYNTHETIC' | 'BOTH';
  ranker: string;
  /** The ranker's own options; those within an option are named after it, as `weights.title`. */
  options: Record<string, number | string | boolean>;
  catalogueColumns?: RoleColumns;
  searchesColumns?: RoleColumns;
  gains?: { label: string; gain: number }[];
  locale?: string;
  testShare?: number;
  among?: 'CATALOGUE' | 'JUDGED';
  cutoff?: number;
  seed?: number;
  /** Folder for search-ranker.safetensors, search-ranking.json, report.html. */
  out: string;
}

export type SearchRankingReport = NonNullable<
  NonNullable<operations.SearchRanking['artifact']>['searchRanking']
>;

/** Uploads a catalogue and searches, trains a search ranker on them, and fetches what the run made. */
export async function trainSearchRanker(
  connection: Connection,
  request: SearchTrainRequest,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<{
  runId: string;
  searchRankerArtifactId: string;
  ranking: SearchRankingReport;
  files: string[];
}> {
  const { projectId, file, searches, queries, synthetic, ranker, options, seed, out, ...rest } = request;
  const upload = async (path: string, kind: 'CATALOGUE' | 'SEARCHES' | 'TABLE', label: string) => {
    const { datasetVersionId, runId } = await uploadDataset(connection, {
      projectId,
      path,
      kind,
      name: basename(path),
    });
    await finish(connection, runId, observe(label));
    return { datasetVersionId };
  };
  const catalogue = await upload(file, 'CATALOGUE', 'Ingest catalogue');
  const uploaded = {
    ...(searches !== undefined && { searches: await upload(searches, 'SEARCHES', 'Ingest searches') }),
    ...(queries !== undefined && { queries: await upload(queries, 'TABLE', 'Ingest queries') }),
    ...(synthetic !== undefined && { synthetic: await upload(synthetic, 'SEARCHES', 'Ingest synthetic') }),
  };
  const { trainOn = synthetic === undefined ? undefined : 'BOTH', ...asked } = rest;
  const started = await connection.mutate<operations.StartRun>(operations.START_RUN, {
    input: {
      projectId,
      seed,
      search: {
        ...{ catalogue, ...uploaded, ranker, trainOn, ...asked },
        ...(Object.keys(options).length > 0 && { [optionField(ranker)]: nested(options) }),
      },
    },
  });
  const { run } = await finish(connection, started.run.id, observe('Search'));
  const made = (kind: string): string => {
    const artifact = run.artifacts.nodes.find((candidate) => candidate.kind === kind);
    if (!artifact) throw new Error(`The run ${run.id} has made no ${kind}.`);
    return artifact.id;
  };
  const id = made('SEARCH_RANKING');
  const { artifact } = await connection.request<operations.SearchRanking>(operations.SEARCH_RANKING, { id });
  if (!artifact?.searchRanking) throw new Error(`The artifact ${id} is gone.`);
  return {
    runId: run.id,
    searchRankerArtifactId: made('SEARCH_RANKER'),
    ranking: artifact.searchRanking,
    files: await fetchArtifacts(run, ['SEARCH_RANKER', 'SEARCH_RANKING', 'REPORT'], out),
  };
}

/** `weights.title` as the option `title` within `weights`. */
function nested(options: SearchTrainRequest['options']): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    const [option, within] = name.split('.', 2) as [string, string?];
    if (within === undefined) result[option] = value;
    else result[option] = { ...(result[option] as object | undefined), [within]: value };
  }
  return result;
}
