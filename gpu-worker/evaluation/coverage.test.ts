import { alignTables } from './align.js';
import { coverage } from './coverage.js';
import { categoricalColumn, numericColumn, tableOf } from './testing.js';

const of = (real: Parameters<typeof tableOf>, other: Parameters<typeof tableOf>) =>
  coverage(alignTables(tableOf(...real), tableOf(...other), 'other').columns);

describe('coverage', () => {
  it('is the share of real categories that appear, whatever new ones do', () => {
    const { categories } = of(
      [categoricalColumn('c', ['a', 'b', 'c', 'd', null]), categoricalColumn('d', ['x', 'x', 'x', 'x', 'x'])],
      [
        categoricalColumn('c', ['a', 'a', 'new', 'c', 'c']),
        categoricalColumn('d', ['x', 'x', 'y', 'y', 'y']),
      ],
    );
    expect(categories).toBe((2 / 4 + 1) / 2);
  });

  it('is the part of the real range that is spanned, whatever lies beyond it', () => {
    const range = (...other: (number | null)[]) =>
      of([numericColumn('n', [0, 5, 10, null])], [numericColumn('n', other)]).ranges;
    expect(range(2, 7, 9, 3)).toBeCloseTo(0.7, 12);
    expect(range(-5, 1, 2, 30)).toBe(1);
    expect(range(20, 30, 40, 50)).toBe(0);
    expect(range(null, null, null, null)).toBe(0);
  });

  it('asks of a constant column only that its value is there, and nothing of an empty one', () => {
    const constant = (...other: number[]) =>
      of([numericColumn('n', [3, 3])], [numericColumn('n', other)]).ranges;
    expect(constant(1, 5)).toBe(1);
    expect(constant(4, 5)).toBe(0);
    expect(of([numericColumn('n', [null, null])], [numericColumn('n', [1, 2])])).toEqual({
      categories: undefined,
      ranges: undefined,
    });
  });
});
