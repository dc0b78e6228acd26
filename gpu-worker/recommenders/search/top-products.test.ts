import { describe, expect, it } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { topPlaces } from './top-products.js';

describe('the best products', () => {
  it('are those that sorting all of them would find, equal ones in order', () => {
    const random = Random.seeded(1);
    for (let round = 0; round < 50; round++) {
      const scores = Float32Array.from({ length: 1 + random.integer(60) }, () => random.integer(8));
      const k = 1 + random.integer(12);
      const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
      expect(topPlaces(scores, k)).toEqual(sorted.slice(0, k));
      expect(topPlaces(scores, k, 3)).toEqual(sorted.filter((place) => scores[place]! > 3).slice(0, k));
    }
  });

  it('must be a whole number of them', () => {
    for (const k of [0, -1, 1.5, NaN]) expect(() => topPlaces(Float32Array.of(1), k)).toThrow(RangeError);
  });
});
