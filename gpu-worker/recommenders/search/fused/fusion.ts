import type { Pause } from '../../../evaluation/pause.js';
import { topPlaces } from '../../top-items.js';
import { rankOfBest } from '../two-tower/steps.js';

/** What each ranker says of all products, in the order in which rankers are named; all arrays have one length. */
export type RankerScores = readonly Float32Array[];

/** Softens how much a first place counts for more than a tenth (Cormack et al., 2009, section 3). */
const RANK_OFFSET = 60;
/** Places of a ranker's list that count. */
const LIST = 1000;
/** Weights are tried in steps of one by so many. */
const STEPS = 20;

/**
 * Reciprocal rank fusion: Σ 1 / (60 + rank) over the rankers' lists (Cormack, Clarke and Büttcher, "Reciprocal rank fusion
 * outperforms Condorcet and individual rank learning methods", 2009, section 2). A product that a ranker doesn't find, or
 * that isn't among its first 1,000, gets nothing for it.
 */
export function fuseRanks(scores: RankerScores, into: Float32Array): void {
  into.fill(0);
  for (const own of scores) {
    const list = topPlaces(own, Math.min(LIST, own.length));
    for (const [index, place] of list.entries())
      if (own[place]! > 0) into[place]! += 1 / (RANK_OFFSET + index + 1);
  }
}

/**
 * Σ weight · score / highest score, of scores from 0 on: a convex combination of scores normalised by what they can't fall
 * below (Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval", 2023, section 4).
 */
export function fuseScores(scores: RankerScores, weights: readonly number[], into: Float32Array): void {
  into.fill(0);
  for (const [ranker, own] of scores.entries()) {
    const highest = own.reduce((most, score) => Math.max(most, score), 0);
    if (highest <= 0) continue;
    const factor = weights[ranker]! / highest;
    for (let place = 0; place < into.length; place++)
      if (own[place]! > 0) into[place]! += factor * own[place]!;
  }
}

/**
 * The weights, each a multiple of 1/20 and 1 in all, with which the mean reciprocal rank of what answers held-out queries is
 * highest; the first found of equal ones, which has more of the first ranker. Tries all of them: a few hundred for
 * three rankers. Equal weights where there is no query.
 */
export async function fittedWeights(
  queries: readonly { readonly text: string; readonly answers: ReadonlySet<number> }[],
  scoresOf: (query: string) => RankerScores,
  rankers: number,
  pause: Pause,
): Promise<readonly number[]> {
  if (queries.length === 0) return Array.from({ length: rankers }, () => 1 / rankers);
  const candidates = simplex(rankers, STEPS).map((parts) => parts.map((part) => part / STEPS));
  const sums = new Float64Array(candidates.length);
  let fused = new Float32Array(0);
  for (const [index, { text, answers }] of queries.entries()) {
    const scores = scoresOf(text);
    if (fused.length !== scores[0]!.length) fused = new Float32Array(scores[0]!.length);
    for (const [candidate, weights] of candidates.entries()) {
      fuseScores(scores, weights, fused);
      sums[candidate]! += 1 / rankOfBest(fused, answers);
    }
    await pause((index + 1) / queries.length);
  }
  return candidates[sums.indexOf(Math.max(...sums))]!;
}

/** All lists of `length` whole numbers from 0 that add up to `total`; those with more at the front first. */
function simplex(length: number, total: number): number[][] {
  if (length === 1) return [[total]];
  return Array.from({ length: total + 1 }, (_, less) => total - less).flatMap((first) =>
    simplex(length - 1, total - first).map((rest) => [first, ...rest]),
  );
}
