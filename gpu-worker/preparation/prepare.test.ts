import { describe, expect, it, test } from '@jest/globals';
import type { ColumnKind, ColumnSchema } from '../../schema/messages/column.js';
import { PreparationStep, recordText } from '../../schema/messages/preparation.js';
import { categoricalColumn, numericColumn, tableOf } from '../evaluation/testing.js';
import { cellsOf } from '../tables/combinations.js';
import { columnOf, isCategorical, type Column, type Table } from '../tables/table.js';
import { UserFailure } from '../failure.js';
import { prepare, type Prepared } from './prepare.js';

const number = (
  name: string,
  cells: readonly (number | null)[],
  kind: ColumnKind = 'INTEGER',
  rest: Partial<ColumnSchema> = {},
): Column => {
  const built = numericColumn(name, cells, kind);
  return { ...built, schema: { ...built.schema, ...rest } };
};

const prepared = (table: Table, ...steps: unknown[]): Prepared =>
  prepare(
    table,
    steps.map((step) => PreparationStep.parse(step)),
  );

const cells = (table: Table, name: string) =>
  Array.from({ length: table.rows }, (_, row) => cellsOf(table, name)(row));

const DAY = 86_400_000;
const shop = tableOf(
  number('price', [1.5, 2.5, null, 4, 100], 'REAL', { decimals: 2 }),
  number('items', [1, 2, 3, 3, null]),
  number('day', [0, DAY, 2 * DAY, null, 9 * DAY], 'DATETIME', { precision: 'date' }),
  number('paid', [1, 1, 0, null, 1], 'BOOLEAN', { booleanLabels: ['no', 'yes'] }),
  categoricalColumn('country', ['de', 'fr', 'de', null, 'li']),
  categoricalColumn('order', ['a', 'b', 'c', 'd', null], 'ID'),
);

describe('dropping', () => {
  it('leaves out rows in which a column is missing, and tells how many', () => {
    const { table, record } = prepared(shop, { type: 'dropRows', missingIn: ['price', 'country'] });
    expect(cells(table, 'price')).toEqual([1.5, 2.5, 100]);
    expect(columnOf(table, 'price').schema.nullable).toBe(false);
    expect(columnOf(table, 'items').schema.nullable).toBe(true);
    expect(record.map(recordText)).toEqual(['drop rows without price, country: 2 rows']);
  });

  it('leaves out rows for which an expression is true, and keeps those for which it is unknown', () => {
    const { table } = prepared(shop, { type: 'dropRows', where: 'price > 3 or country = "fr"' });
    expect(cells(table, 'price')).toEqual([1.5, null]);
  });

  it('takes columns away from the table and from what later steps may name', () => {
    expect(prepared(shop, { type: 'dropColumns', columns: ['order'] }).table.columns).toHaveLength(5);
    expect(() =>
      prepared(
        shop,
        { type: 'dropColumns', columns: ['price'] },
        { type: 'derive', column: 'x', formula: 'price * 2' },
      ),
    ).toThrow('there is no column "price" at that point; there are items, day, paid, country, order');
  });
});

describe('filling', () => {
  it.each([
    ['price', 'mean', 27],
    ['price', 'median', 3.25],
    ['items', 'mean', 2],
    ['items', 'median', 3],
    ['items', 'mode', 3],
    ['day', 'mean', 3 * DAY],
    ['day', 'median', DAY],
    ['paid', 'mode', 1],
    ['country', 'mode', 'de'],
  ])('puts in the place of missing %s cells their %s, as the column is written', (name, method, filled) => {
    const { table, record } = prepared(shop, { type: 'fillMissing', columns: [name], with: method });
    const gap = cells(shop, name).indexOf(null);
    expect(cells(table, name)[gap]).toBe(filled);
    expect(cells(table, name).toSpliced(gap, 1)).toEqual(cells(shop, name).toSpliced(gap, 1));
    expect(columnOf(table, name).schema).toEqual({ ...columnOf(shop, name).schema, nullable: false });
    expect(record[0]!.columns[0]).toMatchObject({ name, cells: 1 });
  });

  it('puts in a value that is spelled as in the file', () => {
    const fill = (column: string, value: string) =>
      cells(prepared(shop, { type: 'fillMissing', columns: [column], with: 'value', value }).table, column);
    expect(fill('price', '9.99')[2]).toBe(9.99);
    expect(fill('paid', 'NO')[3]).toBe(0);
    expect(fill('day', '1970-01-05')[3]).toBe(4 * DAY);
    expect(fill('country', 'unknown')[3]).toBe('unknown');
  });
});

