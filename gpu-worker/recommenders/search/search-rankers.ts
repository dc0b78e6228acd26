import { UserFailure } from '../../failure.js';
import { bm25 } from './bm25/bm25.js';
import { fused } from './fused/fused.js';
import type { SearchRanker } from './search-ranker.js';
import { twoTower } from './two-tower/two-tower.js';

/** Every search ranker, in the order in which users are shown them. */
export const SEARCH_RANKERS: readonly SearchRanker[] = [fused, twoTower, bm25];

/** The search ranker of that name; throws UserFailure INVALID_CONFIG naming those that exist. */
export function searchRankerOf(name: string): SearchRanker {
  const ranker = SEARCH_RANKERS.find((candidate) => candidate.name === name);
  if (ranker) return ranker;
  throw new UserFailure(
    'INVALID_CONFIG',
    `There is no search ranker "${name}". Choose one of: ${SEARCH_RANKERS.map((known) => known.name).join(', ')}.`,
    { field: 'ranker' },
  );
}
