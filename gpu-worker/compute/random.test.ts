import { describe, expect, test } from '@jest/globals';
import { Random } from './random.js';

function draws(random: Random, count = 4): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

describe('Random', () => {
  test('follows xoshiro128** as its authors publish it', () => {
    // One step of the reference code from the state 1, 2, 3, 4, and the one after it.
    const random = Random.seeded(0);
    (random as unknown as { state: Uint32Array }).state.set([1, 2, 3, 4]);
    expect(draws(random, 4)).toEqual([11520, 0, 5927040, 70819200]);
  });

  test('gives the same stream for the same seed and path, and another for any other', () => {
    const stream = (seed: number, ...path: (string | number)[]): string =>
      draws(Random.seeded(seed).derive(...path)).join();
    expect(stream(1, 'a', 2)).toBe(stream(1, 'a', 2));
    const others = [stream(2, 'a', 2), stream(1, 'a', 3), stream(1, 'a2'), stream(1, 'a'), stream(1, 2, 'a')];
    expect(new Set([stream(1, 'a', 2), ...others]).size).toBe(others.length + 1);
  });

  test("doesn't let what was drawn from a stream change the streams derived from it", () => {
    const parent = Random.seeded(5);
    const before = draws(parent.derive('child'));
    draws(parent, 100);
    expect(draws(parent.derive('child'))).toEqual(before);
  });

  test('draws uniform numbers, integers, normals and categories with the moments that they should have', () => {
    const random = Random.seeded(7);
    const count = 20_000;
    const mean = (draw: () => number): number => {
      let sum = 0;
      for (let index = 0; index < count; index++) sum += draw();
      return sum / count;
    };
    expect(mean(() => random.uniform())).toBeCloseTo(0.5, 1.7);
    expect(mean(() => random.normal())).toBeCloseTo(0, 1.5);
    expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1.3);
    expect(mean(() => random.integer(6))).toBeCloseTo(2.5, 1.3);
    expect(mean(() => Number(random.categorical([1, 0, 3]) === 2))).toBeCloseTo(0.75, 1.7);
    expect(mean(() => Number(random.categorical([1, 0, 3]) === 1))).toBe(0);
  });

  test('permutes without losing or repeating an element', () => {
    const order = Random.seeded(1).permutation(1000);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect([...order.slice(0, 5)]).not.toEqual([0, 1, 2, 3, 4]);
  });

  test('refuses bounds and weights that nothing can be drawn from', () => {
    const random = Random.seeded(1);
    expect(() => random.integer(0)).toThrow(RangeError);
    expect(() => random.categorical([0, 0])).toThrow(RangeError);
    expect(() => random.categorical([NaN])).toThrow(RangeError);
  });
});
