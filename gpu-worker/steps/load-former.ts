import { readFile } from 'node:fs/promises';
import { UserFailure } from '../failure.js';
import { readKnowledge, type Knowledge } from '../recommenders/model-file.js';
import { readRecommender } from '../recommenders/read-recommender.js';
import type { Recommender } from '../recommenders/recommender.js';
import type { Session } from '../session.js';

/** The model that a training goes on from. */
export interface Former {
  readonly file: Uint8Array;
  readonly knowledge: Knowledge;
}

/** Fetches the job's model. Throws UserFailure INVALID_CONFIG for one of another recommender, or of none that can go on. */
export async function loadFormer(session: Session, recommender: Recommender): Promise<Former> {
  const input = session.input('MODEL');
  const file = await readFile(await session.fetch(input));
  const { name, model } = await readRecommender(file);
  model.dispose();
  if (name === recommender.name) return { file, knowledge: readKnowledge(file).knowledge };
  throw new UserFailure(
    'INVALID_CONFIG',
    `"${input.label}" is a model of the recommender "${name}", so "${recommender.name}" can't go on from it. Choose "${name}", or train a new model.`,
    { field: 'recommender' },
  );
}
