import erfc from '@stdlib/math-base-special-erfc';
import erfcx from '@stdlib/math-base-special-erfcx';
import gammaln from '@stdlib/math-base-special-gammaln';

/**
 * Rényi differential privacy (Mironov, "Rényi differential privacy", 2017): a bound on the Rényi divergence of order α between
 * what a mechanism answers with a row and without it. Bounds of mechanisms that run one after the other add up, order by order.
 */

/** Orders that bounds are kept for: those that decide are low for much noise, high for little. */
export const ORDERS: readonly number[] = [
  ...Array.from({ length: 99 }, (_, tenth) => 1.1 + tenth / 10),
  ...Array.from({ length: 53 }, (_, order) => 11 + order),
  ...[72, 80, 96, 128, 160, 192, 256, 384, 512, 1024, 2048, 4096],
];

/**
 * Order-α divergence of the Gaussian mechanism of sensitivity 1 and standard deviation `deviation`, on a sample that each row
 * is in with probability `rate`, independently. Mironov, Talwar and Zhang, "Rényi differential privacy of the sampled Gaussian
 * mechanism", 2019, section 3.3. `order` > 1, `rate` 0–1; Infinity without noise.
 */
export function gaussianRdp(order: number, deviation: number, rate = 1): number {
  if (!(order > 1)) throw new RangeError(`an order of ${order} isn't above 1`);
  if (!(rate >= 0 && rate <= 1)) throw new RangeError(`a sampling rate of ${rate} isn't between 0 and 1`);
  if (!(deviation >= 0)) throw new RangeError(`a deviation of ${deviation} is negative`);
  if (rate === 0) return 0;
  if (deviation === 0) return Infinity;
  if (rate === 1) return order / (2 * deviation ** 2);
  const logMoment = Number.isInteger(order)
    ? integerLogMoment(order, deviation, rate)
    : fractionalLogMoment(order, deviation, rate);
  return logMoment / (order - 1);
}

/** The ε that divergences of the given orders guarantee at `delta`: the least over the orders. */
export function epsilonOf(divergences: ReadonlyMap<number, number>, delta: number): number {
  let least = Infinity;
  for (const [order, divergence] of divergences) {
    // Canonne, Kamath and Steinke, "The discrete Gaussian for differential privacy", 2020, proposition 12.
    const epsilon = divergence + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1);
    least = Math.min(least, Math.max(0, epsilon));
  }
  return least;
}

/** log E[(density with the row / density without)^α], a binomial sum. */
function integerLogMoment(order: number, deviation: number, rate: number): number {
  let log = -Infinity;
  for (let chosen = 0; chosen <= order; chosen++) {
    const term =
      logBinomial(order, chosen).log +
      chosen * Math.log(rate) +
      (order - chosen) * Math.log1p(-rate) +
      (chosen * chosen - chosen) / (2 * deviation ** 2);
    log = logSum(log, term);
  }
  return log;
}

/** The same, cut where the two densities are equal: one infinite series for each side. */
function fractionalLogMoment(order: number, deviation: number, rate: number): number {
  const cut = deviation ** 2 * Math.log(1 / rate - 1) + 0.5;
  const [logRate, logRest] = [Math.log(rate), Math.log1p(-rate)];
  let [below, above] = [-Infinity, -Infinity];
  for (let term = 0; ; term++) {
    const { log, positive } = logBinomial(order, term);
    const rest = order - term;
    const side = (powers: number, tail: number): number =>
      (powers * powers - powers) / (2 * deviation ** 2) - Math.LN2 + logErfc(tail / (Math.SQRT2 * deviation));
    const ofBelow = log + term * logRate + rest * logRest + side(term, term - cut);
    const ofAbove = log + rest * logRate + term * logRest + side(rest, cut - rest);
    below = positive ? logSum(below, ofBelow) : logDifference(below, ofBelow);
    above = positive ? logSum(above, ofAbove) : logDifference(above, ofAbove);
    if (Math.max(ofBelow, ofAbove) < NEGLIGIBLE) return logSum(below, above);
  }
}

/** Logarithm of a term that changes nothing any more. */
const NEGLIGIBLE = -30;

/** log |binomial(order, chosen)| of any order > 1, and its sign. */
function logBinomial(order: number, chosen: number): { readonly log: number; readonly positive: boolean } {
  const rest = order - chosen;
  // Γ of a negative number by reflection: its sign alternates from one integer to the next.
  const log = gammaln(order + 1) - gammaln(chosen + 1) - gammaln(rest + 1);
  return { log, positive: rest + 1 > 0 || Math.floor(-rest) % 2 === 0 };
}

function logSum(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}

/** log(eᵃ − eᵇ), a > b. */
function logDifference(a: number, b: number): number {
  return b === -Infinity ? a : a + Math.log1p(-Math.exp(b - a));
}

function logErfc(x: number): number {
  return x > 0 ? Math.log(erfcx(x)) - x * x : Math.log(erfc(x));
}
