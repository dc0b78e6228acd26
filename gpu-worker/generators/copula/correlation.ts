import { CholeskyDecomposition, Matrix } from 'ml-matrix';

/** Added to the diagonal before the matrix is scaled back: columns that say the same twice stay decomposable. */
const RIDGE = 1e-4;

/** Pearson's correlations of columns of equal length: [columns, columns], positive definite, with ones on the diagonal. */
export function correlationsOf(columns: readonly Float64Array[]): Matrix {
  const standardised = columns.map(standardise);
  const matrix = Matrix.eye(columns.length);
  for (let row = 0; row < columns.length; row++) {
    for (let column = 0; column < row; column++) {
      const correlation = product(standardised[row]!, standardised[column]!) / (1 + RIDGE);
      matrix.set(row, column, correlation);
      matrix.set(column, row, correlation);
    }
  }
  return matrix;
}

/** L of matrix = L·Lᵀ. Throws a RangeError for a matrix that isn't positive definite. */
export function lowerTriangle(matrix: Matrix): Matrix {
  const decomposed = new CholeskyDecomposition(matrix);
  if (!decomposed.isPositiveDefinite())
    throw new RangeError("the correlations aren't a positive definite matrix");
  return decomposed.lowerTriangularMatrix;
}

/** With mean 0 and a length of 1; zeros where it doesn't vary. */
function standardise(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = values.map((value) => value - mean);
  const length = Math.sqrt(product(centred, centred));
  return length > 0 ? centred.map((value) => value / length) : centred;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}
