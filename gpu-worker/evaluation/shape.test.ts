import { alignTables } from './align.js';
import { columnShape } from './shape.js';
import { categoricalColumn, numericColumn, tableOf } from './testing.js';

type Cells = readonly (number | null)[];
type Labels = readonly (string | null)[];

const numericShape = (real: Cells, other: Cells) =>
  columnShape(
    alignTables(tableOf(numericColumn('x', real)), tableOf(numericColumn('x', other)), 'other').columns[0]!,
  );
const categoricalShape = (real: Labels, other: Labels) =>
  columnShape(
    alignTables(tableOf(categoricalColumn('x', real)), tableOf(categoricalColumn('x', other)), 'other')
      .columns[0]!,
  );

describe('shape of a numeric column', () => {
  it('is 1 for the same values in any order', () => {
    expect(numericShape([3, 1, 2, 2], [2, 3, 2, 1])).toBe(1);
  });

  it('is 0 for values that do not overlap', () => {
    expect(numericShape([1, 2], [3, 4, 5])).toBe(0);
  });

  it('is 1 minus the largest distance of the distribution functions', () => {
    // After 2: F = 2/4, G = 0.
    expect(numericShape([1, 2, 3, 4], [3, 4, 5, 6])).toBe(0.5);
    // After 0: F = 3/4, G = 1/5; ties move both functions at once.
    expect(numericShape([0, 0, 0, 1], [0, 1, 1, 1, 1])).toBeCloseTo(1 - (3 / 4 - 1 / 5), 12);
  });

  it('looks at the cells that are there', () => {
    expect(numericShape([1, null, 2], [null, null, 2, 1])).toBe(1);
  });

  it('is 0 when only one side has values, 1 when none has', () => {
    expect(numericShape([1, 2], [null, null])).toBe(0);
    expect(numericShape([null], [null, null])).toBe(1);
  });

  it('is 1 for the same constant, 0 for another', () => {
    expect(numericShape([5, 5, 5], [5])).toBe(1);
    expect(numericShape([5, 5, 5], [6])).toBe(0);
  });
});

describe('shape of a categorical column', () => {
  it('is 1 minus the total variation distance of the shares', () => {
    // Shares (½, ½, 0) and (¼, ½, ¼).
    expect(categoricalShape(['a', 'b'], ['a', 'b', 'b', 'c'])).toBe(0.75);
  });

  it('counts missing as a category', () => {
    expect(categoricalShape(['a', 'a', 'a', null], ['a', null, null, null])).toBe(0.5);
  });

  it('is 0 without a common category', () => {
    expect(categoricalShape(['a'], ['b', 'c', 'd'])).toBe(0);
  });

  it('compares booleans as categories', () => {
    const column = (cells: Cells) => tableOf(numericColumn('x', cells, 'BOOLEAN'));
    const { columns } = alignTables(column([0, 0, 0, 1]), column([0, 1]), 'other');
    expect(columnShape(columns[0]!)).toBe(0.75);
  });
});
