import { describe, expect, it } from '@jest/globals';
import type { FittedSearchRanker, Product } from '../search-ranker.js';
import { fitting } from '../testing.js';
import { bm25 } from './bm25.js';

const fit = (products: readonly Product[], options: object = {}): Promise<FittedSearchRanker> =>
  bm25.fit({ products }, bm25.config.parse(options), fitting());

const MUGS: readonly Product[] = [
  { id: 'a', title: 'red mug' },
  { id: 'b', title: 'blue mug blue saucer' },
  { id: 'c', title: 'teapot', description: 'goes with the blue mug' },
];

describe('BM25', () => {
  it('scores one field as the formula says', async () => {
    const titles = { weights: { title: 1, brand: 0, category: 0, description: 0 } };
    const ranker = await fit(MUGS, titles);
    // Lengths 2, 4 and 1, mean 7/3. "blue" is in one of three titles, "mug" in two.
    const blue = Math.log(1 + 2.5 / 1.5);
    const mug = Math.log(1 + 1.5 / 2.5);
    const norm = (length: number): number => 0.25 + (0.75 * length) / (7 / 3);
    const saturated = (count: number, length: number): number =>
      count / norm(length) / (1.2 + count / norm(length));
    const found = ranker.rank('Blue MUG', 10);
    expect(found.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(found[0]!.score).toBeCloseTo(blue * saturated(2, 4) + mug * saturated(1, 4), 6);
    expect(found[1]!.score).toBeCloseTo(mug * saturated(1, 2), 6);
    // By hand: 0.980829 · 0.520446 + 0.470004 · 0.351759.
    expect(found[0]!.score).toBeCloseTo(0.675797, 5);
  });

  it('adds up fields by their weights before repeats are dampened', async () => {
    const ranker = await fit(MUGS, { weights: { title: 3, description: 0.5 }, k1: 2, b: 0.4 });
    // Descriptions: lengths 0, 0 and 5, mean 5/3. "blue" is in two of three products.
    const blue = Math.log(1 + 1.5 / 2.5);
    const inDescription = 0.5 / (0.6 + (0.4 * 5) / (5 / 3));
    const inTitle = (3 * 2) / (0.6 + (0.4 * 4) / (7 / 3));
    const found = ranker.rank('blue', 10);
    expect(found.map(({ id }) => id)).toEqual(['b', 'c']);
    expect(found[0]!.score).toBeCloseTo((blue * inTitle) / (2 + inTitle), 6);
    expect(found[1]!.score).toBeCloseTo((blue * inDescription) / (2 + inDescription), 6);
  });

  it('counts a word twice that the query has twice', async () => {
    const ranker = await fit(MUGS);
    const [once, twice] = [ranker.rank('teapot', 1)[0]!, ranker.rank('teapot teapot', 1)[0]!];
    expect(twice.score).toBeCloseTo(2 * once.score, 6);
  });

  it('never counts a word against a product, however common it is', async () => {
    const ranker = await fit(MUGS);
    for (const { score } of ranker.rank('mug', 10)) expect(score).toBeGreaterThan(0);
  });

  it('finds misspelt and unfinished words by their trigrams, not by words', async () => {
    expect((await fit(MUGS)).rank('teapto sauc', 10)).toEqual([]);
    const ranker = await fit(MUGS, { terms: 'trigrams' });
    expect(ranker.rank('teapto', 1)[0]!.id).toBe('c');
    expect(ranker.rank('sauc', 1)[0]!.id).toBe('b');
  });
});
