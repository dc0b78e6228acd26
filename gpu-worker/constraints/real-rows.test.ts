import { describe, expect, it } from '@jest/globals';
import { Constraint } from '../../schema/messages/constraints.js';
import { categoricalColumn, numericColumn, tableOf } from '../evaluation/testing.js';
import { allowedRows } from './real-rows.js';

const real = tableOf(
  numericColumn('price', [1, 2, null, 4], 'INTEGER'),
  numericColumn('limit', [1, 1, 1, 9], 'INTEGER'),
  numericColumn('day', [0, 86_400_000, null, 86_400_000], 'DATETIME'),
  categoricalColumn('country', ['DE', 'DE', null, 'FR']),
);
const look = (given: unknown, violations: 'refuse' | 'drop' = 'refuse') =>
  allowedRows([Constraint.parse(given)], real, violations);

describe('the real table', () => {
  it('is refused with the number of rows that break a constraint, one of them, and what to do', () => {
    expect(() => look({ type: 'inequality', low: 'price', high: 'limit' })).toThrow(
      expect.objectContaining({
        code: 'INVALID_FILE',
        location: { field: 'constraints.0', column: 'price' },
        message:
          '1 row of 4 breaks the constraint "price ≤ limit", such as row 2 with price = 2, limit = 1. Correct the rows or the ' +
          'constraint, or set violations to drop to learn without such rows.',
      }),
    );
  });

  it('loses such rows on demand', () => {
    const { table, dropped } = look({ type: 'inequality', low: 'price', high: 'limit' }, 'drop');
    expect(dropped).toBe(1);
    expect(table.rows).toBe(3);
  });

  it('may not lose all of them', () => {
    expect(() => look({ type: 'range', column: 'limit', min: 100 }, 'drop')).toThrow(
      expect.objectContaining({ code: 'INSUFFICIENT_DATA' }),
    );
  });

  it.each([
    [{ type: 'range', column: 'price', min: 2 }, 1],
    [{ type: 'range', column: 'day', earliest: '1970-01-02' }, 1],
    [{ type: 'inequality', low: 'price', high: 'limit', strict: true }, 2],
    [{ type: 'unique', columns: ['country'] }, 1],
    [{ type: 'unique', columns: ['country', 'price'] }, 0],
    [{ type: 'formula', column: 'price', equals: 'limit' }, 2],
    [{ type: 'condition', if: 'country = "DE"', then: 'price < 2' }, 1],
    [{ type: 'condition', if: 'missing(country)', then: 'price > 100' }, 0],
    [{ type: 'fixedCombinations', columns: ['country', 'limit'] }, 0],
  ])('breaks %j in so many rows; a missing cell breaks nothing: %i', (constraint, count) => {
    expect(look(constraint, 'drop').dropped).toBe(count);
  });

  it.each([
    [
      { type: 'range', column: 'prize', min: 2 },
      'no column "prize". Its columns are price, limit, day, country',
    ],
    [{ type: 'range', column: 'country', min: 2 }, 'for numbers and dates'],
    [{ type: 'range', column: 'day', min: 2 }, 'give earliest and latest'],
    [{ type: 'range', column: 'price', latest: '1970-01-02' }, 'give min and max'],
    [{ type: 'inequality', low: 'price', high: 'day' }, 'not between INTEGER and DATETIME'],
    [{ type: 'formula', column: 'price', equals: 'price + 1' }, 'follow from itself'],
    [{ type: 'formula', column: 'price', equals: 'price2 + 1' }, 'no column "price2"'],
    [
      { type: 'formula', column: 'price', equals: 'country = "a"' },
      'gives a boolean, and the column is INTEGER',
    ],
    [{ type: 'formula', column: 'country', equals: '"a"' }, 'a formula is for numbers'],
    [
      { type: 'condition', if: 'price', then: 'price > 1' },
      '"price" gives a number, and must be true or false',
    ],
    [{ type: 'condition', if: 'country > 1', then: 'price > 1' }, 'between text and a number'],
  ])('can not have %j', (constraint, reason) => {
    expect(() => look(constraint)).toThrow(
      expect.objectContaining({
        code: 'INVALID_CONFIG',
        location: { field: 'constraints.0' },
        message: expect.stringContaining(reason),
      }),
    );
  });
});
