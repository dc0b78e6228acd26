import { beforeAll, describe, expect, test } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { interactionsOfSequences } from '../../recommenders/interactions/interactions.js';
import { knowledgeOf } from '../../recommenders/model-file.js';
import { RankingModel } from '../../recommenders/ranking-model.js';
import type { FittedRecommender, History } from '../../recommenders/recommender.js';
import { exactShapley } from '../shapley/shapley.js';
import { counterfactual } from './counterfactual.js';
import { EventWorlds } from './event-worlds.js';
import { areaUnder, faithfulnessCurves, gainOf, GRID, orderBy, randomCurves } from './faithfulness.js';
import { leaveOneOut } from './leave-one-out.js';
import { partialHistory } from './partial-history.js';

const ITEMS = Array.from({ length: 20 }, (_, item) => `i${item}`);
/** How much an event on an item speaks for i0: i10 most, then i11, i12; others not at all. */
const SPEAKS: Readonly<Record<number, number>> = { 10: 9, 11: 4, 12: 2 };
let scored = 0;

/** i0 by the events that speak for it, all others by their codes alone: i1 5.5, i2 4.5, i3 3.5, …. The last item is the most popular. */
let model: FittedRecommender;
beforeAll(() => {
  const knowledge = knowledgeOf(
    interactionsOfSequences(ITEMS.map((_, user) => [`u${user}`, ITEMS.slice(user)])),
    true,
  );
  model = new RankingModel({ format: 'test', description: null }, knowledge, {
    score({ item }, into) {
      scored++;
      into.forEach((_, code) => (into[code] = 6.5 - code));
      into[0] = item.reduce((sum, code) => sum + (SPEAKS[code] ?? 0), 0);
    },
    evidenceUnit: 'SIMILARITY',
    evidence: ({ item }, codes) =>
      Float64Array.from(codes, (code) =>
        code === 0 ? item.reduce((sum, one) => sum + (SPEAKS[one] ?? 0), 0) : 6.5 - code,
      ),
    tensors: () => new Map(),
  });
});

/** i0 stands at rank 3 without i17 alone, at 2 without i18 or i19, and at 5 without both: greed takes i17 first, needlessly. */
function tangled(): FittedRecommender {
  const knowledge = knowledgeOf(interactionsOfSequences([['u', ITEMS]]), true);
  const placeOf = (has: (item: number) => boolean): number =>
    !has(18) && !has(19) ? 5 : !(has(18) && has(19)) ? (has(17) ? 2 : 4) : has(17) ? 1 : 3;
  return new RankingModel({ format: 'test', description: null }, knowledge, {
    score({ item }, into) {
      into.forEach((_, code) => (into[code] = -code));
      into[0] = 0.5 - placeOf((one) => item.includes(one));
    },
    evidenceUnit: 'SIMILARITY',
    tensors: () => new Map(),
  });
}

const worldsOf = (items: readonly number[], mostEvents = 20, codes = [0, 1]): EventWorlds =>
  new EventWorlds(model, { item: Int32Array.from(items) }, Int32Array.from(codes), { mostEvents });

describe('worlds without some events', () => {
  test('keep everything else of a history, the border of what is remembered too', () => {
    const history: History = {
      item: Int32Array.of(4, 5, 6, 7),
      type: Int32Array.of(0, 1, 0, 1),
      time: Float64Array.of(1, 2, 3, 4),
      now: 9,
      shownOn: 2,
      remembered: { user: 3, events: 2 },
    };
    expect(partialHistory(history, (place) => place !== 1)).toEqual({
      item: Int32Array.of(4, 6, 7),
      type: Int32Array.of(0, 0, 1),
      time: Float64Array.of(1, 3, 4),
      now: 9,
      shownOn: 2,
      remembered: { user: 3, events: 1 },
    });
    expect(partialHistory(history, () => true)).toEqual(history);
  });

  test('rank as lists do, without what was seen even where it was not', async () => {
    const worlds = worldsOf([10, 15, 11]);
    const [all, without] = await worlds.of([Uint8Array.of(1, 1, 1), Uint8Array.of(0, 1, 1)]);
    const list = model.rank({ history: ['i10', 'i15', 'i11'], k: 20 }).items.map(({ item }) => item);
    expect([...all!.ranks]).toEqual([1, 2]);
    expect([list.indexOf('i0'), list.indexOf('i1')]).toEqual([0, 1]);
    // 4 is below i1 with 5.5 and i2 with 4.5; i10 doesn't come back.
    expect([...without!.ranks]).toEqual([3, 1]);
    expect([...without!.evidence]).toEqual([4, 5.5]);
  });

  test('are computed once each, and old events are one player', async () => {
    const worlds = worldsOf([12, 5, 11, 10], 2);
    expect(worlds.players).toEqual([[0, 1], [2], [3]]);
    const before = scored;
    await exactShapley(worlds.game);
    await leaveOneOut(worlds);
    expect(scored - before).toBe(7);
    expect(worlds.computed).toBe(8);
  });
});

