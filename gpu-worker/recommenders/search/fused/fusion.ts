import type { Pause } from '../../../evaluation/pause.js';
import { minimize } from '../../../evaluation/lbfgs.js';
import { topPlaces } from '../../top-items.js';
import type { ValidationQuery } from '../two-tower/training-queries.js';

/** What each ranker says of all products, in the order in which rankers are named; all arrays have one length. */
export type RankerScores = readonly Float32Array[];

/** Softens how much a first place counts for more than a tenth (Cormack et al., 2009, section 3). */
const RANK_OFFSET = 60;
/** Places of a ranker's list that count. */
const LIST = 1000;
/** Products of each ranker's list among which an answer must be told. */
const CANDIDATES = 50;
/** What a ranker counts for that nothing is known about; an odds of e⁵ between the best product and one without a score. */
const FIRST_WEIGHT = 5;
/** Pulls weights there, so that they are finite where queries are answered without a mistake. */
const PENALTY = 1e-4;
const MOST_ITERATIONS = 200;

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
    const factor = weights[ranker]! * normaliser(own);
    if (factor === 0) continue;
    for (let place = 0; place < into.length; place++)
      if (own[place]! > 0) into[place]! += factor * own[place]!;
  }
}

/** 1 by the highest score; 0 where nothing is above 0. */
function normaliser(scores: Float32Array): number {
  let highest = 0;
  for (let place = 0; place < scores.length; place++) if (scores[place]! > highest) highest = scores[place]!;
  return highest > 0 ? 1 / highest : 0;
}

/**
 * The weights, 0 or more, with which a softmax over fused scores finds what answers the queries likeliest: a conditional logit
 * (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974; ListNet's loss with one answer, Cao et al.,
 * 2007), which has one minimum. Candidates are the answers and the first 50 products of each ranker. Judged queries
 * and made ones count the same in all, however many there are of each: the few that people typed say how people type. A
 * ranker that only harms gets 0. All weights are equal where there is no query.
 */
export async function fittedWeights(
  queries: readonly ValidationQuery[],
  scoresOf: (query: string) => RankerScores,
  rankers: number,
  pause: Pause,
): Promise<readonly number[]> {
  const choices: Choice[] = [];
  for (const [index, query] of queries.entries()) {
    const of = queries.filter(({ judged }) => judged === query.judged).length;
    choices.push(choiceOf(query, scoresOf(query.text), 1 / of));
    await pause((index + 1) / queries.length);
  }
  const { at } = await minimize(
    (weights, gradient) => lossOf(choices, weights, gradient),
    new Float64Array(rankers).fill(FIRST_WEIGHT),
    { tolerance: 1e-5, maxIterations: MOST_ITERATIONS, pause: () => pause(1) },
  );
  return [...at].map((weight) => Math.max(0, weight));
}

/** One query's candidates. */
interface Choice {
  /** Normalised scores [candidates, rankers]. */
  readonly features: Float64Array;
  readonly answers: Uint8Array;
  readonly weight: number;
}

function choiceOf({ answers }: ValidationQuery, scores: RankerScores, weight: number): Choice {
  const places = new Set(answers);
  for (const own of scores)
    for (const place of topPlaces(own, Math.min(CANDIDATES, own.length))) places.add(place);
  const normalisers = scores.map(normaliser);
  return {
    features: Float64Array.from(
      [...places].flatMap((place) =>
        scores.map((own, ranker) => Math.max(0, own[place]!) * normalisers[ranker]!),
      ),
    ),
    answers: Uint8Array.from(places, (place) => (answers.has(place) ? 1 : 0)),
    weight,
  };
}

/** Weighted sum of negative log likelihoods, in nats, with its gradient. */
function lossOf(choices: readonly Choice[], weights: Float64Array, gradient: Float64Array): number {
  let loss = 0;
  gradient.fill(0);
  for (const [ranker, weight] of weights.entries()) {
    loss += (PENALTY * (weight - FIRST_WEIGHT) ** 2) / 2;
    gradient[ranker] = PENALTY * (weight - FIRST_WEIGHT);
  }
  for (const { features, answers, weight } of choices) {
    const odds = Float64Array.from(answers, (_, candidate) =>
      weights.reduce((sum, each, ranker) => sum + each * features[candidate * weights.length + ranker]!, 0),
    );
    const highest = odds.reduce((most, one) => Math.max(most, one), -Infinity);
    let [all, right] = [0, 0];
    for (const [candidate, logit] of odds.entries()) {
      odds[candidate] = Math.exp(logit - highest);
      all += odds[candidate];
      if (answers[candidate]) right += odds[candidate];
    }
    loss -= weight * Math.log(right / all);
    for (const [candidate, odd] of odds.entries()) {
      const slope = weight * (odd / all - (answers[candidate] ? odd / right : 0));
      for (let ranker = 0; ranker < weights.length; ranker++)
        gradient[ranker]! += slope * features[candidate * weights.length + ranker]!;
    }
  }
  return loss;
}
