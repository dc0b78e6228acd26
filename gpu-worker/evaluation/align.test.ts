import { UserFailure } from '../failure.js';
import { alignTables } from './align.js';
import { categoricalColumn, numericColumn, tableOf } from './testing.js';

function failureOf(action: () => unknown): UserFailure {
  try {
    action();
  } catch (error) {
    if (error instanceof UserFailure) return error;
    throw error;
  }
  throw new Error('it should have failed');
}

describe('making two tables comparable', () => {
  it('pairs columns by name, in the order of the real table', () => {
    const real = tableOf(numericColumn('a', [1]), numericColumn('b', [2]));
    const other = tableOf(numericColumn('b', [20]), numericColumn('a', [10]));
    const { columns } = alignTables(real, other, 'synthetic table');
    expect(columns.map(({ name, real, other }) => [name, real[0], other[0]])).toEqual([
      ['a', 1, 10],
      ['b', 2, 20],
    ]);
  });

  it('gives both tables one dictionary of categories, missing apart', () => {
    const real = tableOf(categoricalColumn('month', ['May', 'June', null]));
    const other = tableOf(categoricalColumn('month', ['June', 'July', null, 'May']));
    const [column] = alignTables(real, other, 'synthetic table').columns;
    expect(column).toMatchObject({ labels: ['May', 'June', 'July'] });
    expect([...column!.real]).toEqual([0, 1, -1]);
    expect([...column!.other]).toEqual([1, 2, -1, 0]);
  });

  it('names the column that the other table lacks', () => {
    const failure = failureOf(() =>
      alignTables(
        tableOf(numericColumn('price', [1]), numericColumn('visits', [1])),
        tableOf(numericColumn('price', [1])),
        'synthetic table',
      ),
    );
    expect(failure.code).toBe('INVALID_FILE');
    expect(failure.message).toContain('"visits"');
    expect(failure.location).toEqual({ column: 'visits' });
  });

  it('names the column that only the other table has', () => {
    const failure = failureOf(() =>
      alignTables(
        tableOf(numericColumn('price', [1])),
        tableOf(numericColumn('price', [1]), numericColumn('extra', [1])),
        'test table',
      ),
    );
    expect(failure.message).toContain('test table has a column "extra"');
    expect(failure.location).toEqual({ column: 'extra' });
  });

  it('names the column whose kinds cannot be compared', () => {
    const failure = failureOf(() =>
      alignTables(
        tableOf(numericColumn('price', [1, 2])),
        tableOf(categoricalColumn('price', ['cheap', 'dear'])),
        'synthetic table',
      ),
    );
    expect(failure.message).toContain('"price" holds REAL values in the real table but CATEGORY values');
    expect(failure.location).toEqual({ column: 'price' });
  });

  it('never compares a point in time with a plain number', () => {
    const real = tableOf(numericColumn('at', [1.7e12], 'DATETIME'));
    expect(
      failureOf(() => alignTables(real, tableOf(numericColumn('at', [5])), 'synthetic table')).code,
    ).toBe('INVALID_FILE');
  });

  it.each([
    [
      'integers read where the real column has codes',
      categoricalColumn('x', ['2', '1']),
      numericColumn('x', [1, 2], 'INTEGER'),
    ],
    [
      'codes read where the real column has integers',
      numericColumn('x', [2, 1], 'INTEGER'),
      categoricalColumn('x', ['1', '2']),
    ],
  ])('takes %s', (_, real, other) => {
    const [column] = alignTables(tableOf(real), tableOf(other), 'synthetic table').columns;
    expect([...column!.real]).toEqual([...column!.other].reverse());
  });

  it('takes booleans whatever their spelling', () => {
    const spelled = { ...numericColumn('sale', [0, 1], 'BOOLEAN') };
    spelled.schema.booleanLabels = ['no', 'yes'];
    const plain = numericColumn('sale', [1, null], 'BOOLEAN');
    const numbers = numericColumn('sale', [1, 0], 'INTEGER');
    const [column] = alignTables(tableOf(spelled), tableOf(plain), 'synthetic table').columns;
    expect(column).toMatchObject({ labels: ['no', 'yes'], other: Int32Array.of(1, -1) });
    expect(alignTables(tableOf(spelled), tableOf(numbers), 'synthetic table').columns[0]).toMatchObject({
      labels: ['no', 'yes'],
      other: Int32Array.of(1, 0),
    });
  });

  it('takes a column that is missing in every row as any kind', () => {
    const [column] = alignTables(
      tableOf(numericColumn('price', [1, 2])),
      tableOf(categoricalColumn('price', [null, null])),
      'synthetic table',
    ).columns;
    expect([...column!.other]).toEqual([NaN, NaN]);
  });
});
