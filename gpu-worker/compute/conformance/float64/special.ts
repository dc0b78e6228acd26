/**
 * The error function to float64 accuracy. Abramowitz and Stegun, "Handbook of Mathematical Functions": for small x
 * the series 7.1.6, whose terms are all of one sign, so that nothing cancels:
 *   erf(x) = 2/√π · exp(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·5⋯(2n+1));
 * for large x the continued fraction 7.1.14 of its complement:
 *   erfc(x) = exp(−x²)/√π · 1/(x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ⋯)))).
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < 0) return -erf(-x);
  if (x > 6) return 1;
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let denominator = x;
  for (let level = 100; level >= 1; level--) denominator = x + level / 2 / denominator;
  return 1 - Math.exp(-x * x) / Math.sqrt(Math.PI) / denominator;
}

/** 1/(1+exp(−x)) without overflow on either side. */
export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/** log(1+exp(x)) without overflow, and without losing exp(x) beside 1. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** To the nearest integer, and from the middle to the even one, as IEEE 754, tfjs and ONNX round. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const distance = x - below;
  if (distance < 0.5) return below;
  if (distance > 0.5) return below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** a − b·⌊a/b⌋, which has the sign of b. */
export function floorMod(a: number, b: number): number {
  const remainder = a % b;
  return remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder;
}
