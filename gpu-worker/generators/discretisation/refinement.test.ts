import { describe, expect, test } from '@jest/globals';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { Random } from '../../compute/random.js';
import type { CategoricalColumn, NumericColumn, Table } from '../../tables/table.js';
import { codeWidths, decodeCodes, encodeCodes, fitTableCodes } from './column-codes.js';
import { TailPlaces } from './refinement.js';

const schema = (
  name: string,
  kind: ColumnSchema['kind'],
  more: Partial<ColumnSchema> = {},
): ColumnSchema => ({
  ...{ name, kind, nullable: false, unique: false },
  ...more,
});
const OPTIONS = { bins: 20, parts: 8, support: 2 };

/** Order lines: the name follows from the product, the price nearly, the day from nothing. */
function lines(rows: number, products: number): Table {
  const random = Random.seeded(9);
  const product = Int32Array.from({ length: rows }, () => Math.floor(products * random.uniform() ** 2));
  return {
    rows,
    columns: [
      {
        schema: schema('product', 'CATEGORY'),
        codes: product,
        categories: Array.from({ length: products }, (_, code) => `p${(code * 7919) % products}`),
      },
      {
        schema: schema('name', 'CATEGORY'),
        codes: product,
        categories: Array.from({ length: products }, (_, code) => `name ${code}`),
      },
      {
        schema: schema('price', 'REAL', { decimals: 2 }),
        values: Float64Array.from(
          product,
          (code) => Math.round(100 * (1 + code / 10 + random.uniform())) / 100,
        ),
      },
    ],
  };
}

describe('codes of a column of thousands of categories', () => {
  const table = lines(6000, 900);
  const codes = fitTableCodes(table, OPTIONS);

  test('are few, each of few levels', () => {
    const widths = codeWidths(codes[0]!);
    expect(widths.length).toBe(3);
    expect(Math.max(...widths)).toBeLessThanOrEqual(64);
  });

  test('give the categories back that enough rows share', () => {
    const column = table.columns[0] as CategoricalColumn;
    const made = decodeCodes(
      codes[0]!,
      column.schema,
      encodeCodes(codes[0]!, column),
      6000,
      0,
      Random.seeded(1),
    ) as CategoricalColumn;
    const counts = new Map<number, number>();
    for (const code of column.codes) counts.set(code, (counts.get(code) ?? 0) + 1);
    column.codes.forEach((code, row) => {
      if (counts.get(code)! < OPTIONS.support) return;
      expect(made.categories[made.codes[row]!]).toBe(column.categories[code]);
    });
  });

  test('are the same for two columns of which one decides the other', () => {
    const [product, name] = [0, 1].map((index) => encodeCodes(codes[index]!, table.columns[index]!));
    const same = product![1]!.filter(
      (digit, row) => digit === name![1]![row] && product![2]![row] === name![2]![row],
    );
    expect(same.length / 6000).toBeGreaterThan(0.98);
  });

  test('lie near each other where categories go with near values of another column', () => {
    const [bins, first] = encodeCodes(codes[0]!, table.columns[0]!);
    const price = (table.columns[2] as NumericColumn).values;
    const tail = codeWidths(codes[0]!)[0]! - 1;
    const prices = new Map<number, number[]>();
    first!.forEach((digit, row) => {
      if (bins![row] === tail) prices.set(digit, [...(prices.get(digit) ?? []), price[row]!]);
    });
    const means = [...prices]
      .sort(([a], [b]) => a - b)
      .map(([, of]) => of.reduce((sum, value) => sum + value, 0) / of.length);
    expect(means.length).toBeGreaterThan(10);
    const falling = means.filter((mean, at) => at > 0 && mean < means[at - 1]!);
    expect(falling.length / means.length).toBeLessThan(0.1);
  });
});

test('digits that stand for no category stand for one with the same first digits', () => {
  const places = new TailPlaces({ type: 'digits', base: 4, count: 2, places: [0, 1, 9, 14] });
  const random = Random.seeded(1);
  expect(places.categoryAt([2, 1], random)).toBe(2);
  expect(places.categoryAt([3, 3], random)).toBe(3);
  expect([0, 1]).toContain(places.categoryAt([0, 3], random));
  expect([0, 1, 2, 3]).toContain(places.categoryAt([1, 0], random));
});

test('parts of a number keep its order within a bin, and repeated values need none', () => {
  const values = Float64Array.from({ length: 2000 }, (_, row) => (row % 2 === 0 ? 0 : row));
  const column: NumericColumn = { schema: schema('n', 'INTEGER'), values };
  const [codes] = fitTableCodes({ rows: 2000, columns: [column] }, OPTIONS);
  const [bins, parts] = encodeCodes(codes!, column);
  values.forEach((value, row) => {
    if (value === 0) expect(parts![row]).toBe(0);
    else if (row >= 2 && bins![row - 2] === bins![row])
      expect(parts![row]).toBeGreaterThanOrEqual(parts![row - 2]!);
  });
  const made = decodeCodes(
    codes!,
    column.schema,
    [bins!, parts!],
    2000,
    0,
    Random.seeded(1),
  ) as NumericColumn;
  const off = values.map((value, row) => Math.abs(value - made.values[row]!));
  // Bins of about 100 values, eight parts each.
  expect(Math.max(...off)).toBeLessThan(40);
});
