import { describe, expect, it } from '@jest/globals';
import type { Relation } from '../../../schema/messages/linked.js';
import { Random } from '../../compute/random.js';
import type { Table } from '../../tables/table.js';
import { categoricalColumn, numericColumn, tableOf } from '../testing.js';
import { relationScores, type Related } from './relation-scores.js';

const RELATION: Relation = {
  childTable: 'orders',
  foreignKeyColumn: 'user',
  parentTable: 'users',
  parentKeyColumn: 'id',
};
const KEYS = { child: new Set(['user']), parent: new Set(['id']) };

/** 200 users; those of type b have six orders of one size each, others one of a size of its own. */
function shop(users: number, userOf = (row: number): string | null => `u${row}`): Related {
  const types = Array.from({ length: users }, (_, row) => (row % 2 ? 'b' : 'a'));
  const parents = types.flatMap((type, row) => (type === 'b' ? Array.from({ length: 6 }, () => row) : [row]));
  const parent: Table = tableOf(
    categoricalColumn(
      'id',
      types.map((_, row) => `u${row}`),
    ),
    categoricalColumn('type', types),
  );
  const child: Table = tableOf(
    categoricalColumn('user', parents.map(userOf)),
    numericColumn(
      'size',
      parents.map((row) => (types[row] === 'b' ? 50 + (row % 20) : row % 20)),
    ),
  );
  return { child, parent };
}
const real = shop(200);

describe('scores of a relation', () => {
  it('are 1 for the real tables themselves, and next to it for one half of them against the other', () => {
    const scores = relationScores(RELATION, real, real, KEYS, 1);
    expect(scores).toMatchObject({
      integrity: 1,
      parentless: { real: 0, synthetic: 0 },
      cardinality: { value: 1 },
      trend: { value: 1 },
      siblings: { value: 1 },
    });
    expect(scores.pairs).toEqual([
      expect.objectContaining({ parentColumn: 'type', childColumn: 'size', value: 1 }),
    ]);
    expect(scores.cardinality.reference).toBeGreaterThan(0.8);
    expect(scores.trend!.reference).toBeGreaterThan(0.8);
  });

  it('don’t look at keys, but at what they point at', () => {
    const renamed = shop(200);
    const ids = renamed.parent.columns[0]!;
    const other = {
      ...renamed,
      child: { ...renamed.child, columns: [prefixed(renamed.child.columns[0]!), renamed.child.columns[1]!] },
      parent: { ...renamed.parent, columns: [prefixed(ids), renamed.parent.columns[1]!] },
    };
    expect(relationScores(RELATION, real, other, KEYS, 1)).toMatchObject({
      trend: { value: 1 },
      integrity: 1,
    });
  });

  it('tell foreign keys without a parent, and rows without a foreign key', () => {
    const broken = shop(200, (row) => (row < 20 ? 'nobody' : row < 60 ? null : `u${row}`));
    const { integrity, parentless } = relationScores(RELATION, real, broken, KEYS, 1);
    // Of 700 orders 70 are of nobody and 140 have no user.
    expect(integrity).toBeCloseTo(490 / 560, 10);
    expect(parentless).toEqual({ real: 0, synthetic: 210 / 700 });
  });

  it('fall where children are given to parents at random', () => {
    const random = Random.seeded(3);
    const shuffled = shop(200, () => `u${random.integer(200)}`);
    const scores = relationScores(RELATION, real, shuffled, KEYS, 1);
    expect(scores.integrity).toBe(1);
    expect(scores.cardinality.value).toBeLessThan(0.8);
    expect(scores.trend!.value).toBeLessThan(0.7);
    expect(scores.siblings!.value).toBeLessThan(0.75);
  });
});

function prefixed(column: Table['columns'][number]): Table['columns'][number] {
  return 'categories' in column
    ? { ...column, categories: column.categories.map((name) => `syn-${name}`) }
    : column;
}