describe('what an item is recommended for', () => {
  test('is told by Shapley values and by leaving events out, alike where events don’t depend on each other', async () => {
    const worlds = worldsOf([10, 5, 12]);
    const shapley = await exactShapley(worlds.game);
    const loo = await leaveOneOut(worlds);
    expect([0, 1, 2].map((player) => shapley.values[player * 2])).toEqual(
      [9, 0, 2].map((x) => expect.closeTo(x, 9)),
    );
    expect([0, 1, 2].map((player) => loo.drops[player * 2])).toEqual([9, 0, 2]);
    expect([0, 1, 2].map((player) => loo.ranks[player * 2])).toEqual([5, 1, 1]);
    expect([1, 3, 5].map((at) => shapley.values[at])).toEqual([0, 0, 0]);
  });

  test('is undone by the smallest set of events, of which none can come back', async () => {
    // Without i10 it has 6 and stays first; without i10 and i11 it has 2 and falls behind four others.
    const worlds = worldsOf([12, 5, 11, 10]);
    expect(await counterfactual(worlds, 0, 1, 10)).toEqual({ without: [2, 3], rank: 5 });
    expect(await counterfactual(worlds, 0, 3, 10)).toEqual({ without: [2, 3], rank: 5 });
    expect(await counterfactual(worlds, 0, 5, 10)).toEqual({ without: [0, 2, 3], rank: 6 });
    expect(await counterfactual(worlds, 0, 1, 1)).toBeUndefined();
    // i1 is first or second whatever happened, unless nothing did.
    expect(await counterfactual(worlds, 1, 2, 3)).toBeUndefined();
    expect(await counterfactual(worlds, 1, 2, 4)).toEqual({ without: [0, 1, 2, 3], rank: 15 });
    expect(await counterfactual(worldsOf([10]), 0, 2, 10)).toEqual({ without: [0], rank: 19 });
    expect(await counterfactual(worldsOf([]), 0, 2, 10)).toBeUndefined();
  });

  test('leaves in what turns out not to be needed', async () => {
    const needless = new EventWorlds(tangled(), { item: Int32Array.of(17, 18, 19, 16) }, Int32Array.of(0), {
      mostEvents: 9,
    });
    expect(await counterfactual(needless, 0, 4, 4)).toEqual({ without: [1, 2], rank: 5 });
  });
});

describe('faithfulness', () => {
  test('is the area under the gain while what matters most goes or comes', async () => {
    const worlds = worldsOf([5, 10]);
    const best = await faithfulnessCurves(worlds, 0, orderBy([0, 9]));
    // Of nothing that happened, popularity ranks.
    const [fallen, last] = [gainOf(6), gainOf(18)];
    expect([best.deletion[0], best.deletion[5], best.deletion[10]]).toEqual([1, fallen, last]);
    expect([best.insertion[0], best.insertion[5], best.insertion[10]]).toEqual([last, 1, 1]);
    expect(areaUnder(best.deletion)).toBeCloseTo((1 + 2 * fallen + last) / 4, 12);
    const worst = await faithfulnessCurves(worlds, 0, orderBy([9, 0]));
    expect(areaUnder(worst.deletion)).toBeGreaterThan(areaUnder(best.deletion));
    expect(areaUnder(worst.insertion)).toBeLessThan(areaUnder(best.insertion));
    const random = await randomCurves(worlds, 0, 40, Random.seeded(3));
    expect(areaUnder(random.deletion)).toBeGreaterThan(areaUnder(best.deletion));
    expect(areaUnder(random.deletion)).toBeLessThan(areaUnder(worst.deletion));
    expect(best.deletion).toHaveLength(GRID.length);
  });

  test('takes newer events first where an attribution tells none apart', () => {
    expect([...orderBy([0, 2, 0, 1])]).toEqual([1, 3, 2, 0]);
  });
});
