import { describe, expect, test } from '@jest/globals';
import type { Score, ScoreName } from '../../../schema/messages/scores.js';
import { Random } from '../../compute/random.js';
import type { Table } from '../../tables/table.js';
import { eventScores } from './events.js';
import { gini } from './log-statistics.js';

const ROLES = { user: 'user', time: 'time', item: 'item', type: 'type' };
const ITEMS = 40;

/** Users who go from an item to the next one with probability `onward`, else to any; a fifth of the events are buys. */
function walks(users: number, onward: number, seed: number, gap = 1000): Table {
  const random = Random.seeded(seed);
  const rows: [user: number, time: number, item: number, type: number][] = [];
  for (let user = 0; user < users; user++) {
    let item = random.integer(ITEMS);
    const length = 4 + random.integer(6);
    for (let event = 0; event < length; event++) {
      rows.push([user, gap * event + random.uniform(), item, random.uniform() < 0.2 ? 1 : 0]);
      item = random.uniform() < onward ? (item + 1) % ITEMS : random.integer(ITEMS);
    }
  }
  const schema = (name: string, kind: 'CATEGORY' | 'REAL') => ({
    name,
    kind,
    nullable: false,
    unique: false,
  });
  const categories = Array.from({ length: ITEMS }, (_, item) => `i${item}`);
  return {
    rows: rows.length,
    columns: [
      { schema: schema('user', 'REAL'), values: Float64Array.from(rows, ([user]) => user) },
      { schema: schema('time', 'REAL'), values: Float64Array.from(rows, ([, time]) => time) },
      { schema: schema('item', 'CATEGORY'), codes: Int32Array.from(rows, ([, , item]) => item), categories },
      {
        schema: schema('type', 'CATEGORY'),
        codes: Int32Array.from(rows, ([, , , type]) => type),
        categories: ['view', 'buy'],
      },
    ],
  };
}

async function scored(synthetic: Table, withTest = true): Promise<Map<ScoreName, Score>> {
  const tables = { real: walks(300, 0.8, 1), synthetic, ...(withTest && { test: walks(300, 0.8, 2) }) };
  const { scores } = await eventScores(tables, ROLES, 5, () => Promise.resolve());
  return new Map(scores.map((score) => [score.name, score]));
}

describe('scores of event logs', () => {
  test('are near their references for a log of the same kind', async () => {
    const scores = await scored(walks(300, 0.8, 3));
    for (const name of ['userLengthError', 'typeMixError', 'itemTransitionError', 'timeGapError'] as const)
      expect(scores.get(name)!.value).toBeLessThan(scores.get(name)!.reference! + 0.06);
    const { value, reference } = scores.get('nextItemNdcg')!;
    expect(reference).toBeGreaterThan(0.7);
    expect(value / reference!).toBeGreaterThan(0.9);
  });

  test('tell a log whose items follow each other at random', async () => {
    const scores = await scored(walks(300, 0, 3));
    const { value, reference } = scores.get('nextItemNdcg')!;
    expect(value / reference!).toBeLessThan(0.5);
    const transitions = scores.get('itemTransitionError')!;
    expect(transitions.value).toBeGreaterThan(transitions.reference! + 0.2);
  });

  test('tell a log in other time, and one that copies users', async () => {
    expect((await scored(walks(300, 0.8, 3, 5000))).get('timeGapError')!.value).toBeGreaterThan(0.9);
    const copied = (await scored(walks(300, 0.8, 1))).get('sequenceCopies')!;
    expect(copied.value).toBe(1);
    expect(copied.reference).toBeLessThan(0.9);
  });

  test('compare halves of the real users where there is no test log', async () => {
    const scores = await scored(walks(300, 0.8, 3), false);
    expect(scores.get('userLengthError')!.referenceSource).toBe('HALVES');
    expect(scores.get('nextItemNdcg')!.referenceSource).toBe('REAL');
  });
});

describe('the Gini coefficient', () => {
  test('is 0 of equal counts, and near 1 where one item has nearly all', () => {
    expect(gini(Float64Array.of(3, 3, 3, 3))).toBeCloseTo(0, 10);
    expect(gini(Float64Array.of(1, 3))).toBeCloseTo(0.25, 10);
    expect(gini(Float64Array.from({ length: 100 }, (_, at) => (at === 0 ? 1e6 : 1)))).toBeGreaterThan(0.95);
  });
});
