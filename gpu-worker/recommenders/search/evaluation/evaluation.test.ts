import { describe, expect, it } from '@jest/globals';
import { Random } from '../../../compute/random.js';
import { categoricalColumn, numericColumn, tableOf } from '../../../evaluation/testing.js';
import { bm25 } from '../bm25/bm25.js';
import { fitting } from '../testing.js';
import { wordsOf } from '../text/analysis.js';
import { evaluateRanker } from './evaluate.js';
import { knownItems } from './known-items.js';

const pause = (): Promise<void> => Promise.resolve();
const PRODUCTS = [
  { id: 'a', title: 'red mug' },
  { id: 'b', title: 'blue mug' },
  { id: 'c', title: 'blue teapot' },
  { id: 'd', title: 'lantern' },
];

describe('scores of a ranker', () => {
  const query = {
    query: 'blue mug',
    judgements: [
      { product: 'd', gain: 1 },
      { product: 'c', gain: 0.1 },
      { product: 'a', gain: 0 },
    ],
  };

  it('are by the whole catalogue, in which what nobody judged counts 0 and what is not found never comes', async () => {
    const ranker = await bm25.fit({ products: PRODUCTS }, bm25.config.parse({}), fitting());
    const order = ranker.rank('blue mug', 4).map(({ id }) => id);
    expect(order[0]).toBe('b');
    expect(order).not.toContain('d');
    const scores = await evaluateRanker(ranker, PRODUCTS, [query], pause);
    const rank = order.indexOf('c') + 1;
    expect(scores.ndcg[0]).toBeCloseTo(0.1 / Math.log2(rank + 1) / (1 + 0.1 / Math.log2(3)), 10);
    expect([scores.reciprocalRank[0], scores.recall[0]]).toEqual([0, 0]);
    // "blue mug" has one of three words in common with each of the others, which have none.
    expect(scores.diversity[0]).toBeCloseTo((2 / 3 + 2 / 3 + 1) / 3, 10);
  });

  it('are by the judged products alone where those are ranked, the missed ones last, the worst first', async () => {
    const ranker = await bm25.fit({ products: PRODUCTS }, bm25.config.parse({}), fitting());
    const scores = await evaluateRanker(ranker, PRODUCTS, [query], pause, { among: 'judged' });
    expect(scores.reciprocalRank[0]).toBeCloseTo(1 / 3, 10);
    expect(scores.recall[0]).toBe(1);
  });

  it('say of a query that nothing answers that they are not defined', async () => {
    const ranker = await bm25.fit({ products: PRODUCTS }, bm25.config.parse({}), fitting());
    const scores = await evaluateRanker(ranker, PRODUCTS, [{ query: '', judgements: [] }], pause);
    expect([scores.ndcg[0], scores.recall[0], scores.diversity[0]]).toEqual([NaN, NaN, NaN]);
    expect(scores.reciprocalRank[0]).toBe(0);
  });
});

describe('known items', () => {
  const codes = ['1', '1', '1', '2', '2', '3', '4', '4', '5'];
  const texts = [
    'WHITE HEART HOLDER',
    'White heart holder ',
    'CREAM HEART HOLDER',
    'BUTTERFLY CUSHION',
    "B'FLY CUSHION C/COVER",
    'CREAM HEART-HOLDER',
    'damaged',
    'SILVER LANTERN',
    'butterfly cushion',
  ];
  const table = tableOf(
    categoricalColumn('code', codes, 'ID'),
    categoricalColumn('name', texts, 'TEXT'),
    numericColumn('price', [1, 1, 1, 1, 1, 1, 0, 2, 1]),
  );
  const found = knownItems(table, { item: 'code', text: 'name' }, (row) => row !== 6, Random.seeded(1));
  const asked = (kind: string) => found.queries.filter((query) => query.kind === kind);

  it('are indexed by their most frequent spelling, and asked for by the others', () => {
    expect(found.products).toEqual([
      { id: '1', title: 'WHITE HEART HOLDER' },
      { id: '2', title: 'BUTTERFLY CUSHION' },
      { id: '3', title: 'CREAM HEART-HOLDER' },
      { id: '4', title: 'SILVER LANTERN' },
      { id: '5', title: 'butterfly cushion' },
    ]);
    expect(asked('spelling').map(({ query }) => query)).toEqual([
      'CREAM HEART HOLDER',
      "B'FLY CUSHION C/COVER",
    ]);
  });

  it('that have the words asked for, or the words of what is asked for, are all right answers', () => {
    const [cream, cushion] = asked('spelling');
    expect(cream!.judgements.map(({ product }) => product)).toEqual(['1', '3']);
    expect(cushion!.judgements.map(({ product }) => product)).toEqual(['2', '5']);
    expect(found.groups[1]).toBe(found.groups[4]);
    expect(new Set(found.groups).size).toBe(4);
  });

  it('are each asked for by a beginning and by a misspelt text of another spelling, if there is one', () => {
    expect(asked('prefix').map(({ target }) => target)).toEqual([0, 1, 2, 3, 4]);
    const [cream, , , lantern] = asked('prefix');
    expect('CREAM HEART HOLDER'.startsWith(cream!.query)).toBe(true);
    expect('SILVER LANTERN'.startsWith(lantern!.query)).toBe(true);
    for (const { query, target } of asked('typing error')) {
      const words = new Set(texts.flatMap(wordsOf));
      const wrong = wordsOf(query).filter((word) => !words.has(word));
      // The second product's other spelling has four words.
      expect(wrong.length).toBe(target === 1 ? 2 : 1);
    }
  });

  it('are the same for the same seed', () => {
    const again = knownItems(table, { item: 'code', text: 'name' }, (row) => row !== 6, Random.seeded(1));
    expect(again.queries).toEqual(found.queries);
  });

  it('must be there', () => {
    const none = () => knownItems(table, { item: 'code', text: 'name' }, () => false, Random.seeded(1));
    expect(none).toThrow('No row has both the column "code" and the column "name".');
    const unnamed = () => knownItems(table, { item: 'sku', text: 'name' }, () => true, Random.seeded(1));
    expect(unnamed).toThrow('The table has no column "sku". It has: code, name, price.');
  });
});
