/**
 * Runs a step, in which drawing numbers without a seed is an error. A compiled step would repeat forever what it drew
 * while it was compiled; one that isn't compiled would never give the same result twice.
 */
/* eslint-disable no-restricted-properties -- it is what guards against its use */
export function withoutRandomness<Result>(step: () => Result): Result {
  const { random } = Math;
  Math.random = () => {
    throw new Error('it draws random numbers; take noise from a seeded `Random` as an input instead');
  };
  try {
    return step();
  } finally {
    Math.random = random;
  }
}