describe('outliers', () => {
  const skewed = tableOf(number('x', [...Array.from({ length: 19 }, (_, row) => row), 1000]));

  it('are beyond Tukey’s fences, and are brought to them', () => {
    const { table, record } = prepared(skewed, {
      type: 'outliers',
      columns: ['x'],
      method: 'iqr',
      action: 'clip',
    });
    // Quartiles 4.75 and 14.25, so the fences are −9.5 and 28.5; on the grid of whole numbers −10 and 29.
    expect(cells(table, 'x').at(-1)).toBe(29);
    expect(cells(table, 'x').slice(0, 19)).toEqual(cells(skewed, 'x').slice(0, 19));
    expect(record.map(recordText)).toEqual([
      'clip outliers of x beyond 1.5 interquartile ranges: 1 cell (x from -10 to 29)',
    ]);
  });

  it('become missing, or go with their rows', () => {
    const step = { type: 'outliers', columns: ['x'], method: 'zScore', factor: 4 };
    const missing = prepared(skewed, { ...step, action: 'missing' }).table;
    expect(cells(missing, 'x').at(-1)).toBeNull();
    expect(columnOf(missing, 'x').schema.nullable).toBe(true);
    const dropped = prepared(skewed, { ...step, action: 'drop' });
    expect(cells(dropped.table, 'x')).toEqual(cells(skewed, 'x').slice(0, 19));
    expect(dropped.record[0]!.rowsDropped).toBe(1);
  });

  it('are the outermost share on either side', () => {
    const { table } = prepared(skewed, {
      type: 'outliers',
      columns: ['x'],
      method: 'quantile',
      share: 0.1,
      action: 'clip',
    });
    expect(cells(table, 'x').slice(0, 3)).toEqual([1, 1, 2]);
    expect(cells(table, 'x').slice(-3)).toEqual([17, 18, 18]);
  });

  it('are none where fences lie beyond all that can be written', () => {
    const wide = tableOf(
      number('x', [-1e308, 0, 1, 2, 1e308], 'REAL'),
      number('day', [-60_000 * DAY, 0, DAY, 900_000 * DAY, 2_900_000 * DAY], 'DATETIME', {
        precision: 'date',
      }),
    );
    const step = { type: 'outliers', columns: ['x', 'day'], method: 'iqr', factor: 1000, action: 'clip' };
    const { table, record } = prepared(tableOf(...wide.columns.slice(1)), { ...step, columns: ['day'] });
    expect(cells(table, 'day')).toEqual(cells(wide, 'day'));
    expect(record[0]!.columns[0]!.cells).toBe(0);
    const clipped = prepared(tableOf(wide.columns[0]!), { ...step, columns: ['x'], factor: 1.5 }).table;
    expect(cells(clipped, 'x')).toEqual([-3, 0, 1, 2, 5]);
  });

  it('are none in a column that does not vary, and missing cells never are', () => {
    const constant = tableOf(number('x', [3, null, 3, 3]));
    for (const method of ['iqr', 'zScore', 'quantile']) {
      const { table } = prepared(constant, { type: 'outliers', columns: ['x'], method, action: 'drop' });
      expect(cells(table, 'x')).toEqual([3, null, 3, 3]);
    }
  });
});

describe('derived columns', () => {
  it.each<[string, ColumnKind, (number | string | null)[]]>([
    ['price * 2', 'INTEGER', [3, 5, null, 8, 200]],
    ['items + 1', 'INTEGER', [2, 3, 4, 4, null]],
    ['price / 3', 'REAL', [0.5, 0.833333, null, 1.333333, 33.333333]],
    ['price > 2', 'BOOLEAN', [0, 1, null, 1, 1]],
    ['day + 86400000', 'DATETIME', [DAY, 2 * DAY, 3 * DAY, null, 10 * DAY]],
    ['if(missing(country), "none", "some")', 'CATEGORY', ['some', 'some', 'some', 'none', 'some']],
  ])('of the formula %s are %s', (formula, kind, wanted) => {
    const { table } = prepared(shop, { type: 'derive', column: 'new', formula });
    const { schema } = table.columns.at(-1)!;
    expect(schema).toMatchObject({ name: 'new', kind });
    expect(cells(table, 'new')).toEqual(wanted);
    expect(schema.nullable).toBe(wanted.includes(null));
  });

  it('follow their formula in synthetic rows, unless a later step changes what they follow from', () => {
    const derive = { type: 'derive', column: 'total', formula: 'price * items' };
    expect(prepared(shop, derive).constraints).toEqual([
      { type: 'formula', column: 'total', equals: 'price * items' },
    ]);
    expect(prepared(shop, derive, { type: 'dropColumns', columns: ['items'] }).constraints).toEqual([]);
    expect(
      prepared(shop, derive, { type: 'fillMissing', columns: ['price'], with: 'mean' }).constraints,
    ).toEqual([]);
  });
});

