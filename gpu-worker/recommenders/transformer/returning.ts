/** Returns and others that stand beside what was seen, half of each, so that a habit that nobody showed stays finite. */
const PRIOR = 0.5;
const ROUNDS = 60;
/** Of the logarithm of the factor. */
const WIDEST = 30;

/**
 * The factor by which the probability of items of the history is to be multiplied, before all add up to 1 again, so that as many
 * users come back to an item as did: the maximum likelihood of a logistic regression with nothing but an intercept beside the
 * log-odds that the model gives (recalibration in the large: Cox, "Two further applications of a model for binary regression",
 * 1958).
 *
 * A network that is trained on next items puts those of the history high, since they resemble it most, also where nobody has a
 * thing twice.
 *
 * @param masses probability of all items of the history together, by the model, 0–1, one a held-out user
 * @param returned whether the user's next item was one of them
 */
export function returningFactor(masses: readonly number[], returned: readonly boolean[]): number {
  const wanted = returned.filter(Boolean).length + PRIOR;
  let [low, high] = [-WIDEST, WIDEST];
  for (let round = 0; round < ROUNDS; round++) {
    const middle = (low + high) / 2;
    const factor = Math.exp(middle);
    const expected = masses.reduce((sum, mass) => sum + afterReturning(mass, factor), 0);
    if (expected + 2 * PRIOR * afterReturning(0.5, factor) < wanted) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** Multiplies the probabilities of the history's items by the factor, in place, and all so that they add up to 1. */
export function withReturning(scores: Float32Array, history: Int32Array, factor: number): void {
  if (factor === 1) return;
  const seen = new Set(history);
  const rest = 1 + (factor - 1) * massOf(scores, seen);
  for (let item = 0; item < scores.length; item++) scores[item]! /= rest;
  for (const item of seen) scores[item]! *= factor;
}

/** Probability of all items of a history together. */
export function massOf(scores: Float32Array, items: Iterable<number>): number {
  let mass = 0;
  for (const item of new Set(items)) mass += scores[item]!;
  return Math.min(1, mass);
}

const afterReturning = (mass: number, factor: number): number => (factor * mass) / (1 + (factor - 1) * mass);
