import { describe, expect, it } from '@jest/globals';
import { columnsRead, parseExpression } from '../../schema/expressions/expression.js';
import { ExpressionText } from '../../schema/messages/expression.js';
import { categoricalColumn, numericColumn, tableOf } from '../evaluation/testing.js';
import { evaluateExpression } from './evaluate.js';

const day = (text: string) => Date.parse(`${text}T00:00:00Z`);
const table = tableOf(
  numericColumn('Price', [1.5, 2, null, 10]),
  numericColumn('Quantity', [2, 0, 3, 4], 'INTEGER'),
  numericColumn('Unit price (€)', [1, 2, 3, 4]),
  numericColumn('Returned', [1, 0, null, 0], 'BOOLEAN'),
  categoricalColumn('Country', ['DE', null, 'FR', 'DE']),
  numericColumn('Ordered', [day('2026-01-31'), day('2026-02-01'), null, day('2026-02-02')], 'DATETIME'),
);
const cells = (text: string) => {
  const { type, values } = evaluateExpression(parseExpression(text), table);
  return [...values].map((value) =>
    Number.isNaN(value) ? undefined : type === 'boolean' ? value === 1 : value,
  );
};

describe('an expression', () => {
  it('computes from the cells of a row, and is missing where one of them is', () => {
    expect(cells('Price * Quantity + 1')).toEqual([4, 1, undefined, 41]);
    expect(cells('-(Price - 2) * 2 % 3')).toEqual([1, 0, undefined, -1]);
    expect(cells('`Unit price (€)` + Quantity')).toEqual([3, 2, 6, 8]);
  });

  it('is missing where the result is not finite', () => {
    expect(cells('Price / Quantity')).toEqual([0.75, undefined, undefined, 2.5]);
    expect(cells('sqrt(Price - 2)')).toEqual([undefined, 0, undefined, Math.sqrt(8)]);
  });

  it('rounds halves away from zero, as people see them', () => {
    expect(cells('round(1.005, 2)')[0]).toBe(1.01);
    expect(cells('round(-2.5)')[0]).toBe(-3);
    expect(cells('round(1.4999, 0)')[0]).toBe(1);
  });

  it('compares numbers, dates, text and yes/no', () => {
    expect(cells('Price >= 2')).toEqual([false, true, undefined, true]);
    expect(cells('Country = "DE"')).toEqual([true, undefined, false, true]);
    expect(cells('Returned != true')).toEqual([false, true, undefined, true]);
    expect(cells('Ordered < date("2026-02-01")')).toEqual([true, false, undefined, false]);
  });

  it('knows "and" and "or" when one side decides them', () => {
    expect(cells('Price > 100 and Returned')).toEqual([false, false, undefined, false]);
    expect(cells('missing(Price) or Returned')).toEqual([true, false, true, false]);
    expect(cells('not missing(Country) && Quantity > 0')).toEqual([true, false, true, true]);
  });

  it('chooses by a condition and reads the parts of dates', () => {
    expect(cells('if(Quantity > 2, "many", "few")')).toEqual(['few', 'few', 'many', 'many']);
    expect(cells('weekday(Ordered)')).toEqual([6, 7, undefined, 1]);
    expect(cells('days(Ordered - date("2026-01-01"))')).toEqual([30, 31, undefined, 32]);
    expect(cells('month(Ordered + 86400000)')).toEqual([2, 2, undefined, 2]);
  });

  it('names the columns that it reads', () => {
    expect(columnsRead(parseExpression('if(a > 1, max(`b c`, a), -d)'))).toEqual(['a', 'b c', 'd']);
  });

  it.each([
    ['Price *', 'expected expression after *'],
    ['Price Quantity', 'something is missing between'],
    ['Price.amount', 'in `backticks`'],
    ['constructor("x")', 'no function "constructor"'],
    ['toString()', 'no function "toString"'],
    ['[1, 2]', 'a part that formulas do not know'],
    ['round(1, 2, 3)', 'round takes 1 to 2 arguments'],
    ['`Price', 'unclosed `'],
    ['``', 'no name between'],
    ['(1', 'unclosed'],
    ['"a', 'unclosed'],
    [' ', 'it is empty'],
  ])('refuses %j, and says why', (text, reason) => {
    expect(() => parseExpression(text)).toThrow(reason);
    expect(ExpressionText.safeParse(text).success).toBe(false);
  });

  it('is refused when it is too long or too deep', () => {
    expect(() => parseExpression(`${'-'.repeat(200)}1`)).toThrow('nested');
    expect(() => parseExpression(`${'1 + '.repeat(400)}1`)).toThrow('characters');
  });

  it.each([
    ['Prize + 1', 'no column "Prize"'],
    ['Country + 1', 'between text and a number'],
    ['Country < "DE"', 'between text and text'],
    ['Country = 3', 'between text and a number'],
    ['Returned and Price', '"and" takes a yes/no value, not a number'],
    ['if(Returned, 1, "a")', 'between a number and text'],
    ['date(Country)', 'date takes a text'],
    ['date("31.1.2026")', 'date takes a text'],
    ['year(Price)', '"year" takes a date, not a number'],
  ])('tells that %j does not fit the table', (text, reason) => {
    expect(() => cells(text)).toThrow(reason);
  });
});
