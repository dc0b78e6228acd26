import { describe, expect, it } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { bootstrapMean } from './bootstrap.js';
import { intraListDiversity, jaccardDistance, ndcg, recall, reciprocalRank } from './ranking.js';

describe('NDCG', () => {
  it('discounts gains by their ranks and is normalised by the best order of all that was judged', () => {
    // DCG 0.1 + 1 / log2(3) + 0.01 / 2; the ideal has two exact ones: 1 + 1 / log2(3) + 0.1 / 2.
    const value = ndcg([0.1, 1, 0.01, 1], [1, 1, 0.1, 0.01, 0], 3);
    expect(value).toBeCloseTo((0.1 + 1 / Math.log2(3) + 0.005) / (1 + 1 / Math.log2(3) + 0.05), 12);
    expect(value).toBeCloseTo(0.437811, 5);
  });

  it('is 1 for the best order, 0 for a list without a gain, and nothing where nothing can be gained', () => {
    expect(ndcg([1, 0.1, 0], [0, 0.1, 1], 10)).toBe(1);
    expect(ndcg([0, 0], [1], 10)).toBe(0);
    expect(ndcg([0, 0], [0, 0], 10)).toBeNaN();
  });
});

describe('reciprocal rank and recall', () => {
  it('look for items that are relevant enough', () => {
    expect(reciprocalRank([0, 0.1, 1], 1)).toBeCloseTo(1 / 3);
    expect(reciprocalRank([0, 0.1, 1], 0.1)).toBe(0.5);
    expect(reciprocalRank([0, 0], 0.1)).toBe(0);
  });

  it('count what was found against all that was judged', () => {
    expect(recall([1, 0, 1, 1], [1, 1, 1, 1, 0.1], 3, 1)).toBe(0.5);
    expect(recall([1], [0.1], 3, 1)).toBeNaN();
  });
});

describe('diversity of a list', () => {
  it('is the mean distance of its pairs', () => {
    const words = ['red mug', 'blue mug', 'red mug'].map((title) => new Set(title.split(' ')));
    expect(intraListDiversity(words, jaccardDistance)).toBeCloseTo((2 / 3 + 0 + 2 / 3) / 3, 12);
    expect(intraListDiversity(words.slice(1, 2), jaccardDistance)).toBeNaN();
    expect(jaccardDistance(new Set(), new Set())).toBe(0);
  });
});

describe('a bootstrap interval', () => {
  it('covers the true mean about as often as it says', () => {
    const random = Random.seeded(7);
    let covered = 0;
    for (let round = 0; round < 200; round++) {
      const values = Float64Array.from({ length: 60 }, () => random.normal());
      const { low, high } = bootstrapMean(values, { resamples: 200, seed: round });
      if (low <= 0 && high >= 0) covered++;
    }
    expect(covered / 200).toBeGreaterThan(0.9);
    expect(covered / 200).toBeLessThan(0.98);
  });

  it('is wider when values of a group are alike than when each stood for itself', () => {
    const random = Random.seeded(8);
    const own = Float64Array.from({ length: 40 }, () => random.normal());
    const groups = Int32Array.from({ length: 400 }, (_, index) => index % 40);
    const values = Float64Array.from(groups, (group) => own[group]!);
    const width = ({ low, high }: { low: number; high: number }): number => high - low;
    const ratio = width(bootstrapMean(values, { groups })) / width(bootstrapMean(values));
    expect(Math.abs(ratio - Math.sqrt(10))).toBeLessThan(0.5);
  });

  it('leaves out values that there are not, and says so when there is none', () => {
    expect(bootstrapMean([1, NaN, 1])).toEqual({ mean: 1, low: 1, high: 1 });
    expect(bootstrapMean([NaN]).mean).toBeNaN();
  });

  it('is the same for the same seed', () => {
    const values = [0, 1, 1, 0, 1, 0.5];
    expect(bootstrapMean(values, { seed: 4 })).toEqual(bootstrapMean(values, { seed: 4 }));
    expect(bootstrapMean(values, { seed: 4, resamples: 50 })).not.toEqual(
      bootstrapMean(values, { seed: 5, resamples: 50 }),
    );
  });
});