describe('bounds', () => {
  it('are kept in the column and promised of every row; what lies beyond is brought within', () => {
    const { table, constraints, record } = prepared(
      shop,
      { type: 'bounds', column: 'price', minimum: 2.125, maximum: 50 },
      { type: 'bounds', column: 'day', earliest: '1970-01-02', latest: '1970-01-05T12:00' },
    );
    // 2.125 has more decimals than the column: the least that it can hold is 2.13.
    expect(cells(table, 'price')).toEqual([2.13, 2.5, null, 4, 50]);
    expect(cells(table, 'day')).toEqual([DAY, DAY, 2 * DAY, null, 4 * DAY]);
    expect(columnOf(table, 'price').schema.bounds).toEqual([2.125, 50]);
    expect(constraints).toEqual([
      { type: 'range', column: 'price', min: 2.125, max: 50 },
      {
        type: 'range',
        column: 'day',
        earliest: '1970-01-02T00:00:00.000',
        latest: '1970-01-05T12:00:00.000',
      },
    ]);
    expect(record.map(({ columns }) => columns)).toEqual([
      [{ name: 'price', cells: 2 }],
      [{ name: 'day', cells: 2 }],
    ]);
  });
});

describe('rare categories', () => {
  const visits = tableOf(categoricalColumn('city', ['Bonn', 'Bonn', 'Ulm', null, 'Jena', 'Bonn', 'other']));

  it('share one label, and are in the table no more', () => {
    const { table, record } = prepared(visits, {
      type: 'rareCategories',
      columns: ['city'],
      minimumSupport: 2,
    });
    expect(cells(table, 'city')).toEqual(['Bonn', 'Bonn', 'other', null, 'other', 'Bonn', 'other']);
    const column = columnOf(table, 'city');
    expect(isCategorical(column) && column.categories).toEqual(['Bonn', 'other']);
    expect(JSON.stringify(record)).not.toMatch(/Ulm|Jena/);
    expect(record[0]!.columns).toEqual([{ name: 'city', cells: 2, note: 'keeps 1 of its values' }]);
  });

  it('become missing when that is asked for', () => {
    const { table } = prepared(visits, {
      type: 'rareCategories',
      columns: ['city'],
      minimumSupport: 2,
      as: 'missing',
    });
    expect(cells(table, 'city')).toEqual(['Bonn', 'Bonn', null, null, null, 'Bonn', null]);
    const column = columnOf(table, 'city');
    expect(isCategorical(column) && column.categories).toEqual(['Bonn']);
  });
});

describe('scaling', () => {
  it('that is kept puts numbers of six decimals in the table', () => {
    const { table, scales } = prepared(
      shop,
      { type: 'scale', columns: ['items'], method: 'minMax', keep: true },
      { type: 'scale', columns: ['price'], method: 'zScore', keep: true },
    );
    expect(cells(table, 'items')).toEqual([0, 0.5, 1, 1, null]);
    // Mean 27, deviation √(7108.5 / 4) = 42.1559…
    expect(cells(table, 'price')).toEqual([-0.604897, -0.581175, null, -0.545593, 1.731665]);
    expect(columnOf(table, 'items').schema).toMatchObject({ kind: 'REAL', decimals: 6 });
    expect(scales).toEqual([]);
  });

  it('to a column’s bounds doesn’t look at its values', () => {
    const { table } = prepared(
      shop,
      { type: 'bounds', column: 'items', minimum: 0, maximum: 8 },
      { type: 'scale', columns: ['items'], method: 'minMax', keep: true },
    );
    expect(cells(table, 'items')).toEqual([0.125, 0.25, 0.375, 0.375, null]);
    expect(columnOf(table, 'items').schema.bounds).toEqual([0, 1]);
  });

  it('that is undone leaves the table in its units', () => {
    const { table, scales } = prepared(shop, { type: 'scale', columns: ['items', 'day'], method: 'minMax' });
    expect(table.columns.map(({ schema }) => schema)).toEqual(shop.columns.map(({ schema }) => schema));
    expect(scales.map(({ offset, factor }) => [offset, factor])).toEqual([
      [1, 2],
      [0, 9 * DAY],
    ]);
  });
});

