import type { Random } from '../../compute/random.js';

/** Rounds of the subspace iteration; more changes the vectors hardly. */
const ROUNDS = 6;

/**
 * The leading eigenvectors of a symmetric matrix [size, size], each scaled by the root of its eigenvalue (0 for those below 0), as
 * columns of a row-major [size, width], by subspace iteration (Halko et al., 2011, algorithm 4.4). `times` multiplies the matrix by
 * a row-major [size, rank]. Columns beyond the matrix' size are 0.
 */
export function leadingEigenvectors(
  size: number,
  width: number,
  times: (x: Float64Array, rank: number) => Float64Array,
  random: Random,
): Float32Array {
  const rank = Math.min(width, size);
  let product: Float64Array = Float64Array.from({ length: size * rank }, () => random.normal());
  let basis = product;
  for (let round = 0; round < ROUNDS; round++) {
    basis = orthonormal(product, size, rank);
    product = times(basis, rank);
  }
  const vectors = new Float32Array(size * width);
  for (let column = 0; column < rank; column++) {
    let eigenvalue = 0;
    for (let row = 0; row < size; row++)
      eigenvalue += basis[row * rank + column]! * product[row * rank + column]!;
    const scale = Math.sqrt(Math.max(0, eigenvalue));
    for (let row = 0; row < size; row++) vectors[row * width + column] = scale * basis[row * rank + column]!;
  }
  return vectors;
}

/** The columns made orthonormal, one after the other (modified Gram–Schmidt). */
function orthonormal(x: Float64Array, size: number, rank: number): Float64Array<ArrayBuffer> {
  const columns = Array.from({ length: rank }, (_, column) =>
    Float64Array.from({ length: size }, (_unused, row) => x[row * rank + column]!),
  );
  columns.forEach((column, index) => {
    for (const before of columns.slice(0, index)) {
      const overlap = dot(column, before);
      for (let row = 0; row < size; row++) column[row]! -= overlap * before[row]!;
    }
    const length = Math.sqrt(dot(column, column));
    if (length > 1e-9) for (let row = 0; row < size; row++) column[row]! /= length;
    else column.fill(0);
  });
  const result = new Float64Array(size * rank);
  columns.forEach((column, index) => {
    for (let row = 0; row < size; row++) result[row * rank + index] = column[row]!;
  });
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}
