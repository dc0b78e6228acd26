import { cdf, fits, PARAMETERS, type Distribution, type Sample } from './distributions.js';

/** A distribution beside its Akaike information criterion; lower is better. */
export interface Candidate {
  readonly distribution: Distribution;
  readonly aic: number;
}

/** Cells less likely than this count as this likely, so that one wild value doesn't decide alone. */
const LEAST_LIKELY = 1e-12;
/** Distinct values that likelihoods are summed over; beyond it, evenly spaced ones stand for all. */
const MOST_VALUES = 5000;
/** Width of a value's cell, as a share of the range, where the column tells no step. */
const DEFAULT_CELL = 1e-6;

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
  const half = (step > 0 ? step : (values.at(-1)! - values[0]!) * DEFAULT_CELL) / 2;
  const stride = Math.ceil(values.length / MOST_VALUES);
  let [sum, seen, rows] = [0, 0, 0];
  for (let index = 0; index < values.length; index++) {
    rows += counts[index]!;
    if (index % stride !== 0) continue;
    const value = values[index]!;
    const likelihood = cdf(distribution, value + half) - cdf(distribution, value - half);
    sum += counts[index]! * Math.log(Math.max(LEAST_LIKELY, likelihood));
    seen += counts[index]!;
  }
  return (sum * rows) / seen;
}
