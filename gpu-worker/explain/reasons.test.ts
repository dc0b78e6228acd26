import { beforeAll, describe, expect, test } from '@jest/globals';
import type { FitSession } from '../generators/generator.js';
import { interactionsOfSequences } from '../recommenders/interactions/interactions.js';
import type { FittedRecommender, RankRequest } from '../recommenders/recommender.js';
import { recommenderOf } from '../recommenders/recommenders.js';
import { agoInWords } from './in-words.js';
import { reasonsFor } from './reasons.js';

const NOW = Date.UTC(2026, 4, 10);
const HOUR = 3_600_000;
/** Tea goes with cups, bikes with bells; everybody has a bag. */
const LOG = Array.from({ length: 20 }, (_, user): [string, string[]] => [
  `u${user}`,
  user % 2 ? ['bag', 'tea', 'cup'] : ['bag', 'bike', 'bell'],
]);
const session = { signal: new AbortController().signal, progress: () => {} } as unknown as FitSession;

async function fitted(name: 'item-knn' | 'popularity'): Promise<FittedRecommender> {
  const { fit, config } = recommenderOf(name);
  return fit({ interactions: interactionsOfSequences(LOG) }, config.parse({}), session);
}

let model: FittedRecommender;
beforeAll(async () => {
  model = await fitted('item-knn');
});

const reasons = (request: Omit<RankRequest, 'k'>, most = 3, of = model) => {
  const asked = { k: 2, ...request };
  return reasonsFor(of, asked, of.rank(asked), most, NOW);
};

describe('reasons', () => {
  test('name the events without which less would speak for an item, the weightiest first, with their shares', async () => {
    const [cup, bell] = await reasons({
      history: [
        { item: 'gone' },
        { item: 'bag' },
        { item: 'tea', type: 'view', time: NOW - 50 * HOUR },
        { item: 'bike', type: 'cart', time: NOW - 20 * HOUR },
      ],
    });
    // Bikes came later than tea, and count more.
    expect(cup![0]).toEqual({
      ...{ item: 'bike', event: 'cart', time: NOW - 20 * HOUR, weight: expect.any(Number) as unknown },
      text: 'because of bike (cart, a day ago)',
    });
    expect(bell![0]).toMatchObject({ item: 'tea', text: 'because of tea (view, 2 days ago)' });
    expect(bell![1]).toMatchObject({ item: 'bag', text: 'because of bag' });
    for (const own of [cup!, bell!]) {
      expect(own).toHaveLength(2);
      expect(own.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 6);
      expect(own[0]!.weight).toBeGreaterThan(own[1]!.weight);
    }
    expect(await reasons({ history: ['bag', 'tea'] }, 1)).toEqual([[expect.anything()], [expect.anything()]]);
  });

  test('name items that are remembered of a user, and what happened since', async () => {
    const since = { item: 'bike', type: 'view', time: NOW - HOUR };
    const [first] = await reasons({ user: 'u1', history: [since] });
    expect(first!.map(({ text }) => text)).toEqual([
      'because of bike (view, an hour ago)',
      expect.stringMatching(/^because of (bag|cup|tea)$/) as unknown,
    ]);
  });

  test('take old events together, so that they cost no more', async () => {
    const history = [...Array<string>(30).fill('tea'), ...Array<string>(10).fill('bag')];
    const [first] = await reasons({ history }, 5);
    expect(first!.map(({ text }) => text)).toContain('because of 30 events up to tea');
  });

  test('are popularity where nothing is known, nothing leads to an item, or nobody is told apart', async () => {
    const popular = [{ weight: 1, text: 'popular' }];
    expect(await reasons({ history: [] })).toEqual([popular, popular]);
    expect(await reasons({ user: 'nobody' })).toEqual([popular, popular]);
    expect(await reasons({ history: ['tea'] }, 3, await fitted('popularity'))).toEqual([popular, popular]);
    const lonely = await recommenderOf('item-knn').fit(
      {
        interactions: interactionsOfSequences([
          ['a', ['x']],
          ['b', ['y']],
        ]),
      },
      recommenderOf('item-knn').config.parse({}),
      session,
    );
    expect(await reasons({ history: ['x'] }, 3, lonely)).toEqual([popular]);
    expect(await reasons({ history: ['x', 'y'] }, 3, lonely)).toEqual([]);
  });
});

test('times are told as people tell them', () => {
  expect([0, 1, 5, 23, 30, 36, 24 * 40].map((hours) => agoInWords(hours * HOUR))).toEqual([
    ...['just now', 'an hour ago', '5 hours ago', 'a day ago', 'a day ago', '2 days ago', '40 days ago'],
  ]);
});
