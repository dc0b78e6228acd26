import type { Column } from '../tables/table.js';
import { alignTables } from './align.js';
import { categoricalColumn, numericColumn, tableOf } from './testing.js';
import { correlationMatrix, pairTrend, trendColumn } from './trend.js';

function trend(real: readonly [Column, Column], other: readonly [Column, Column]): number {
  const [left, right] = alignTables(tableOf(...real), tableOf(...other), 'other').columns.map(trendColumn);
  return pairTrend(left!, right!);
}
const x = (...cells: (number | null)[]) => numericColumn('x', cells);
const y = (...cells: (number | null)[]) => numericColumn('y', cells);
const label = (...cells: (string | null)[]) => categoricalColumn('y', cells);

describe('trend of two numeric columns', () => {
  it('is 1 minus half the difference of the correlations', () => {
    expect(trend([x(1, 2, 3), y(2, 4, 6)], [x(1, 2, 3), y(6, 4, 2)])).toBeCloseTo(0, 12);
    // r = 1 and r = ½ (deviations −1 0 1 and −1 1 0).
    expect(trend([x(1, 2, 3), y(1, 2, 3)], [x(1, 2, 3), y(1, 3, 2)])).toBeCloseTo(0.75, 12);
  });

  it('counts the correlation with a constant as 0', () => {
    expect(trend([x(1, 2, 3), y(1, 2, 3)], [x(1, 2, 3), y(7, 7, 7)])).toBeCloseTo(0.5, 12);
    expect(trend([x(1, 1), y(2, 3)], [x(4, 4), y(1, 9)])).toBe(1);
  });

  it('looks at the rows where both are there', () => {
    expect(trend([x(1, 2, 3, null, 50), y(1, 3, 2, 90, null)], [x(1, 2, 3), y(1, 3, 2)])).toBeCloseTo(1, 12);
  });

  it('survives numbers whose squares overflow', () => {
    expect(trend([x(1e200, 2e200, 3e200), y(1, 2, 3)], [x(1, 2, 3), y(1, 2, 3)])).toBeCloseTo(1, 12);
  });
});

describe('trend of a category and another column', () => {
  it('is 1 minus the total variation distance of the joint tables', () => {
    const month = (...cells: string[]) => categoricalColumn('x', cells);
    // The same margins, joined the other way round.
    expect(trend([month('a', 'b'), label('p', 'q')], [month('a', 'b'), label('q', 'p')])).toBe(0);
    expect(
      trend([month('a', 'b'), label('p', 'q')], [month('a', 'a', 'b', 'b'), label('p', 'q', 'q', 'q')]),
    ).toBe(0.75);
  });

  it("cuts numbers into ten bins of the real column's range", () => {
    // Edges 0, 1, …, 10: 0.5 and 0.7 share a bin, 1.2 doesn't.
    const labels = label('p', 'p', 'p', 'p');
    expect(trend([x(0, 0.5, 9, 10), labels], [x(0.2, 0.7, 9.9, 10), labels])).toBe(1);
    expect(trend([x(0, 0.5, 9, 10), labels], [x(0.2, 1.2, 9.9, 10), labels])).toBe(0.75);
  });

  it('sets values beyond the real range apart', () => {
    const labels = label('p', 'p');
    expect(trend([x(0, 10), labels], [x(-0.01, 10), labels])).toBe(0.5);
  });

  it('counts missing cells as a bin', () => {
    const labels = label('p', 'p', null);
    expect(trend([x(0, 10, null), labels], [x(0, null, null), labels])).toBeCloseTo(2 / 3, 12);
  });

  it('tells another constant from the real one', () => {
    const labels = label('p', 'p');
    expect(trend([x(3, 3), labels], [x(3, 3), labels])).toBe(1);
    expect(trend([x(3, 3), labels], [x(4, 3), labels])).toBe(0.5);
  });

  it('counts joint tables that are too large for an array alike', () => {
    const names = Array.from({ length: 1500 }, (_, index) => `n${index}`);
    const left = categoricalColumn('x', names);
    const shifted = names.map((_, index) => names[index < 300 ? (index + 1) % 300 : index]!);
    expect(trend([left, label(...names)], [left, label(...shifted)])).toBeCloseTo(0.8, 12);
  });
});

describe('correlation matrix', () => {
  it('is symmetric with ones on its diagonal, and null for constants', () => {
    const tables = alignTables(
      tableOf(x(1, 2, 3), y(1, 3, 2), numericColumn('z', [4, 4, 4])),
      tableOf(x(1, 2, 3), y(3, 2, 1), numericColumn('z', [4, 5, 6])),
      'other',
    );
    const columns = tables.columns.map(trendColumn);
    const real = correlationMatrix(columns, 'real');
    expect(real[0]![1]).toBeCloseTo(0.5, 12);
    expect(real[1]![0]).toBe(real[0]![1]);
    expect(real.map((row, index) => row[index])).toEqual([1, 1, null]);
    expect(real[2]).toEqual([null, null, null]);
    expect(correlationMatrix(columns, 'other')[0]![1]).toBeCloseTo(-1, 12);
  });
});
