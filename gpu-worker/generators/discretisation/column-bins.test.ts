import { describe, expect, test } from '@jest/globals';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { Random } from '../../compute/random.js';
import type { CategoricalColumn, Column, NumericColumn } from '../../tables/table.js';
import { RARE_LABEL } from './category-bins.js';
import { binCount, decodeColumn, encodeColumn, fitColumnBins } from './column-bins.js';

const OPTIONS = { bins: 20, support: 5 };

function numeric(values: number[], schema: Partial<ColumnSchema> = {}): NumericColumn {
  const described = {
    name: 'x',
    kind: 'REAL',
    nullable: values.some(Number.isNaN),
    unique: false,
    ...schema,
  } as const;
  return { schema: described, values: Float64Array.from(values) };
}

function categorical(cells: (string | null)[], schema: Partial<ColumnSchema> = {}): CategoricalColumn {
  const categories = [...new Set(cells.filter((cell) => cell !== null))];
  return {
    schema: { name: 'x', kind: 'CATEGORY', nullable: cells.includes(null), unique: false, ...schema },
    codes: Int32Array.from(cells, (cell) => (cell === null ? -1 : categories.indexOf(cell))),
    categories,
  };
}

/** The column after its way into bins and back. */
function roundTrip(column: Column, options = OPTIONS): Column {
  const bins = fitColumnBins(column, options);
  const chosen = encodeColumn(bins, column);
  expect(Math.max(...chosen)).toBeLessThan(binCount(bins));
  return decodeColumn(bins, column.schema, chosen, 0, Random.seeded(1));
}

function valuesOf(column: Column): number[] {
  return [...(column as NumericColumn).values];
}

function cellsOf(column: Column): (string | null)[] {
  const { codes, categories } = column as CategoricalColumn;
  return [...codes].map((code) => (code < 0 ? null : categories[code]!));
}

describe('bins of a number', () => {
  const random = Random.seeded(9);
  const skewed = Array.from({ length: 2000 }, (_, row) =>
    row % 3 === 0 ? 0 : Math.exp(2 * random.normal()),
  );

  test('keep repeated values exactly, and missing cells missing', () => {
    const cells = skewed.map((value, row) => (row % 10 === 1 ? NaN : value));
    const back = valuesOf(roundTrip(numeric(cells)));
    back.forEach((value, row) => {
      expect(Number.isNaN(value)).toBe(Number.isNaN(cells[row]!));
      expect(value === 0).toBe(cells[row] === 0);
    });
  });

  test('keep the distribution within a fraction of a percent', () => {
    const back = valuesOf(roundTrip(numeric(skewed))).sort((a, b) => a - b);
    const sorted = [...skewed].sort((a, b) => a - b);
    const share = (values: number[], bound: number): number =>
      values.filter((value) => value <= bound).length / 2000;
    for (const bound of sorted.filter((_, index) => index % 50 === 0)) {
      expect(Math.abs(share(back, bound) - share(sorted, bound))).toBeLessThan(0.01);
    }
  });

  test('never store or give back an extreme that one row has', () => {
    const column = numeric([...skewed, 1e9, -1e9]);
    const stored = JSON.stringify(fitColumnBins(column, OPTIONS));
    expect(stored).not.toContain('1000000000');
    expect(Math.max(...valuesOf(roundTrip(column)))).not.toBe(1e9);
  });

  test('store far fewer numbers than there are rows', () => {
    const stored = JSON.stringify(fitColumnBins(numeric(skewed), OPTIONS));
    expect(skewed.filter((value) => value !== 0 && stored.includes(String(value)))).toEqual([]);
    expect(stored.match(/\d+(\.\d+)?/g)!.length).toBeLessThan(skewed.length / 2);
  });

  test('keep integers whole, decimals short and dates at midnight', () => {
    const whole = valuesOf(roundTrip(numeric(skewed.map(Math.round), { kind: 'INTEGER' })));
    expect(whole.every(Number.isInteger)).toBe(true);
    const cents = valuesOf(
      roundTrip(
        numeric(
          skewed.map((value) => Number(value.toFixed(2))),
          { decimals: 2 },
        ),
      ),
    );
    expect(cents.every((value) => Number(value.toFixed(2)) === value)).toBe(true);
    const dates = skewed.map((_, row) => Date.UTC(2020, 0, 1 + (row % 700)));
    const back = valuesOf(roundTrip(numeric(dates, { kind: 'DATETIME', precision: 'date' })));
    expect(back.every((value) => value % 86_400_000 === 0)).toBe(true);
  });

  test('keep both values of a boolean, however rare one is', () => {
    const flags = Array.from({ length: 300 }, (_, row) => (row === 7 ? 1 : 0));
    expect(valuesOf(roundTrip(numeric(flags, { kind: 'BOOLEAN' }), { bins: 20, support: 1 }))).toEqual(flags);
    expect(new Set(valuesOf(roundTrip(numeric(flags, { kind: 'BOOLEAN' })))).size).toBe(2);
  });

  test('are no more than asked for, and one where there is nothing to tell', () => {
    for (const bins of [2, 3, 10, 50]) {
      expect(binCount(fitColumnBins(numeric(skewed), { bins, support: 5 }))).toBeLessThanOrEqual(bins);
    }
    expect(binCount(fitColumnBins(numeric(Array<number>(50).fill(3)), OPTIONS))).toBe(1);
    expect(valuesOf(roundTrip(numeric(Array<number>(50).fill(3))))).toEqual(Array<number>(50).fill(3));
    expect(valuesOf(roundTrip(numeric(Array<number>(50).fill(NaN)))).every(Number.isNaN)).toBe(true);
  });
});

