import { describe, expect, it } from '@jest/globals';
import { categoricalColumn, tableOf } from '../../../evaluation/testing.js';
import type { LoggedQuery } from '../datasets/search-log.js';
import { shopCatalogue } from '../datasets/shop-catalogue.js';
import { wordsKey } from '../text/analysis.js';
import { heldOutProducts, heldOutQueries, withoutTested } from './held-out.js';

const ROLES = { id: 'id', title: ['title'], brand: [], category: [], description: [] };
const catalogueOf = (...rows: readonly (readonly [id: string | null, title: string | null])[]) =>
  shopCatalogue(
    tableOf(
      categoricalColumn(
        'id',
        rows.map(([id]) => id),
        'TEXT',
      ),
      categoricalColumn(
        'title',
        rows.map(([, title]) => title),
        'TEXT',
      ),
    ),
    ROLES,
    undefined,
  );

const SHOP = catalogueOf(
  ...Array.from(
    { length: 20 },
    (_, at) => [`p${at}`, `thing number ${at} ${'abcdefghijklmnopqrst'[at]!.repeat(5)}`] as const,
  ),
);
const query = (text: string, heldOut?: boolean): LoggedQuery => ({
  query: text,
  judgements: [{ product: 'p1', gain: 1 }],
  heldOut,
});

describe('a catalogue with several rows of a product', () => {
  it('has the most frequent spelling, keeps the others, and counts both', () => {
    const { products, spellings, notes } = catalogueOf(
      ['1', 'RED MUG'],
      ['1', 'red mug '],
      ['1', 'Mug, red'],
      ['2', null],
      ['2', 'lantern'],
      [null, 'nothing'],
    );
    expect(products).toEqual([
      { id: '1', title: 'RED MUG' },
      { id: '2', title: 'lantern' },
    ]);
    expect([...spellings]).toEqual([
      ['1', ['RED MUG', 'Mug, red']],
      ['2', ['lantern']],
    ]);
    expect(notes).toEqual({ withoutId: 1, otherLocale: 0, repeated: 3, respelt: 1 });
  });
});

describe('products held out of learning', () => {
  it('are looked for, and nothing is learnt from them', () => {
    const { training, test, heldOutProducts: held } = heldOutProducts(SHOP, 0.2, 1);
    expect(held).toBe(4);
    expect(training.products).toHaveLength(16);
    const learnt = new Set(training.products.map(({ id }) => id));
    const targets = new Set(test.flatMap(({ judgements }) => judgements.map(({ product }) => product)));
    expect([...targets].filter((id) => learnt.has(id))).toEqual([]);
    expect(new Set(test.map(({ from }) => from))).toEqual(new Set(['PREFIX', 'TYPING_ERROR']));
    expect(heldOutProducts(SHOP, 0.2, 1).test).toEqual(test);
    expect(heldOutProducts(SHOP, 0.2, 2).test).not.toEqual(test);
  });

  it('are none where all products have the same words, which is said', () => {
    const {
      training,
      test,
      heldOutProducts: held,
      notes,
    } = heldOutProducts(catalogueOf(['1', 'mug'], ['2', 'Mug']), 0.2, 1);
    expect([held, training.products.length]).toEqual([0, 2]);
    expect(test.length).toBeGreaterThan(0);
    expect(notes.join()).toContain('was learnt from');
  });
});

describe('queries held out of learning', () => {
  const queries = Array.from({ length: 10 }, (_, at) => query(`query ${at}`));

  it('are a share of them, one at least, and none is on both sides', () => {
    const { training, test } = heldOutQueries(SHOP, queries, 0.3, 1);
    expect([training.queries.length, test.length]).toEqual([7, 3]);
    const learnt = new Set(training.queries.map((one) => wordsKey(one.query)));
    expect(test.filter((one) => learnt.has(wordsKey(one.query)))).toEqual([]);
    expect(heldOutQueries(SHOP, queries.slice(0, 1), 0.3, 1).test).toHaveLength(1);
  });

  it('are those that the log says, where it does', () => {
    const told = [query('one', true), query('two', false), query('three', true)];
    const { training, test } = heldOutQueries(SHOP, told, 0.9, 1);
    expect(test.map((one) => one.query).sort()).toEqual(['one', 'three']);
    expect(training.queries.map((one) => one.query)).toEqual(['two']);
    expect(() => heldOutQueries(SHOP, [query('one', false)], 0.5, 1)).toThrow('says `test` of none');
  });

  it('are kept from synthetic searches, too', () => {
    const { test } = heldOutQueries(SHOP, queries, 0.3, 1);
    const again = [query(test[0]!.query.toUpperCase()), query('something else')];
    expect(withoutTested(again, test)).toEqual({ queries: [again[1]], dropped: 1 });
  });
});
