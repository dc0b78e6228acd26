import { describe, expect, test } from '@jest/globals';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { Random } from '../../compute/random.js';
import { runsOf } from '../discretisation/numeric-bins.js';
import { candidates } from './best-fit.js';
import { cdf, fits, quantile, type Distribution, type Sample } from './distributions.js';
import { cellsAt, fitMarginal, stretchesOf } from './marginal.js';

const CATALOGUE: readonly Distribution[] = [
  { name: 'normal', mean: -3, deviation: 2 },
  { name: 'log-normal', mean: 1, deviation: 0.5 },
  { name: 'gamma', shape: 2.5, scale: 4 },
  { name: 'poisson', mean: 6.5 },
  { name: 'uniform', low: -1, high: 4 },
  { name: 'exponential', mean: 12 },
];

/** Values of the distribution, on a grid of that step. */
function sampleOf(distribution: Distribution, step: number, rows = 3000): Sample {
  const random = Random.seeded(7).derive(distribution.name);
  const values = Float64Array.from({ length: rows }, () => {
    const value = quantile(distribution, random.uniform());
    return step > 0 ? Math.round(value / step) * step : value;
  }).sort();
  const runs = runsOf(values);
  return {
    values: Float64Array.from(runs, ({ value }) => value),
    counts: Float64Array.from(runs, ({ count }) => count),
    step,
  };
}

const schema = (kind: ColumnSchema['kind'], more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  ...{ name: 'x', kind, nullable: false, unique: false },
  ...more,
});

describe('a distribution', () => {
  test.each(CATALOGUE)(
    'of the name $name has a quantile function that undoes its cumulative one',
    (distribution) => {
      for (const probability of [0.001, 0.1, 0.5, 0.9, 0.999]) {
        const x = quantile(distribution, probability);
        if (distribution.name === 'poisson') {
          expect(cdf(distribution, x)).toBeGreaterThanOrEqual(probability);
          expect(cdf(distribution, x - 1)).toBeLessThan(probability);
        } else expect(cdf(distribution, x)).toBeCloseTo(probability, 9);
      }
    },
  );

  // Table values: R's pnorm, plnorm, pgamma, ppois.
  test('agrees with published values', () => {
    expect(cdf({ name: 'normal', mean: 0, deviation: 1 }, 1.96)).toBeCloseTo(0.9750021, 7);
    expect(cdf({ name: 'log-normal', mean: 0, deviation: 1 }, 2)).toBeCloseTo(0.7558914, 7);
    expect(cdf({ name: 'gamma', shape: 2, scale: 1 }, 3)).toBeCloseTo(0.8008517, 7);
    expect(cdf({ name: 'poisson', mean: 3 }, 2)).toBeCloseTo(0.4231901, 7);
    expect(cdf({ name: 'exponential', mean: 2 }, 3)).toBeCloseTo(0.7768698, 7);
  });

  test.each(CATALOGUE)(
    'of the name $name is found again from its values, with its parameters',
    (distribution) => {
      const found = fits(sampleOf(distribution, distribution.name === 'poisson' ? 1 : 0)).find(
        ({ name }) => name === distribution.name,
      )!;
      for (const [parameter, value] of Object.entries(distribution)) {
        if (typeof value !== 'number') continue;
        const estimate = (found as unknown as Record<string, number>)[parameter]!;
        expect(Math.abs(estimate - value)).toBeLessThan(0.1 * Math.max(1, Math.abs(value)));
      }
    },
  );

  test.each(CATALOGUE)('of the name $name is chosen for its values', (distribution) => {
    const step = distribution.name === 'poisson' ? 1 : 0.01;
    expect(candidates(sampleOf(distribution, step))[0]!.distribution.name).toBe(distribution.name);
  });
});

test('values of many decimals are told apart by how they are distributed, not by how finely they are written', () => {
  const exponential = sampleOf({ name: 'exponential', mean: 1200 }, 0);
  const [best, next] = candidates({ ...exponential, step: 1e-9 });
  expect(['exponential', 'gamma']).toContain(best!.distribution.name);
  const normal = candidates({ ...exponential, step: 1e-9 }).find(
    ({ distribution }) => distribution.name === 'normal',
  )!;
  expect(normal.aic - next!.aic).toBeGreaterThan(1000);
});

describe('a marginal', () => {
  const values = Float64Array.from({ length: 400 }, (_, row) =>
    row % 4 === 0 ? NaN : row % 40 < 20 ? 0 : row / 10,
  );

  test.each([true, false])(
    'maps cells to stretches that add up to one, parametric or not (%p)',
    (parametric) => {
      const column = { schema: schema('REAL', { decimals: 1, nullable: true }), values };
      const marginal = fitMarginal(column, { parametric, bins: 20, support: 2 });
      const { lows, highs } = stretchesOf(marginal, column);
      values.forEach((value, row) => {
        expect(highs[row]).toBeGreaterThan(lows[row]!);
        if (Number.isNaN(value)) expect(highs[row]).toBeCloseTo(1, 12);
      });
    },
  );

  test.each([true, false])(
    'gives back cells in the real proportions, parametric or not (%p)',
    (parametric) => {
      const column = { schema: schema('REAL', { decimals: 1, nullable: true }), values };
      const marginal = fitMarginal(column, { parametric, bins: 20, support: 2 });
      const uniforms = Float64Array.from({ length: 1000 }, (_, row) => (row + 0.5) / 1000);
      const made = cellsAt(marginal, column.schema, uniforms, 0, Random.seeded(1)) as typeof column;
      expect(made.values.filter(Number.isNaN).length / 1000).toBeCloseTo(0.25, 2);
      const [zeros, real] = [made.values, values].map(
        (of) => of.filter((value) => value === 0).length / of.length,
      );
      if (!parametric) expect(zeros).toBeCloseTo(real!, 2);
      expect(made.values.every((value) => Number.isNaN(value) || value >= 0)).toBe(true);
      expect(
        made.values.every(
          (value) => Number.isNaN(value) || Math.abs(value * 10 - Math.round(value * 10)) < 1e-9,
        ),
      ).toBe(true);
    },
  );

  test('of rare categories stores none of them', () => {
    const column = {
      schema: schema('CATEGORY'),
      codes: Int32Array.from({ length: 100 }, (_, row) => (row < 97 ? row % 2 : row)),
      categories: Array.from({ length: 100 }, (_, code) => `c${code}`),
    };
    const marginal = fitMarginal(column, { parametric: true, bins: 50, support: 5 });
    expect(JSON.stringify(marginal)).not.toMatch(/c9[789]/);
  });
});
