import { describe, expect, test } from '@jest/globals';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import type { Table } from '../../tables/table.js';
import { attributesFor, catalogueOf } from './catalogue.js';
import { fitItemEncoding, itemFeatures } from './item-features.js';
import {
  addEvent,
  CROSS_FEATURES,
  crossFeatures,
  featureCount,
  noState,
  userFeatures,
} from './user-features.js';

const schema = (name: string, kind: ColumnSchema['kind']): ColumnSchema => ({
  name,
  kind,
  nullable: true,
  unique: false,
});

const table: Table = {
  rows: 4,
  columns: [
    {
      schema: schema('sku', 'CATEGORY'),
      codes: Int32Array.of(0, 1, 0, 2),
      categories: ['mug', 'pen', 'cup'],
    },
    { schema: schema('price', 'REAL'), values: Float64Array.of(4, 9, NaN, NaN) },
    {
      schema: schema('group', 'CATEGORY'),
      codes: Int32Array.of(0, 1, 2, -1),
      categories: ['home', 'office', 'gift'],
    },
    { schema: schema('title', 'TEXT'), codes: Int32Array.of(0, -1, -1, 0), categories: ['Blue mug, blue!'] },
  ],
};

describe('a catalogue', () => {
  test('has the last known value of each attribute', () => {
    const catalogue = catalogueOf(table, { item: 'sku', price: 'price', category: 'group', text: 'title' });
    expect(catalogue.ids).toEqual(['mug', 'pen', 'cup']);
    expect([...catalogue.price!]).toEqual([4, 9, NaN]);
    expect(catalogue.category).toEqual(['gift', 'office', undefined]);
    expect(catalogue.text).toEqual(['Blue mug, blue!', '', 'Blue mug, blue!']);
    expect(attributesFor(catalogue, ['pen', 'new']).category).toEqual(['office', undefined]);
    expect([...attributesFor(undefined, ['pen']).price]).toEqual([NaN]);
  });

  test('says which column is missing or of the wrong kind', () => {
    expect(() => catalogueOf(table, { item: 'sku', category: 'kind' })).toThrow(
      'The option category names the column "kind", which the table hasn\'t got.',
    );
    expect(() => catalogueOf(table, { item: 'sku', price: 'title' })).toThrow(/isn't numeric/);
  });
});

describe('features of items', () => {
  const all = attributesFor(
    catalogueOf(table, { item: 'sku', price: 'price', category: 'group', text: 'title' }),
    ['mug', 'pen', 'cup'],
  );
  const encoding = fitItemEncoding(all, 8);
  const features = itemFeatures(encoding, all);

  test('are the price level, the category and the words', () => {
    // Logarithms of 5 and 10 lie one deviation below and above their mean.
    expect([...features.price]).toEqual([-1, 1, 0]);
    expect(encoding.categories).toEqual(['gift', 'office']);
    expect([...features.category]).toEqual([0, 1, -1]);
    expect(features.width).toBe(2 + 2 + 1 + 8);
    const pen = [...features.values.subarray(features.width, 2 * features.width)];
    expect(pen).toEqual([1, 1, 0, 1, 0, ...Array<number>(8).fill(0)]);
    const words = [...features.values.subarray(5, features.width)].filter((value) => value > 0);
    expect(words.reduce((sum, value) => sum + value, 0)).toBeCloseTo(3 / Math.sqrt(3), 5);
    expect(Math.max(...words)).toBeGreaterThan(1);
  });

  test('of a new item are those of training: another category counts as other', () => {
    const added = itemFeatures(encoding, {
      ids: ['jar'],
      price: Float64Array.of(4),
      category: ['garden'],
      text: [''],
    });
    expect([...added.price]).toEqual([-1]);
    expect([...added.category]).toEqual([2]);
  });

  test('of users are recency, frequency, spend, price level, and shares of categories, platforms and types', () => {
    const layout = { categories: 2, platforms: 2, types: 1 };
    const state = noState(layout);
    const day = 86_400_000;
    const add = (item: number, platform: number, time: number): void =>
      addEvent(state, layout, { item, type: 0, platform, time }, features, all.price);
    expect([...userFeatures(state, layout, NaN, -1)]).toEqual(Array<number>(featureCount(layout)).fill(0));
    add(0, 1, day);
    add(1, 1, 2 * day);
    add(1, 0, 3 * day);
    add(2, -1, 4 * day);
    const [recency, isKnown, frequency, spend, level, ...shares] = userFeatures(state, layout, 7 * day, 1);
    expect(recency).toBeCloseTo(Math.log(4) / 3, 6);
    expect(isKnown).toBe(1);
    expect(frequency).toBeCloseTo(Math.log(5) / 3, 6);
    expect(spend).toBeCloseTo(Math.log(23) / 5, 6);
    expect(level).toBeCloseTo(1 / 3, 6);
    // Gift, office, other; two platforms; one type; where the list is shown.
    expect(shares).toEqual([0.25, 0.5, 0, 0.25, 0.5, 1, 0, 1]);
    const crosses = new Float32Array(CROSS_FEATURES);
    crossFeatures(state, 1, features, [0, 0.5, 0], crosses, 0);
    expect(crosses[0]).toBeCloseTo(2 / 3, 6);
    expect(crosses[1]).toBeCloseTo(2 / 3, 6);
    expect([crosses[2], crosses[3]]).toEqual([0.5, 0.5]);
  });
});
