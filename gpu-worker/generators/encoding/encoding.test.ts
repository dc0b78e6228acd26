import { describe, expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { Random } from '../../compute/random.js';
import type { CategoricalColumn, NumericColumn, Table } from '../../tables/table.js';
import { countingScalars, drawRows, paddingOf, splitOutput } from './output.js';
import { decodeRows, encodeRows, fitRowEncoding, layoutOf, pickRows, vectorsOf } from './row-encoding.js';

const schema = (
  name: string,
  kind: ColumnSchema['kind'],
  more: Partial<ColumnSchema> = {},
): ColumnSchema => ({
  ...{ name, kind, nullable: false, unique: false },
  ...more,
});

/** Half of the amounts are 0, a fifth are missing, the rest is spread. */
function amounts(rows: number): Table {
  const random = Random.seeded(1);
  return {
    rows,
    columns: [
      {
        schema: schema('amount', 'REAL', { decimals: 2, nullable: true }),
        values: Float64Array.from({ length: rows }, () => {
          const kind = random.uniform();
          return kind < 0.5 ? 0 : kind < 0.7 ? NaN : Math.round(100 * Math.exp(3 + random.normal())) / 100;
        }),
      },
      {
        schema: schema('country', 'CATEGORY'),
        codes: Int32Array.from({ length: rows }, () => random.categorical([6, 3, 1])),
        categories: ['de', 'fr', 'it'],
      },
      {
        schema: schema('days', 'INTEGER'),
        values: Float64Array.from({ length: rows }, () => random.integer(400)),
      },
    ],
  };
}

const OPTIONS = { modes: 12, categories: 10, support: 3 };

describe.each(['MODES', 'RANGE'] as const)('rows encoded with numbers by %s', (numbers) => {
  const table = amounts(800);
  const encoding = fitRowEncoding(table, { ...OPTIONS, numbers });
  const layout = layoutOf(encoding);
  const encoded = encodeRows(encoding, layout, table);
  const decoded = decodeRows(encoding, layout, encoded, 0, Random.seeded(2));

  test('come back with the same missing cells and categories, and numbers close to theirs', () => {
    const [before, after] = [table, decoded].map(
      ({ columns }) => columns as [NumericColumn, CategoricalColumn, NumericColumn],
    );
    before![0].values.forEach((value, row) => {
      expect(Number.isNaN(after![0].values[row]!)).toBe(Number.isNaN(value));
      if (numbers === 'MODES') expect(after![0].values[row] === 0).toBe(value === 0);
    });
    const names = ({ codes, categories }: CategoricalColumn): string[] =>
      [...codes].map((code) => categories[code]!);
    expect(names(after![1])).toEqual(names(before![1]));
    const off = before![2].values.map((value, row) => Math.abs(value - after![2].values[row]!));
    expect(off.reduce((sum, each) => sum + each, 0) / off.length).toBeLessThan(4);
  });

  test('have as many units as scalars and codes, one of each column’s codes set', () => {
    const { values, counting } = vectorsOf(layout, encoded, [0, 1, 2]);
    expect(values.length).toBe(3 * layout.units);
    for (let row = 0; row < 3; row++) {
      for (const { offset, width } of layout.spans) {
        const from = row * layout.units + layout.scalars.length + offset;
        expect(values.slice(from, from + width).reduce((sum, value) => sum + value, 0)).toBe(1);
      }
      const missing = Number.isNaN((table.columns[0] as NumericColumn).values[row]!);
      if (missing) expect(counting[row * layout.scalars.length]).toBe(0);
    }
  });

  test('never have a scalar beyond its bound', () => {
    encoded.scalars.forEach((value, index) => {
      expect(Math.abs(value)).toBeLessThanOrEqual(layout.scalars[index % layout.scalars.length]!.bound);
    });
  });

  test('are the same, picked one by one', () => {
    const picked = pickRows(encoded, layout, Uint32Array.of(5, 3));
    expect(vectorsOf(layout, picked, [1])).toEqual(vectorsOf(layout, encoded, [3]));
  });

  test('tell nothing by scalars that do not count', async () => {
    tf.enableProdMode();
    await tf.setBackend('cpu');
    const picked = [...Array(50).keys()];
    const { values, counting } = vectorsOf(layout, encoded, picked);
    const { logits } = splitOutput(layout, tf.tensor2d(values, [50, layout.units]));
    const kept = countingScalars(layout, tf.ones([50, layout.scalars.length]), logits);
    expect([...kept.dataSync()]).toEqual([...counting]);
  });
});

test('codes are drawn by their probabilities, and never from padding', () => {
  const table = amounts(400);
  const encoding = fitRowEncoding(table, { ...OPTIONS, numbers: 'MODES' });
  const layout = layoutOf(encoding);
  const padding = paddingOf(layout);
  const units = padding.map((value) => (value < 0 ? 0 : 1));
  const country = layout.spans.find(({ column }) => column === 1)!;
  const output = new Float32Array(1000 * layout.units);
  for (let row = 0; row < 1000; row++) {
    for (const { offset, width } of layout.spans) {
      const from = row * layout.units + layout.scalars.length + offset;
      output.fill(1 / width, from, from + width);
    }
    const from = row * layout.units + layout.scalars.length + country.offset;
    output.set([0.7, 0.3, 0], from);
  }
  const { codes } = drawRows(layout, output, 1000, Random.seeded(3));
  const span = layout.spans.indexOf(country);
  const share =
    codes.filter((code, index) => index % layout.spans.length === span && code === 0).length / 1000;
  expect(share).toBeGreaterThan(0.65);
  expect(share).toBeLessThan(0.75);
  codes.forEach((code, index) => {
    const { offset, width } = layout.spans[index % layout.spans.length]!;
    expect(code).toBeLessThan(width);
    expect(units[layout.scalars.length + offset + code]).toBe(1);
  });
});
