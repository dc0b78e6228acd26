import { describe, expect, test } from '@jest/globals';
import { Random } from '../compute/random.js';
import { DiscreteGaussian } from './discrete-gaussian.js';
import { chooseByScore } from './exponential-mechanism.js';
import { SecretBits, uniformOf } from './secret-bits.js';

describe('discrete Gaussian noise', () => {
  test.each([0.4, 1, 3.7, 40])(
    'has the shares that its definition gives, at a deviation of %p',
    (deviation) => {
      const noise = new DiscreteGaussian(deviation, Random.seeded(5));
      const draws = 10_000;
      const counts = new Map<number, number>();
      for (let draw = 0; draw < draws; draw++) {
        const value = noise.draw();
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      const reach = Math.ceil(8 * deviation) + 1;
      const values = Array.from({ length: 2 * reach + 1 }, (_, at) => at - reach);
      const weights = values.map((value) => Math.exp(-(value ** 2) / (2 * deviation ** 2)));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      // χ² over values expected at least five times: its mean is their number, its variance twice that.
      const expected = values.map((value, at) => ({ value, count: (draws * weights[at]!) / total }));
      const told = expected.filter(({ count }) => count >= 5);
      const statistic = told.reduce(
        (sum, { value, count }) => sum + ((counts.get(value) ?? 0) - count) ** 2 / count,
        0,
      );
      expect(statistic).toBeLessThan(told.length + 4 * Math.sqrt(2 * told.length));
    },
  );

  test('comes from bits that no seed repeats', () => {
    const draw = () => {
      const noise = new DiscreteGaussian(1000, new SecretBits());
      return Array.from({ length: 8 }, () => noise.draw());
    };
    expect(draw()).not.toEqual(draw());
  });

  test.each([0, -1, NaN, Infinity])('refuses a deviation of %p', (deviation) => {
    expect(() => new DiscreteGaussian(deviation, new SecretBits())).toThrow(RangeError);
  });
});

describe('the exponential mechanism', () => {
  test('chooses in proportion to the exponential of scores', () => {
    const random = Random.seeded(3);
    const scores = [0, 2, 4];
    const counts = [0, 0, 0];
    for (let draw = 0; draw < 20_000; draw++) counts[chooseByScore(scores, 0.7, random)]!++;
    const weights = scores.map((score) => Math.exp((0.7 * score) / 2));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    counts.forEach((count, at) => {
      expect(count / 20_000).toBeCloseTo(weights[at]! / total, 1.5);
    });
  });

  test('refuses to choose from nothing', () => {
    expect(() => chooseByScore([], 1, new SecretBits())).toThrow(RangeError);
  });
});

test('uniform numbers of bits are never 0 and never 1', () => {
  expect(uniformOf({ uint32: () => 0 })).toBeGreaterThan(0);
  expect(uniformOf({ uint32: () => 0xffffffff })).toBeLessThan(1);
});
