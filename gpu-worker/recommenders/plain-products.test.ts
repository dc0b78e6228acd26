import { describe, expect, test } from '@jest/globals';
import { normal } from '../compute/layers/initialisation.js';
import { Random } from '../compute/random.js';
import { affine, dotProducts } from './plain-products.js';

describe('products in plain arrays', () => {
  const random = Random.seeded(3);
  const numbers = (...shape: number[]): Float32Array => normal(random.derive('numbers', ...shape), shape, 1);

  test.each([
    [1, 3],
    [4, 4],
    [7, 5],
    [10, 1],
  ])('are those of the definition, for %i rows or units and a width of %i', (rows, width) => {
    const [matrix, vector, bias] = [numbers(rows, width), numbers(width), numbers(rows)];
    const into = new Float32Array(rows);
    dotProducts(matrix, vector, into);
    const weights = new Float32Array(width * rows);
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let unit = 0; unit < width; unit++) {
        sum += matrix[row * width + unit]! * vector[unit]!;
        weights[unit * rows + row] = matrix[row * width + unit]!;
      }
      expect(into[row]).toBeCloseTo(sum, 5);
    }
    affine(vector, weights, bias).forEach((value, row) =>
      expect(value).toBeCloseTo(into[row]! + bias[row]!, 5),
    );
  });
});
