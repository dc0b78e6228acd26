import { describe, expect, test } from '@jest/globals';
import { interactionsOfSequences } from '../interactions/interactions.js';
import type { RankingCase } from '../interactions/splits.js';
import { knowledgeOf } from '../model-file.js';
import { RankingModel } from '../ranking-model.js';
import { topPlaces } from '../top-items.js';
import { evaluateRanking } from './evaluate.js';
import { giniOf, ItemAudience, listTraits } from './lists.js';
import { listScores, ranksOf, reciprocalRank } from './ranks.js';

describe('ranks of targets', () => {
  const scores = Float32Array.of(0.1, 0.9, 0.5, 0.5, 0.3);

  test('count what is scored higher, and of equal ones all but other targets', () => {
    expect([...ranksOf(scores, Int32Array.of(1))]).toEqual([1]);
    expect([...ranksOf(scores, Int32Array.of(2))]).toEqual([3]);
    expect([...ranksOf(scores, Int32Array.of(3))]).toEqual([3]);
    expect([...ranksOf(scores, Int32Array.of(4, 3, 2))]).toEqual([2, 3, 4]);
    expect([...ranksOf(new Float32Array(5), Int32Array.of(0))]).toEqual([5]);
  });

  test('are infinite for what is never shown', () => {
    expect([...ranksOf(Float32Array.of(1, -Infinity, NaN), Int32Array.of(0, 1, 2))]).toEqual([
      1,
      Infinity,
      Infinity,
    ]);
  });

  test('make hit rate, recall, NDCG and reciprocal rank', () => {
    const ranks = Float64Array.of(2, 4, 11);
    const at4 = listScores(ranks, 4);
    expect(at4.hit).toBe(1);
    expect(at4.recall).toBeCloseTo(2 / 3, 12);
    // Gains at ranks 2 and 4: 0.63093 + 0.43068; the best three places: 1 + 0.63093 + 0.5.
    expect(at4.ndcg).toBeCloseTo(1.0616063 / 2.1309298, 6);
    expect(reciprocalRank(ranks)).toBe(0.5);
    expect(listScores(ranks, 1)).toEqual({ hit: 0, recall: 0, ndcg: 0 });
    // No more than k targets fit, so that two at the top of two are the best.
    expect(listScores(Float64Array.of(1, 2, 3), 2).ndcg).toBe(1);
    expect(listScores(Float64Array.of(Infinity), 5).ndcg).toBe(0);
  });
});

describe('the best of a list', () => {
  test('are those of a full sort, equal ones by their place, without what is excluded', () => {
    const scores = Float32Array.from({ length: 300 }, (_, at) => (at * 7919) % 41);
    scores[5] = -Infinity;
    scores[6] = NaN;
    const sorted = [...scores.keys()]
      .filter((at) => scores[at]! > -Infinity)
      .sort((a, b) => scores[b]! - scores[a]! || a - b);
    for (const k of [1, 2, 10, 298, 500]) expect(topPlaces(scores, k)).toEqual(sorted.slice(0, k));
  });
});

describe('traits of lists', () => {
  // Users of a: 0, 1, 2, 3; of b: 0, 1; of c: 2.
  const interactions = interactionsOfSequences([
    ['0', ['a', 'b', 'a']],
    ['1', ['a', 'b']],
    ['2', ['a', 'c']],
    ['3', ['a']],
    ['4', []],
  ]);
  const audience = new ItemAudience(interactions);

  test('know how many users an item has, and how many two share', () => {
    expect(audience.share(0)).toBe(1);
    expect(audience.share(1)).toBe(0.5);
    expect(audience.selfInformation(2)).toBe(2);
    expect(audience.distance(0, 1)).toBeCloseTo(1 - 2 / Math.sqrt(8), 12);
    expect(audience.distance(1, 2)).toBe(1);
  });

  test('are coverage, Gini coefficient, diversity, novelty and popularity lift', () => {
    const traits = listTraits([[0, 1], [0]], [Int32Array.of(2), Int32Array.of(0)], audience);
    expect(traits.coverage).toBeCloseTo(2 / 3, 12);
    // Shown 0, 1 and 2 times.
    expect(traits.gini).toBeCloseTo(4 / 9, 12);
    expect(traits.diversity).toBeCloseTo(1 - 2 / Math.sqrt(8), 12);
    expect(traits.novelty).toBeCloseTo(1 / 3, 12);
    expect(traits.popularityLift).toBeCloseTo((0.75 + 1) / (0.25 + 1), 12);
    expect(giniOf(Float64Array.of(0, 0, 5))).toBeCloseTo(2 / 3, 12);
    expect(giniOf(new Float64Array(3))).toBe(0);
  });
});

describe('an evaluation', () => {
  const train = interactionsOfSequences([
    ['0', ['a', 'b', 'c', 'd']],
    ['1', ['a']],
  ]);
  // Always d, then c, b and a.
  const model = new RankingModel({ format: 'test', description: null }, knowledgeOf(train, true), {
    score: (_history, into) => into.set([1, 2, 3, 4]),
    evidenceUnit: 'COUNT' as const,
    tensors: () => new Map(),
  });
  const cases: RankingCase[] = [
    { user: 0, history: { item: Int32Array.of(3) }, targets: Int32Array.of(2) },
    { user: 1, history: { item: Int32Array.of(0, 3) }, targets: Int32Array.of(1) },
    { user: 1, history: { item: Int32Array.of(3) }, targets: Int32Array.of(3) },
  ];

  test('ranks the whole catalogue without the items of the history, for cold and warm users apart', async () => {
    const { all, cold, warm, perCase } = await evaluateRanking(model, cases, train, {
      cutoffs: [1, 2],
      coldEvents: 1,
    });
    expect([...perCase.hit.get(1)!]).toEqual([1, 0, 0]);
    expect(all.hitRate.get(2)!.mean).toBeCloseTo(2 / 3, 12);
    expect(all.ndcg.get(2)!.mean).toBeCloseTo((1 + 1 / Math.log2(3)) / 3, 12);
    expect(all.mrr.mean).toBeCloseTo((1 + 0.5) / 3, 12);
    expect([cold.users, warm.users]).toEqual([2, 1]);
    expect(cold.recall.get(1)!.mean).toBe(0.5);
    expect(warm.recall.get(1)!.mean).toBe(0);
    const { low, high } = all.hitRate.get(1)!;
    expect(low).toBe(0);
    expect(high).toBe(1);
  });

  test('ranks items of the history, too, where it is told to', async () => {
    const { perCase } = await evaluateRanking(model, cases, train, { cutoffs: [1], excludeSeen: false });
    expect([...perCase.hit.get(1)!]).toEqual([0, 0, 1]);
  });
});
