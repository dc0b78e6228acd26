import { describe, expect, test } from '@jest/globals';
import { leastNoise, spentEpsilon } from './accountant.js';
import { gaussianRdp } from './rdp.js';

describe('Rényi divergences of the sampled Gaussian mechanism', () => {
  test.each([
    // Published with Google's differential privacy library, dp_accounting, in the tests of its RDP accountant.
    [5, 2.18075656e-3],
    [50, 2.38460375e-2],
    [100, 167.416308],
  ])(
    'of order %p, fifty times at a rate of 0.01 and a deviation of 2.5, are the published ones',
    (order, published) => {
      expect(50 * gaussianRdp(order, 2.5, 0.01)).toBeCloseTo(published, published > 1 ? 5 : 10);
    },
  );

  test('of fractional orders lie below the bounds published for them, by at most 4 %', () => {
    // The same source bounds fractional orders from above; the test of the integral below says that ours are exact.
    for (const [order, published] of [
      [1.5, 6.70579741e-4],
      [2.5, 1.0854871e-3],
    ] as const) {
      const ours = 50 * gaussianRdp(order, 2.5, 0.01);
      expect(ours).toBeLessThanOrEqual(published);
      expect(ours).toBeGreaterThan(published * 0.96);
    }
  });

  test('of the whole table are α / 2σ²', () => {
    expect(gaussianRdp(3, 2)).toBe(3 / 8);
    expect(gaussianRdp(3, 2, 1 - 1e-12)).toBeCloseTo(3 / 8, 6);
  });

  test('grow smoothly from fractional orders to whole ones', () => {
    for (const order of [2, 3, 7, 20]) {
      const [before, at, after] = [order - 1e-6, order, order + 1e-6].map((of) => gaussianRdp(of, 1.1, 0.05));
      expect(at).toBeCloseTo((before! + after!) / 2, 6);
    }
  });

  test.each([
    [1.3, 0.2],
    [2.5, 0.01],
  ])(
    'are what integrating the two densities gives, at a deviation of %p and a rate of %p',
    (deviation, rate) => {
      const width = 1e-2;
      for (const order of [1.5, 2.5, 3.7, 8]) {
        // Of the moment less 1, which is all that is left of it at a low rate.
        let excess = 0;
        for (let x = -20 * deviation; x < 20 * deviation + order; x += width) {
          const without = Math.exp(-(x ** 2) / (2 * deviation ** 2)) / (deviation * Math.sqrt(2 * Math.PI));
          const ratio = 1 - rate + rate * Math.exp((2 * x - 1) / (2 * deviation ** 2));
          excess += width * without * (ratio ** order - 1);
        }
        const expected = Math.log1p(excess) / (order - 1);
        expect(gaussianRdp(order, deviation, rate) / expected).toBeCloseTo(1, 6);
      }
    },
  );

  test('are infinite without noise and zero without a sample', () => {
    expect(gaussianRdp(2, 0, 0.5)).toBe(Infinity);
    expect(gaussianRdp(2, 1, 0)).toBe(0);
  });
});

describe('the accountant', () => {
  test('spends what Opacus publishes for a training of 2,250 steps', () => {
    const spent = spentEpsilon([{ type: 'gaussian', deviation: 1.5, rate: 0.04, times: 2250 }], 1e-5);
    // The test of its RDP accountant; its orders are a little coarser than ours.
    expect(spent).toBeGreaterThan(7.32);
    expect(spent).toBeLessThan(7.3293);
  });

  test('never spends less than the Gaussian mechanism really does', () => {
    // 4.530877117 is the least deviation for ε = 1 at δ = 1e-6 by Balle and Wang, 2018: no bound may lie below.
    const spent = spentEpsilon([{ type: 'gaussian', deviation: 4.530877117 }], 1e-6);
    expect(spent).toBeGreaterThan(1);
    expect(spent).toBeLessThan(1.1);
  });

  test('adds up what several mechanisms spend', () => {
    const one = { type: 'gaussian', deviation: 8 } as const;
    expect(spentEpsilon([one, one, one, one], 1e-6)).toBeCloseTo(
      spentEpsilon([{ type: 'gaussian', deviation: 4 }], 1e-6),
      9,
    );
    // ε²/8 = 1/2σ² at ε = 2/σ.
    expect(spentEpsilon([{ type: 'exponential', epsilon: 0.25 }], 1e-6)).toBeCloseTo(
      spentEpsilon([one], 1e-6),
      9,
    );
  });

  test.each([0.1, 1, 50])('finds the least noise that meets an ε of %p', (epsilon) => {
    const mechanismsOf = (noise: number) => [
      { type: 'gaussian', deviation: noise, rate: 0.02, times: 1000 } as const,
    ];
    const noise = leastNoise(epsilon, 1e-5, mechanismsOf);
    expect(spentEpsilon(mechanismsOf(noise), 1e-5)).toBeLessThanOrEqual(epsilon);
    expect(spentEpsilon(mechanismsOf(noise * 0.995), 1e-5)).toBeGreaterThan(epsilon);
  });

  test('spends nothing where nothing was asked, and refuses a δ that is none', () => {
    expect(spentEpsilon([], 1e-6)).toBe(0);
    expect(() => spentEpsilon([], 0)).toThrow(RangeError);
  });
});
