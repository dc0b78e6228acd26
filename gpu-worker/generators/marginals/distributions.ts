import digamma from '@stdlib/math-base-special-digamma';
import erfc from '@stdlib/math-base-special-erfc';
import erfcinv from '@stdlib/math-base-special-erfcinv';
import gammainc from '@stdlib/math-base-special-gammainc';
import gammaincinv from '@stdlib/math-base-special-gammaincinv';
import trigamma from '@stdlib/math-base-special-trigamma';
import { z } from 'zod';

/** A distribution of the catalogue with its parameters. */
export const Distribution = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('normal'), mean: z.number(), deviation: z.number().positive() }),
  /** The logarithm is normal. */
  z.strictObject({ name: z.literal('log-normal'), mean: z.number(), deviation: z.number().positive() }),
  z.strictObject({ name: z.literal('gamma'), shape: z.number().positive(), scale: z.number().positive() }),
  z.strictObject({ name: z.literal('poisson'), mean: z.number().positive() }),
  z.strictObject({ name: z.literal('uniform'), low: z.number(), high: z.number() }),
  z.strictObject({ name: z.literal('exponential'), mean: z.number().positive() }),
]);
export type Distribution = z.infer<typeof Distribution>;
export type DistributionName = Distribution['name'];

/** A column's present values, as counts of its distinct ones; ascending, at least two of them. */
export interface Sample {
  readonly values: Float64Array;
  readonly counts: Float64Array;
  /** Distance between neighbouring values that the column can hold; 0 where it isn't known. */
  readonly step: number;
  /** Of the column, where they are known without the values. */
  readonly bounds?: readonly [number, number];
}

/** Parameters that each has, for Akaike's criterion. */
export const PARAMETERS: Readonly<Record<DistributionName, number>> = {
  normal: 2,
  'log-normal': 2,
  gamma: 2,
  poisson: 1,
  uniform: 2,
  exponential: 1,
};

/** The maximum likelihood fit of each distribution that can have made such values. */
export function fits(sample: Sample): Distribution[] {
  const { values, counts, step, bounds } = sample;
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const meanOf = (of: (value: number) => number): number =>
    values.reduce((sum, value, index) => sum + (of(value) * counts[index]!) / rows, 0);
  const mean = meanOf((value) => value);
  const deviation = Math.sqrt(meanOf((value) => (value - mean) ** 2));
  const [low, high] = [values[0]!, values.at(-1)!];
  // Beyond both ends by the gap that so many values would have between them: the least variance without bias.
  const beyond = (high - low) / Math.max(1, rows - 1);
  const found: Distribution[] = [
    { name: 'normal', mean, deviation },
    bounds
      ? { name: 'uniform', low: bounds[0], high: bounds[1] }
      : { name: 'uniform', low: low - beyond, high: high + beyond },
  ];
  if (low >= 0 && mean > 0) found.push({ name: 'exponential', mean });
  if (low >= 0 && step === 1 && mean > 0) found.push({ name: 'poisson', mean });
  if (low > 0) {
    const logMean = meanOf(Math.log);
    const logDeviation = Math.sqrt(meanOf((value) => (Math.log(value) - logMean) ** 2));
    found.push({ name: 'log-normal', mean: logMean, deviation: logDeviation });
    const shape = gammaShape(Math.log(mean) - logMean);
    if (shape !== undefined) found.push({ name: 'gamma', shape, scale: mean / shape });
  }
  return found;
}

/**
 * The shape k with log k − ψ(k) = `gap`, the logarithm of the mean less the mean logarithm, by Newton's method from
 * Minka's start ("Estimating a Gamma distribution", 2002, equations 8 and 9). Undefined for values too alike to have one.
 */
function gammaShape(gap: number): number | undefined {
  if (!(gap > 1e-9)) return undefined;
  let shape = (3 - gap + Math.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap);
  for (let step = 0; step < 20; step++) {
    const error = Math.log(shape) - digamma(shape) - gap;
    const next = 1 / (1 / shape + error / (shape ** 2 * (1 / shape - trigamma(shape))));
    if (!(next > 0 && Number.isFinite(next))) return undefined;
    if (Math.abs(next - shape) < 1e-10 * shape) return next;
    shape = next;
  }
  return shape;
}

/** P(X ≤ x), for a Poisson distribution at whole x too. */
export function cdf(distribution: Distribution, x: number): number {
  switch (distribution.name) {
    case 'normal':
      return normalCdf((x - distribution.mean) / distribution.deviation);
    case 'log-normal':
      return x <= 0 ? 0 : normalCdf((Math.log(x) - distribution.mean) / distribution.deviation);
    case 'gamma':
      return x <= 0 ? 0 : gammainc(x / distribution.scale, distribution.shape);
    case 'poisson':
      return x < 0 ? 0 : gammainc(distribution.mean, Math.floor(x) + 1, true, true);
    case 'uniform':
      return Math.min(1, Math.max(0, (x - distribution.low) / (distribution.high - distribution.low)));
    case 'exponential':
      return x <= 0 ? 0 : -Math.expm1(-x / distribution.mean);
  }
}

/** The least x with P(X ≤ x) ≥ `probability`, which is between 0 and 1, both excluded. */
export function quantile(distribution: Distribution, probability: number): number {
  switch (distribution.name) {
    case 'normal':
      return distribution.mean + distribution.deviation * normalQuantile(probability);
    case 'log-normal':
      return Math.exp(distribution.mean + distribution.deviation * normalQuantile(probability));
    case 'gamma':
      return distribution.scale * gammaincinv(probability, distribution.shape);
    case 'poisson':
      return poissonQuantile(distribution, probability);
    case 'uniform':
      return distribution.low + probability * (distribution.high - distribution.low);
    case 'exponential':
      return -distribution.mean * Math.log1p(-probability);
  }
}

/** From the normal approximation outwards: a few steps of one, whatever the mean. */
function poissonQuantile(distribution: Distribution & { name: 'poisson' }, probability: number): number {
  const { mean } = distribution;
  let x = Math.max(0, Math.floor(mean + Math.sqrt(mean) * normalQuantile(probability)));
  while (cdf(distribution, x) < probability) x++;
  while (x > 0 && cdf(distribution, x - 1) >= probability) x--;
  return x;
}

export function normalCdf(x: number): number {
  return 0.5 * erfc(-x / Math.SQRT2);
}

/** Of a probability between 0 and 1, both excluded. */
export function normalQuantile(probability: number): number {
  return -Math.SQRT2 * erfcinv(2 * probability);
}
