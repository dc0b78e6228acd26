import { basename } from 'node:path';
import type { Connection } from '../connection.js';
import { uploadDataset } from '../files.js';
import type { RunObserver } from '../follow-run.js';
import * as operations from '../operations.js';
import { optionField } from '../option-field.js';
import { fetchArtifacts, finish } from '../synthesize.js';

export interface TrainRequest {
  projectId: string;
  /** The real log. */
  file: string;
  /** A log of synthetic users to learn from, too, or alone. */
  synthetic?: string;
  trainOn?: 'REAL' | 'SYNTHETIC' | 'BOTH';
  recommender: string;
  /** The recommender's own options. */
  options: Record<string, number | string | boolean>;
  /** Columns by their roles; those left out are guessed. */
  events?: Record<string, string>;
  platform?: string;
  attributes?: Record<string, string>;
  types?: string[];
  testShare?: number;
  cutoffs?: number[];
  coldEvents?: number;
  /** A recommender to go on from. */
  continueFrom?: { artifactId: string; wholeLog: boolean } | undefined;
  seed?: number;
  /** Folder for recommender.safetensors, ranking.json, report.html. */
  out: string;
}

export type RankingReport = NonNullable<NonNullable<operations.Ranking['artifact']>['ranking']>;

/** Uploads logs, trains a recommender on them, and fetches what the run made. */
export async function trainRecommender(
  connection: Connection,
  request: TrainRequest,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<{ runId: string; recommenderArtifactId: string; ranking: RankingReport; files: string[] }> {
  const { projectId, file, synthetic, recommender, options, seed, out, ...rest } = request;
  const { trainOn, events, platform, attributes, types, testShare, cutoffs, coldEvents, continueFrom } = rest;
  const upload = async (path: string, label: string) => {
    const { datasetVersionId, runId } = await uploadDataset(connection, {
      projectId,
      path,
      name: basename(path),
    });
    await finish(connection, runId, observe(label));
    return { datasetVersionId };
  };
  const real = await upload(file, 'Ingest');
  const started = await connection.mutate<operations.StartRun>(operations.START_RUN, {
    input: {
      projectId,
      seed,
      recommend: {
        real,
        ...(synthetic !== undefined && { synthetic: await upload(synthetic, 'Ingest synthetic') }),
        trainOn: trainOn ?? (synthetic === undefined ? undefined : 'BOTH'),
        ...{ recommender, events, platform, attributes, types, testShare, cutoffs, coldEvents },
        ...(continueFrom && {
          continueFrom: {
            recommenderArtifactId: continueFrom.artifactId,
            log: continueFrom.wholeLog ? 'WHOLE_LOG' : 'NEW_EVENTS',
          },
        }),
        ...(Object.keys(options).length > 0 && { [optionField(recommender)]: options }),
      },
    },
  });
  const { run } = await finish(connection, started.run.id, observe('Recommend'));
  const made = (kind: string): string => {
    const artifact = run.artifacts.nodes.find((candidate) => candidate.kind === kind);
    if (!artifact) throw new Error(`The run ${run.id} has made no ${kind}.`);
    return artifact.id;
  };
  const id = made('RANKING');
  const { artifact } = await connection.request<operations.Ranking>(operations.RANKING, { id });
  if (!artifact?.ranking) throw new Error(`The artifact ${id} is gone.`);
  return {
    runId: run.id,
    recommenderArtifactId: made('RECOMMENDER'),
    ranking: artifact.ranking,
    files: await fetchArtifacts(run, ['RECOMMENDER', 'RANKING', 'REPORT'], out),
  };
}
