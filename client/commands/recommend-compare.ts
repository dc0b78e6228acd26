import { basename } from 'node:path';
import type { Connection } from '../connection.js';
import { uploadDataset } from '../files.js';
import { followRun, type RunObserver } from '../follow-run.js';
import * as operations from '../operations.js';
import { optionField } from '../option-field.js';
import { finish } from '../synthesize.js';

export interface CompareRequest {
  projectId: string;
  /** The real log. */
  file: string;
  recommender: string;
  /** The recommender's own options, and those of the generator of logs. */
  options: Record<string, number | string | boolean>;
  generatorOptions: Record<string, number | string | boolean>;
  events?: Record<string, string>;
  types?: string[];
  testShare?: number;
  cutoffs?: number[];
  coldEvents?: number;
  ratios?: number[];
  seeds?: number[];
}

export type TrainingComparison = NonNullable<NonNullable<operations.Comparison['experiment']>['comparison']>;

/** Uploads a log, compares training with and without synthetic users, and answers what was found when all runs have ended. */
export async function compareTraining(
  connection: Connection,
  request: CompareRequest,
  observe: (label: string) => RunObserver & { close?(): void },
): Promise<{ experimentId: string; comparison: TrainingComparison }> {
  const { projectId, file, recommender, options, generatorOptions, ratios, seeds, ...rest } = request;
  const { events, types, testShare, cutoffs, coldEvents } = rest;
  const name = basename(file);
  const { datasetVersionId, runId } = await uploadDataset(connection, { projectId, path: file, name });
  await finish(connection, runId, observe('Ingest'));
  const given = (all: object) => (Object.keys(all).length > 0 ? all : undefined);
  const started = await connection.mutate<operations.StartComparison>(operations.START_COMPARISON, {
    input: {
      ...{ projectId, ratios, seeds, name: `${recommender} on ${name}`.slice(0, 100) },
      sessions: given(generatorOptions),
      recommend: {
        real: { datasetVersionId },
        ...{ recommender, events, types, testShare, cutoffs, coldEvents },
        [optionField(recommender)]: given(options),
      },
    },
  });
  const read = async (): Promise<TrainingComparison> => {
    const { experiment } = await connection.request<operations.Comparison>(operations.COMPARISON, {
      id: started.experiment.id,
    });
    if (!experiment?.comparison) throw new Error(`The experiment ${started.experiment.id} is gone.`);
    return experiment.comparison;
  };
  const { synthesis, arms } = await read();
  const labelled = [
    ...synthesis.map((run) => ({ ...run, label: 'Synthesize' })),
    ...arms.flatMap((arm) => arm.runs.map((run) => ({ ...run, label: armName(arm) }))),
  ].sort((a, b) => a.seed - b.seed);
  for (const { runId: id, seed, label } of labelled) {
    const observer = observe(`${label}, seed ${seed}`);
    // A run that fails is told in the table; the others go on.
    await followRun(connection, id, observer).finally(() => observer.close?.());
  }
  return { experimentId: started.experiment.id, comparison: await read() };
}

/** Such as "real + 0.5 × synthetic". */
export function armName({ trainOn, ratio }: { trainOn: string; ratio: number | null }): string {
  if (trainOn === 'REAL') return 'real only';
  return trainOn === 'SYNTHETIC' ? 'synthetic only' : `real + ${ratio} × synthetic`;
}
