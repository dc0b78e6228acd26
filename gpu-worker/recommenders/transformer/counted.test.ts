import { describe, expect, test } from '@jest/globals';
import type { Similarities } from '../item-knn/similarities.js';
import { mixIn, WeightSearch } from './counted.js';

/** Item 0 has the neighbours 1 (0.6) and 2 (0.2), item 1 has 2 (0.5); 3 has none. */
const similarities: Similarities = {
  starts: Int32Array.of(0, 2, 3, 3, 3),
  neighbours: Int32Array.of(1, 2, 2),
  weights: Float32Array.of(0.6, 0.2, 0.5),
};
const logits = (): Float32Array => Float32Array.of(Math.log(1), Math.log(2), Math.log(3), Math.log(4));

describe('counted neighbours', () => {
  test('are mixed with the network as shares of their sum, newer items counting more', () => {
    const scores = logits();
    mixIn(scores, Int32Array.of(0, 1), { similarities, weight: 0.5, returning: 1 });
    // Of item 1: 0.5 for 2; of item 0, one place before, 0.8 of 0.6 for 1 and of 0.2 for 2. In all 1.14.
    expect([...scores].map((score) => Number(score.toFixed(5)))).toEqual([
      0.05,
      Number((0.1 + (0.5 * 0.48) / 1.14).toFixed(5)),
      Number((0.15 + (0.5 * 0.66) / 1.14).toFixed(5)),
      0.2,
    ]);
  });

  test('leave the network alone where a history has none, and add up to 1', () => {
    const scores = logits();
    mixIn(scores, Int32Array.of(3), { similarities, weight: 0.9, returning: 1 });
    [0.1, 0.2, 0.3, 0.4].forEach((share, item) => expect(scores[item]).toBeCloseTo(share, 6));
    const mixed = logits();
    mixIn(mixed, Int32Array.of(0, 3), { similarities, weight: 0.9, returning: 1 });
    expect(mixed.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 6);
  });

  test('count as much as held-out users say: nothing where the network knows better, and all but it where they do', () => {
    const wide: Similarities = { ...similarities, starts: new Int32Array(25).fill(3) };
    wide.starts.set(similarities.starts);
    // The network is sure of item 3; twenty other items stand between it and the neighbours.
    const sure = new Float32Array(24).fill(2);
    sure.set([0, 0, 0, 9]);
    const search = (target: number): number => {
      const found = new WeightSearch(wide);
      found.add(sure, Int32Array.of(0), target);
      return found.best.weight;
    };
    expect(search(3)).toBe(0);
    expect(search(1)).toBeGreaterThan(0);
  });
});