describe('bins of a category', () => {
  const cells = Array.from({ length: 1000 }, (_, row) => (row % 4 === 3 ? null : `shop ${row % 30}`));

  test('keep every value that enough rows share', () => {
    expect(cellsOf(roundTrip(categorical(cells), { bins: 40, support: 5 }))).toEqual(cells);
  });

  test('beyond the cap, draw from the other frequent values', () => {
    const back = cellsOf(roundTrip(categorical(cells), { bins: 5, support: 5 }));
    expect(binCount(fitColumnBins(categorical(cells), { bins: 5, support: 5 }))).toBe(6);
    expect(new Set(back).size).toBeGreaterThan(10);
    back.forEach((cell, row) => expect(cell === null).toBe(cells[row] === null));
  });

  test('never store a value that too few rows have', () => {
    const column = categorical([...cells, 'Ada Lovelace', 'Ada Lovelace']);
    expect(JSON.stringify(fitColumnBins(column, OPTIONS))).not.toContain('Ada');
    const texts = categorical(
      Array.from({ length: 50 }, (_, row) => `a letter from customer ${row}`),
      { kind: 'TEXT' },
    );
    expect(new Set(cellsOf(roundTrip(texts)))).toEqual(new Set([RARE_LABEL]));
  });
});

describe('identifiers', () => {
  const samples: Record<string, { real: string[]; pattern: RegExp }> = {
    'a prefix and digits': {
      real: Array.from({ length: 99 }, (_, row) => `order-${String(row).padStart(6, '0')}`),
      pattern: /^order-\d{6}$/,
    },
    numbers: { real: Array.from({ length: 99 }, (_, row) => String(536_000 + row)), pattern: /^\d{6}$/ },
    UUIDs: {
      real: ['8a6e0804-2bd0-4672-b79d-d97027f9071a', 'c9bf9e57-1685-4c89-bafb-ff5af830be8a'],
      pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    },
    'anything else': { real: ['ada', 'syn-bob', 'x9y'], pattern: /^syn1-\d{9}$/ },
  };
  test.each(Object.entries(samples))(
    'made of %s are fresh, distinct and look alike',
    (_, { real, pattern }) => {
      const column = categorical(real, { kind: 'ID', unique: true });
      const bins = fitColumnBins(column, OPTIONS);
      const chunk = (start: number): (string | null)[] =>
        cellsOf(decodeColumn(bins, column.schema, new Uint16Array(500), start, Random.seeded(start)));
      const made = [...chunk(0), ...chunk(500)];
      expect(new Set(made).size).toBe(1000);
      expect(made.filter((id) => real.includes(id!))).toEqual([]);
      for (const id of made) expect(id).toMatch(pattern);
    },
  );

  test('repeat about as often as the real ones, and are missing as often', () => {
    const column = categorical(
      Array.from({ length: 2000 }, (_, row) => (row % 5 === 0 ? null : `user${row % 100}`)),
      { kind: 'ID' },
    );
    const made = cellsOf(
      decodeColumn(fitColumnBins(column, OPTIONS), column.schema, new Uint16Array(2000), 0, Random.seeded(1)),
    );
    expect(made.filter((id) => id === null).length / 2000).toBeCloseTo(0.2, 1);
    expect(new Set(made).size).toBeGreaterThan(60);
    expect(new Set(made).size).toBeLessThan(140);
  });
});