test('a holdout is prepared alike, with what was learnt from the real table', () => {
  const { prepareAlike } = prepared(
    tableOf(number('x', [0, 1, 2, 3, 4, null]), categoricalColumn('c', ['a', 'a', 'b', 'b', 'c', 'a'])),
    { type: 'fillMissing', columns: ['x'], with: 'mean' },
    { type: 'outliers', columns: ['x'], method: 'iqr', action: 'drop' },
    { type: 'rareCategories', columns: ['c'], minimumSupport: 2, label: 'rare' },
    { type: 'derive', column: 'double', formula: 'x * 2' },
  );
  const holdout = prepareAlike(tableOf(number('x', [null, 99, 1]), categoricalColumn('c', ['a', 'a', 'z'])));
  expect(cells(holdout, 'x')).toEqual([2, 1]);
  expect(cells(holdout, 'c')).toEqual(['a', 'rare']);
  expect(cells(holdout, 'double')).toEqual([4, 2]);
});

test('a table without steps stays as it is', () => {
  expect(prepared(shop)).toMatchObject({ table: shop, record: [], scales: [], constraints: [] });
});

const gap = tableOf(number('x', [null, null]), number('same', [5, 5]), categoricalColumn('c', [null, null]));

interface Refused {
  readonly code?: string;
  readonly message: RegExp;
  readonly field: string;
}

test.each<[string, Table, unknown[], Refused]>([
  [
    'drops every row',
    shop,
    [{ type: 'dropRows', where: 'items < 9 or missing(items)' }],
    {
      code: 'INSUFFICIENT_DATA',
      message: /^Step 1 of the preparation \(drop rows where .*every row/,
      field: '0.where',
    },
  ],
  [
    'fills a number that is always missing',
    gap,
    [{ type: 'fillMissing', columns: ['x'], with: 'median' }],
    { code: 'INSUFFICIENT_DATA', message: /"x" is missing in every row/, field: '0.columns' },
  ],
  [
    'fills a category that is always missing',
    gap,
    [{ type: 'fillMissing', columns: ['c'], with: 'mode' }],
    { code: 'INSUFFICIENT_DATA', message: /"c" is missing in every row/, field: '0.columns' },
  ],
  [
    'scales a constant column',
    gap,
    [
      { type: 'dropColumns', columns: ['c'] },
      { type: 'scale', columns: ['same'], method: 'zScore' },
    ],
    {
      code: 'INVALID_CONFIG',
      message: /^Step 2 .*"same" has the same value in every row/,
      field: '1.columns',
    },
  ],
  [
    'looks for outliers of a category',
    shop,
    [{ type: 'outliers', columns: ['country'], method: 'iqr', action: 'clip' }],
    { code: 'INVALID_CONFIG', message: /"country" is CATEGORY; outliers are of numbers/, field: '0.columns' },
  ],
  [
    'would take whatever differs from one value for an outlier',
    tableOf(number('x', [0, 0, 0, 0, 0, 0, 7])),
    [{ type: 'outliers', columns: ['x'], method: 'iqr', action: 'clip' }],
    { message: /middle half of "x" is 0 .* zScore or quantile/, field: '0.method' },
  ],
  [
    'drops by what is no condition',
    shop,
    [{ type: 'dropRows', where: 'items + 1' }],
    { message: /"items \+ 1" gives a number, and must be true or false/, field: '0.where' },
  ],
  [
    'derives what can’t be computed',
    shop,
    [{ type: 'derive', column: 'x', formula: 'country * 2' }],
    { message: /can't be used between text and a number/, field: '0.formula' },
  ],
  [
    'derives what has no value in any row',
    shop,
    [{ type: 'derive', column: 'x', formula: 'items / 0' }],
    { code: 'INSUFFICIENT_DATA', message: /has a value in no row/, field: '0.formula' },
  ],
  [
    'takes a derived category for a number',
    shop,
    [
      { type: 'derive', column: 'x', formula: 'if(items > 1, "a", "b")' },
      { type: 'scale', columns: ['x'], method: 'minMax' },
    ],
    { message: /^Step 2 .*"x" is CATEGORY; only numbers and dates are scaled/, field: '1.columns' },
  ],
])(
  'a step that %s is refused by its number and field',
  (_, table, steps, { code = 'INVALID_CONFIG', message, field }) => {
    let refused: unknown;
    try {
      prepared(table, ...steps);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(UserFailure);
    expect(refused).toMatchObject({ code, location: { field: `preparation.${field}` } });
    expect((refused as UserFailure).message).toMatch(message);
  },
);
