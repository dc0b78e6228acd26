import { ORDERS, epsilonOf, gaussianRdp } from './rdp.js';

/** What a fit asked of the rows, as far as privacy is concerned. */
export type Mechanism =
  /** Sums of sensitivity 1 with Gaussian noise, `times` times, each on a sample that a row is in with probability `rate`. */
  | {
      readonly type: 'gaussian';
      readonly deviation: number;
      readonly rate?: number;
      readonly times?: number;
    }
  /** A choice among candidates by the exponential mechanism with that ε, `times` times. */
  | { readonly type: 'exponential'; readonly epsilon: number; readonly times?: number };

/**
 * The (ε, δ) that a row is protected with after all of `mechanisms`, by Rényi divergences that add up. `delta` 0–1, without
 * what mechanisms use of δ themselves.
 */
export function spentEpsilon(mechanisms: readonly Mechanism[], delta: number): number {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`a δ of ${delta} isn't between 0 and 1`);
  if (mechanisms.length === 0) return 0;
  return epsilonOf(
    new Map(
      ORDERS.map((order) => [order, mechanisms.reduce((sum, each) => sum + divergenceOf(each, order), 0)]),
    ),
    delta,
  );
}

/**
 * The least noise, within `TOLERANCE`, with which `mechanismsOf(noise)` spends at most `epsilon`. `mechanismsOf` must spend less
 * for more noise. Throws a RangeError when `epsilon` can't be met.
 */
export function leastNoise(
  epsilon: number,
  delta: number,
  mechanismsOf: (noise: number) => readonly Mechanism[],
): number {
  const meets = (noise: number): boolean => spentEpsilon(mechanismsOf(noise), delta) <= epsilon;
  let high = 1;
  while (!meets(high)) {
    high *= 2;
    if (high > MOST_NOISE) throw new RangeError(`no noise meets an ε of ${epsilon} at a δ of ${delta}`);
  }
  let low = high;
  while (low > LEAST_NOISE && meets(low)) low /= 2;
  while (high - low > high * TOLERANCE) {
    const middle = (low + high) / 2;
    if (meets(middle)) high = middle;
    else low = middle;
  }
  return high;
}

const TOLERANCE = 1e-3;
const MOST_NOISE = 1e9;
const LEAST_NOISE = 1e-9;

function divergenceOf(mechanism: Mechanism, order: number): number {
  const times = mechanism.times ?? 1;
  switch (mechanism.type) {
    case 'gaussian':
      return times * gaussianRdp(order, mechanism.deviation, mechanism.rate);
    case 'exponential':
      // Bounded range ε is ε²/8-zCDP: Cesar and Rogers, "Bounding, concentrating, and truncating", 2021, lemma 3.2.
      return (times * order * mechanism.epsilon ** 2) / 8;
  }
}
