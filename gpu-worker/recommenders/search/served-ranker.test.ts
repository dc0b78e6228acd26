import { expect, it } from '@jest/globals';
import { bm25 } from './bm25/bm25.js';
import { foundProducts } from './found-products.js';
import { readServedRanker, writeServedRanker } from './served-ranker.js';
import { fitting } from './testing.js';

const PRODUCTS = [
  { id: 'a', title: 'Red Mug – ☕', category: 'kitchen' },
  { id: 'b' },
  { id: 'c', title: '', description: 'a blue mug for Zoë' },
];

const written = async (): Promise<Uint8Array> =>
  writeServedRanker(
    'bm25',
    await bm25.fit({ products: PRODUCTS }, bm25.config.parse({}), fitting()),
    PRODUCTS,
  );

it('answers with the texts of what it finds, and tells which words nobody has', async () => {
  const served = await readServedRanker(await written());
  expect(served.name).toBe('bm25');
  const { products, unknownWords } = foundProducts(served, { query: 'mug zoe teapot', k: 5 });
  expect(products).toEqual([
    {
      product: 'c',
      score: expect.any(Number) as unknown,
      reasons: ['mug', 'zoe'].map((word) => ({
        ...{ queryWord: word, productWord: word },
        ...{ field: 'DESCRIPTION', match: 'EXACT' },
      })),
    },
    {
      product: 'a',
      score: expect.any(Number) as unknown,
      title: 'Red Mug – ☕',
      category: 'kitchen',
      reasons: [{ queryWord: 'mug', productWord: 'mug', field: 'TITLE', match: 'EXACT' }],
    },
  ]);
  expect(unknownWords).toEqual(['teapot']);
  expect(served.textsOf('b')).toEqual({ title: '', brand: '', category: '', description: '' });
  expect(() => served.textsOf('d')).toThrow(RangeError);
});

it('is no other file, and no part of one', async () => {
  const file = await written();
  await expect(readServedRanker(file.subarray(0, 300))).rejects.toThrow();
  const bare = (await bm25.fit({ products: PRODUCTS }, bm25.config.parse({}), fitting())).save();
  await expect(readServedRanker(bare)).rejects.toThrow('is no search ranker');
});
