import { describe, expect, it } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { topProducts } from './top-products.js';

describe('the best products', () => {
  it('are those above 0 that sorting all of them would find, equal ones in order', () => {
    const random = Random.seeded(1);
    for (let round = 0; round < 50; round++) {
      const scores = Float32Array.from({ length: 1 + random.integer(60) }, () => random.integer(8) - 2);
      const ids = [...scores.keys()].map(String);
      const k = 1 + random.integer(12);
      const exclude = new Set(['3', '5', 'unknown']);
      const sorted = ids
        .filter((id) => scores[Number(id)]! > 0 && !exclude.has(id))
        .sort((a, b) => scores[Number(b)]! - scores[Number(a)]! || Number(a) - Number(b));
      expect(topProducts(ids, scores, k, exclude).map(({ id }) => id)).toEqual(sorted.slice(0, k));
    }
  });

  it('must be a whole number of them', () => {
    for (const k of [0, -1, 1.5, NaN])
      expect(() => topProducts(['a'], Float32Array.of(1), k, undefined)).toThrow(RangeError);
  });
});
