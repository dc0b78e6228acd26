import { topPlaces } from '../top-items.js';
import type { RankedProduct } from './search-ranker.js';

/**
 * The `k` products of the highest scores [products] above 0, best first; equal ones in the catalogue's order. Overwrites
 * the scores of `exclude`. Throws RangeError for a `k` that isn't a whole number above 0.
 */
export function topProducts(
  ids: readonly string[],
  scores: Float32Array,
  k: number,
  exclude: ReadonlySet<string> | undefined,
): readonly RankedProduct[] {
  if (!(Number.isInteger(k) && k > 0)) throw new RangeError(`the best ${k} products can't be told`);
  if (exclude && exclude.size > 0)
    for (const [place, id] of ids.entries()) if (exclude.has(id)) scores[place] = 0;
  return topPlaces(scores, Math.min(k, scores.length))
    .filter((place) => scores[place]! > 0)
    .map((place) => ({ id: ids[place]!, score: scores[place]! }));
}
