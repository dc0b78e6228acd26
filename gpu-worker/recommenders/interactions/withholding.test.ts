import { describe, expect, test } from '@jest/globals';
import type { Holdout } from '../../../schema/messages/run-config.js';
import { Random } from '../../compute/random.js';
import { rolesOf } from '../../events/roles.js';
import { columnOf, isNumeric, type Column, type Table } from '../../tables/table.js';
import { leakNote, sameHoldout, splitOf } from './holdout.js';
import { itemsOf, type Interactions } from './interactions.js';
import { interactionsOfLog } from './log-interactions.js';
import { withhold } from './withholding.js';

interface Event {
  readonly user: string;
  readonly item: string;
  readonly type: string;
  readonly time: number;
}

function logOf(events: readonly Event[]): Table {
  const texts = (name: 'user' | 'item' | 'type'): Column => {
    const categories = [...new Set(events.map((event) => event[name]))].filter((text) => text !== '');
    const codes = Int32Array.from(events, (event) => categories.indexOf(event[name]));
    return { schema: { name, kind: 'CATEGORY', nullable: true, unique: false }, categories, codes };
  };
  const time: Column = {
    schema: { name: 'time', kind: 'DATETIME', nullable: true, unique: false },
    values: Float64Array.from(events, (event) => event.time),
  };
  return { rows: events.length, columns: [texts('user'), texts('item'), texts('type'), time] };
}

/** Few users, items and times, so that events repeat, fall together and come out of order; some lack a cell. */
function someLog(seed: number): Table {
  const random = Random.seeded(seed);
  const one = (letter: string, of: number): string => `${letter}${random.integer(of)}`;
  return logOf(
    Array.from({ length: 120 }, () => ({
      user: random.uniform() < 0.03 ? '' : one('u', 12),
      item: random.uniform() < 0.1 ? '' : one('i', 6),
      type: ['view', 'cart', 'buy'][random.integer(3)]!,
      time: random.uniform() < 0.03 ? NaN : random.integer(25),
    })),
  );
}

const interactionsOf = (table: Table, holdout: Holdout): Interactions =>
  interactionsOfLog(
    table,
    rolesOf(
      table.columns.map(({ schema }) => schema),
      {},
    ),
    holdout,
  ).interactions;

/** Of each user who has any: items, types and times, oldest first. */
function histories(of: Interactions): Map<string, string[]> {
  const all = of.users.map((user, code): [string, string[]] => {
    const from = of.starts[code]!;
    const items = [...itemsOf(of, code)].map((item, index) =>
      [of.items[item], of.types[of.type[from + index]!], of.time![from + index]].join(' '),
    );
    return [user, items];
  });
  return new Map(all.filter(([, items]) => items.length > 0).sort(([a], [b]) => a.localeCompare(b)));
}

const HOLDOUTS: readonly Holdout[] = [
  {},
  { testShare: 0.3 },
  { types: ['buy'] },
  { types: ['cart', 'buy'], testShare: 0.2 },
];

describe('withholding', () => {
  test.each(HOLDOUTS)('leaves the interactions that a recommender learns from, with %j', (holdout) => {
    for (let seed = 0; seed < 25; seed++) {
      const log = someLog(seed);
      const { train } = splitOf(interactionsOf(log, holdout), holdout);
      const { table, rows } = withhold(log, holdout);
      expect(histories(interactionsOf(table, holdout))).toEqual(histories(train));
      expect(table.rows + rows).toBe(log.rows);
    }
  });

  test('takes out all that leads to what is held out, and what comes after it', () => {
    const at = (user: string, item: string, type: string, time: number): Event => ({
      user,
      item,
      type,
      time,
    });
    const log = logOf([
      at('ann', 'mug', 'buy', 1),
      // Looked at before it was bought: as good as told.
      at('ann', 'pen', 'view', 2),
      at('ann', 'mug', 'view', 3),
      at('ann', 'pen', 'buy', 4),
      at('ann', 'cup', 'view', 5),
      at('bob', 'cup', 'view', 6),
      at('bob', 'cup', 'buy', 7),
    ]);
    const { table, rows, what } = withhold(log, { types: ['buy'] });
    expect({ rows, what }).toEqual({ rows: 3, what: 'the last item of each user' });
    const item = columnOf(table, 'item');
    const shown = isNumeric(item) ? [] : [...item.codes].map((code) => item.categories[code]);
    expect(shown).toEqual(['mug', 'mug', 'cup', 'cup']);
    // The very name of what only the test has is gone.
    expect(!isNumeric(item) && item.categories).toEqual(['mug', 'cup']);
  });

  test('is refused where nothing can be held out', () => {
    const alone = logOf([{ user: 'ann', item: 'mug', type: 'buy', time: 1 }]);
    expect(() => withhold(alone, {})).toThrow('No user of the log has two interactions');
    expect(() => withhold(alone, { testShare: 0.5 })).toThrow("can't be held out");
  });
});

test('a holdout is the same however its columns and types are named', () => {
  const { columns } = someLog(1);
  expect(sameHoldout(columns, {}, { events: { user: 'user', item: 'item' } })).toBe(true);
  expect(sameHoldout(columns, { types: ['buy', 'cart'] }, { types: ['cart', 'buy'] })).toBe(true);
  expect(sameHoldout(columns, {}, { testShare: 0.1 })).toBe(false);
  expect(sameHoldout(columns, {}, { types: ['buy'] })).toBe(false);
  expect(sameHoldout(columns, {}, { events: { user: 'item', item: 'user' } })).toBe(false);
});

test('what a generator may have seen of a test is told by what it learnt from', () => {
  const real = { sha256: 'f00', columns: someLog(1).columns, holdout: { testShare: 0.2 } };
  const note = (source: Parameters<typeof leakNote>[0]): string => leakNote(source, real);
  expect(note({ sha256: 'f00', withheld: { testShare: 0.2 } })).toBe(
    'What the test holds out was withheld from the generator of the synthetic log, too.',
  );
  expect(note({ sha256: 'f00', withheld: {} })).toContain(
    '(the last item of each user): it may have seen some',
  );
  expect(note({ sha256: 'f00' })).toContain('has seen the very events');
  expect(note({ sha256: 'ba5', withheld: { testShare: 0.2 } })).toContain('another table than this real log');
  expect(note(undefined)).toContain('may have been seen by the generator');
});
