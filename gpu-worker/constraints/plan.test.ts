import { describe, expect, it } from '@jest/globals';
import { Constraint } from '../../schema/messages/constraints.js';
import { categoricalColumn, numericColumn, tableOf } from '../evaluation/testing.js';
import type { Table } from '../tables/table.js';
import { transformOf } from '../transforms/transform.js';
import { fitConstraints, undone } from './fitted-constraints.js';

const real = tableOf(
  numericColumn('a', [1, 2, 3], 'INTEGER'),
  numericColumn('b', [1, 5, null], 'INTEGER'),
  numericColumn('c', [4, 9, null], 'INTEGER'),
  numericColumn('sum', [2, 7, null], 'INTEGER'),
  categoricalColumn('x', ['p', 'q', null]),
);
const fit = (...given: unknown[]) =>
  fitConstraints(
    given.map((one) => Constraint.parse(one)),
    real,
  );
const namesOf = ({ columns }: Table) => columns.map(({ schema }) => schema.name);
const valuesOf = ({ columns }: Table, name: string) => {
  const column = columns.find(({ schema }) => schema.name === name)!;
  return 'values' in column ? [...column.values] : [...column.codes].map((code) => column.categories[code]);
};

/** What the generator learns, brought back without it. */
function roundTrip({ fitted, learnt }: ReturnType<typeof fit>): Table {
  return undone(fitted.transforms.map(transformOf), fitted.columns, learnt);
}

describe('what a generator learns under constraints', () => {
  it('is a difference in place of the higher of two columns, in chains too', () => {
    const chain = fit(
      { type: 'inequality', low: 'a', high: 'b' },
      { type: 'inequality', low: 'b', high: 'c' },
    );
    expect(valuesOf(chain.learnt, 'b')).toEqual([0, 3, NaN]);
    expect(valuesOf(chain.learnt, 'c')).toEqual([3, 4, NaN]);
    expect(roundTrip(chain)).toEqual(real);
  });

  it('is nothing of a column that follows from others', () => {
    const formula = fit({ type: 'formula', column: 'sum', equals: 'a + b' });
    expect(namesOf(formula.learnt)).toEqual(['a', 'b', 'c', 'x']);
    expect(roundTrip(formula)).toEqual(real);
  });

  it('is one category in place of columns whose combinations are fixed', () => {
    const combined = fit({ type: 'fixedCombinations', columns: ['x', 'a'] });
    expect(namesOf(combined.learnt)).toEqual(['b', 'c', 'sum', 'x × a']);
    expect(roundTrip(combined)).toEqual(real);
  });

  it('is the column itself where two constraints would replace it, or it would follow from itself', () => {
    const both = fit(
      { type: 'formula', column: 'sum', equals: 'a + b' },
      { type: 'formula', column: 'b', equals: 'sum - a' },
    );
    expect(namesOf(both.learnt)).toEqual(['a', 'b', 'c', 'x']);
    expect(both.fitted.transforms).toHaveLength(1);
    expect(roundTrip(both)).toEqual(real);
  });

  it('is a difference in place of the lower column where the higher one stands alone in some row', () => {
    const table = tableOf(numericColumn('low', [1, null]), numericColumn('high', [2, 3]));
    const { learnt } = fitConstraints(
      [Constraint.parse({ type: 'inequality', low: 'low', high: 'high' })],
      table,
    );
    expect(valuesOf(learnt, 'low')).toEqual([1, NaN]);
    expect(valuesOf(learnt, 'high')).toEqual([2, 3]);
  });
});
