import { describe, expect, test } from '@jest/globals';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import type { Table } from '../../tables/table.js';
import { itemsOf, interactionsOfSequences } from './interactions.js';
import { interactionsOfLog } from './log-interactions.js';
import { leaveOneOut, timeAt, timeSplit } from './splits.js';
import { withoutEvents, withUsers } from './with-users.js';

const ROLES = { user: 'user', item: 'item', time: 'time', type: 'type' };

type Row = readonly [user: string, item: string, type: string, time: number, platform: string];

function logOf(rows: readonly Row[]): Table {
  const schema = (name: string, kind: ColumnSchema['kind']): ColumnSchema => ({
    name,
    kind,
    nullable: true,
    unique: false,
  });
  const texts = (name: string, at: 0 | 1 | 2 | 4) => {
    const categories = [...new Set(rows.map((row) => row[at]))].filter((text) => text !== '');
    return {
      schema: schema(name, 'CATEGORY'),
      categories,
      codes: Int32Array.from(rows, (row) => categories.indexOf(row[at])),
    };
  };
  return {
    rows: rows.length,
    columns: [
      texts('user', 0),
      texts('item', 1),
      texts('type', 2),
      { schema: schema('time', 'DATETIME'), values: Float64Array.from(rows, (row) => row[3]) },
      texts('platform', 4),
    ],
  };
}

const idsOf = (log: ReturnType<typeof interactionsOfLog>['interactions'], user: string): string[] =>
  [...itemsOf(log, log.users.indexOf(user))].map((code) => log.items[code]!);

describe('interactions of an event log', () => {
  const log = logOf([
    ['ann', 'mug', 'view', 30, 'web'],
    ['ann', 'pen', 'view', 10, 'app'],
    ['bob', 'mug', 'view', 5, 'web'],
    ['ann', 'cup', 'view', 10, 'app'],
    ['ann', 'cup', 'buy', 20, 'web'],
    ['ann', 'mug', 'view', 30, 'web'],
    ['ann', '', 'view', 40, 'web'],
    ['', 'mug', 'view', 50, 'web'],
    ['bob', 'pen', 'view', NaN, 'web'],
  ]);

  test('are sorted by time, keep the order of equal times, and count a duplicated event once', () => {
    const { interactions, notes } = interactionsOfLog(log, ROLES, { joinRepeats: false });
    expect(idsOf(interactions, 'ann')).toEqual(['pen', 'cup', 'cup', 'mug']);
    expect(idsOf(interactions, 'bob')).toEqual(['mug']);
    expect([...interactions.time!]).toEqual([10, 10, 20, 30, 5]);
    expect(notes).toEqual({
      incomplete: 2,
      withoutItem: 1,
      otherTypes: 0,
      duplicated: 1,
      joined: 0,
      outOfOrder: 1,
    });
  });

  test('join events on one item in a row, and take the type and time of the last', () => {
    const { interactions, notes } = interactionsOfLog(log, ROLES, { platform: 'platform' });
    expect(idsOf(interactions, 'ann')).toEqual(['pen', 'cup', 'mug']);
    expect(notes.joined).toBe(1);
    expect(interactions.types[interactions.type[1]!]).toBe('buy');
    expect([...interactions.platform.subarray(0, 3)].map((code) => interactions.platforms[code])).toEqual([
      'app',
      'web',
      'web',
    ]);
  });

  test('are of the types that count; who has none of them is left out', () => {
    const { interactions, notes } = interactionsOfLog(log, ROLES, { types: ['buy'] });
    expect(interactions.users).toEqual(['ann']);
    expect(interactions.items).toEqual(['cup']);
    expect(notes.otherTypes).toBe(5);
  });

  test('say which type, column or event is missing', () => {
    expect(() => interactionsOfLog(log, ROLES, { types: ['cart'] })).toThrow(
      'The option types names "cart", which no event is of. The log has: "view", "buy".',
    );
    expect(() => interactionsOfLog(log, ROLES, { platform: 'shop' })).toThrow(
      /"shop", which the table hasn't got/,
    );
    const empty = logOf([['ann', '', 'view', 1, 'web']]);
    expect(() => interactionsOfLog(empty, ROLES)).toThrow('No event of the log has an item ("item")');
  });
});

describe('splits', () => {
  const sequences = interactionsOfSequences([
    ['ann', ['a', 'b', 'c']],
    ['bob', ['b']],
    ['cid', []],
    ['dan', ['d', 'a']],
  ]);

  test('leave one out: the last item of each user is the test, and users of one event are learnt from', () => {
    const { train, cases, untested } = leaveOneOut(sequences);
    expect(cases.map(({ user, history, targets }) => [user, [...history.item], [...targets]])).toEqual([
      [0, [0, 1], [2]],
      [3, [3], [0]],
    ]);
    expect([...train.item]).toEqual([0, 1, 1, 3]);
    expect([...train.starts]).toEqual([0, 2, 3, 3, 4]);
    expect(train.items).toEqual(['a', 'b', 'c', 'd']);
    expect(untested).toBe(2);
  });

  test('leave one out twice: the second last item is the validation', () => {
    const { train } = leaveOneOut(leaveOneOut(sequences).train);
    expect([...train.item]).toEqual([0, 1, 3]);
  });

  test('by time: what comes later is the test, of new users too', () => {
    const rows: Row[] = [
      ['ann', 'a', 'view', 1, 'web'],
      ['ann', 'b', 'view', 2, 'web'],
      ['ann', 'c', 'view', 9, 'web'],
      ['ann', 'a', 'view', 10, 'web'],
      ['ann', 'c', 'view', 11, 'web'],
      ['bob', 'a', 'view', 3, 'web'],
      ['cid', 'b', 'view', 12, 'web'],
    ];
    const { interactions } = interactionsOfLog(logOf(rows), ROLES);
    expect(timeAt(interactions, 0.5)).toBe(9);
    const { train, cases, untested } = timeSplit(interactions, 9);
    expect([...train.item]).toEqual([0, 1, 0]);
    expect(cases.map(({ history, targets }) => [[...history.item], [...targets]])).toEqual([
      [
        [0, 1],
        [2, 0],
      ],
      [[], [1]],
    ]);
    expect(untested).toBe(1);
    expect(() => timeSplit(interactions, 0)).toThrow('leaves 0 events to learn from');
    expect(() => timeSplit(sequences, 9)).toThrow("without times can't be split");
  });
});

describe('users of another log', () => {
  const base = interactionsOfSequences([
    ['ann', ['mug', 'pen']],
    ['bob', ['cup']],
  ]);
  const others = interactionsOfSequences([
    ['ann', ['pen', 'hat', 'cup']],
    ['cleo', ['hat']],
    ['dora', ['mug']],
  ]);

  test('stand behind the first, in its codes, without items that its catalogue lacks', () => {
    const { interactions, unknownItems } = withUsers(base, others);
    expect(interactions.items).toEqual(base.items);
    expect(interactions.users.map((user) => [user, ...idsOf(interactions, user)])).toEqual([
      ['ann', 'mug', 'pen'],
      ['bob', 'cup'],
      ['ann (another)', 'pen', 'cup'],
      ['dora', 'mug'],
    ]);
    expect(unknownItems).toBe(2);
  });

  test('are all that is left when the first lose their events', () => {
    const { interactions } = withUsers(withoutEvents(base), others);
    expect(interactions.users.map((user) => idsOf(interactions, user).length)).toEqual([0, 0, 2, 1]);
    expect(interactions.item.length).toBe(3);
  });
});
