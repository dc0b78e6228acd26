import { UserFailure } from '../failure.js';
import { dnn } from './dnn/dnn.js';
import { itemKnn } from './item-knn/item-knn.js';
import { popularity } from './popularity/popularity.js';
import type { Recommender } from './recommender.js';
import { transformer } from './transformer/transformer.js';

/** Every recommender, in the order in which users are shown them. */
export const RECOMMENDERS: readonly Recommender[] = [transformer, dnn, itemKnn, popularity];

/** The recommender of that name; throws UserFailure INVALID_CONFIG naming those that exist. */
export function recommenderOf(name: string): Recommender {
  const recommender = RECOMMENDERS.find((candidate) => candidate.name === name);
  if (recommender) return recommender;
  throw new UserFailure(
    'INVALID_CONFIG',
    `There is no recommender "${name}". Choose one of: ${RECOMMENDERS.map((known) => known.name).join(', ')}.`,
    { field: 'recommender' },
  );
}
