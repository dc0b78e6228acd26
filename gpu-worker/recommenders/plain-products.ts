/**
 * Products in plain typed arrays, for one request at a time. Four sums side by side, since each addition has to wait for the one
 * before in the same sum: that is two to three times as fast as one.
 */

/** Dot products of the rows of a matrix [into.length, width] with a vector [width]. */
export function dotProducts(matrix: Float32Array, vector: Float32Array, into: Float32Array): void {
  const width = vector.length;
  const rows = into.length;
  let row = 0;
  for (; row + 3 < rows; row += 4) {
    let a = row * width;
    let b = a + width;
    let c = b + width;
    let d = c + width;
    let [first, second, third, fourth] = [0, 0, 0, 0];
    for (let unit = 0; unit < width; unit++) {
      const value = vector[unit]!;
      first += matrix[a++]! * value;
      second += matrix[b++]! * value;
      third += matrix[c++]! * value;
      fourth += matrix[d++]! * value;
    }
    into[row] = first;
    into[row + 1] = second;
    into[row + 2] = third;
    into[row + 3] = fourth;
  }
  for (; row < rows; row++) {
    let sum = 0;
    for (let unit = 0; unit < width; unit++) sum += matrix[row * width + unit]! * vector[unit]!;
    into[row] = sum;
  }
}

/** x · weights + bias: x [inputs], weights [inputs, units], row-major, bias [units]. */
export function affine(x: Float32Array, weights: Float32Array, bias: Float32Array): Float32Array {
  const units = bias.length;
  const y = new Float32Array(units);
  let unit = 0;
  for (; unit + 3 < units; unit += 4) {
    let [a, b, c, d] = [bias[unit]!, bias[unit + 1]!, bias[unit + 2]!, bias[unit + 3]!];
    for (let input = 0, at = unit; input < x.length; input++, at += units) {
      const value = x[input]!;
      a += value * weights[at]!;
      b += value * weights[at + 1]!;
      c += value * weights[at + 2]!;
      d += value * weights[at + 3]!;
    }
    y[unit] = a;
    y[unit + 1] = b;
    y[unit + 2] = c;
    y[unit + 3] = d;
  }
  for (; unit < units; unit++) {
    let sum = bias[unit]!;
    for (let input = 0, at = unit; input < x.length; input++, at += units) sum += x[input]! * weights[at]!;
    y[unit] = sum;
  }
  return y;
}
