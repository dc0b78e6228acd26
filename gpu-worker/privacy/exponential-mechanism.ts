import { uniformOf, type RandomBits } from './secret-bits.js';

/**
 * A position, chosen with probability ∝ exp(ε · score / 2): McSherry and Talwar, "Mechanism design via differential privacy",
 * 2007, for scores that one row changes by at most 1. Drawn as the largest of the scores with Gumbel noise.
 */
export function chooseByScore(scores: readonly number[], epsilon: number, bits: RandomBits): number {
  let best = -1;
  let highest = -Infinity;
  scores.forEach((score, position) => {
    const noisy = (epsilon * score) / 2 - Math.log(-Math.log(uniformOf(bits)));
    if (noisy <= highest) return;
    best = position;
    highest = noisy;
  });
  if (best < 0) throw new RangeError('there is nothing to choose from');
  return best;
}
