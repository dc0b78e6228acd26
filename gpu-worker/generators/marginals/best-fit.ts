import { cdf, fits, PARAMETERS, type Distribution, type Sample } from './distributions.js';

/** A distribution beside its Akaike information criterion; lower is better. */
export interface Candidate {
  readonly distribution: Distribution;
  readonly aic: number;
}

/** Cells less likely than this share of what a uniform distribution gives them count as so likely, so that a wild value doesn't decide alone. */
const LEAST_LIKELY = 1e-6;
/** Distinct values that likelihoods are summed over; beyond it, evenly spaced ones stand for all. */
const MOST_VALUES = 5000;
/** Least width of a value's cell, as a share of the range: differences of probabilities nearer to each other are rounding. */
const LEAST_CELL = 1e-6;

/**
 * The distributions that fit the sample, best first, by Akaike's criterion ("A new look at the statistical model
 * identification", 1974): twice the number of parameters less twice the log likelihood. A value's likelihood is the
 * probability of all that would be written as it, so that continuous and discrete distributions compare.
 */
export function candidates(sample: Sample): Candidate[] {
  return fits(sample)
    .map((distribution) => ({
      distribution,
      aic: 2 * PARAMETERS[distribution.name] - 2 * logLikelihood(distribution, sample),
    }))
    .sort((a, b) => a.aic - b.aic);
}

function logLikelihood(distribution: Distribution, { values, counts, step }: Sample): number {
  const range = values.at(-1)! - values[0]!;
  const cell = Math.max(step, range * LEAST_CELL);
  const half = cell / 2;
  const least = LEAST_LIKELY * Math.min(1, cell / range);
  const stride = Math.ceil(values.length / MOST_VALUES);
  let [sum, seen, rows] = [0, 0, 0];
  for (let index = 0; index < values.length; index++) {
    rows += counts[index]!;
    if (index % stride !== 0) continue;
    const value = values[index]!;
    const likelihood = cdf(distribution, value + half) - cdf(distribution, value - half);
    sum += counts[index]! * Math.log(Math.max(least, likelihood));
    seen += counts[index]!;
  }
  return (sum * rows) / seen;
}
