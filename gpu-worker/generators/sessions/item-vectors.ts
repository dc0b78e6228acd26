import type { Random } from '../../compute/random.js';
import type { Transitions } from '../../events/transitions.js';
import { leadingEigenvectors } from './leading-eigenvectors.js';

/**
 * Vectors of items [items, width], row-major, of which those are near each other that are met together: the leading
 * eigenvectors of the symmetric positive pointwise mutual information, scaled by the root of their eigenvalues (Levy and
 * Goldberg, 2014, section 3.3). Items met alone have a zero vector.
 */
export function itemVectors(transitions: Transitions, width: number, random: Random): Float32Array {
  const matrix = positiveInformation(transitions);
  return leadingEigenvectors(
    transitions.items,
    width,
    (x, rank) => times(matrix, x, transitions.items, rank),
    random,
  );
}

interface Sparse {
  readonly rows: Uint32Array;
  readonly columns: Uint32Array;
  readonly values: Float32Array;
}

/** log(p(a, b) / (p(a) p(b))) where it is above 0, of pairs in either order; both triangles are added up when multiplied. */
function positiveInformation({ items, starts, followers, weights }: Transitions): Sparse {
  const marginal = new Float64Array(items);
  let total = 0;
  const pairs = new Map<number, number>();
  for (let from = 0; from < items; from++) {
    for (let at = starts[from]!; at < starts[from + 1]!; at++) {
      const to = followers[at]!;
      const weight = weights[at]!;
      const key = Math.min(from, to) * items + Math.max(from, to);
      pairs.set(key, (pairs.get(key) ?? 0) + weight);
      marginal[from]! += weight;
      marginal[to]! += weight;
      total += 2 * weight;
    }
  }
  const [rows, columns, values]: [number[], number[], number[]] = [[], [], []];
  for (const [key, weight] of pairs) {
    const row = Math.floor(key / items);
    const column = key - row * items;
    const information = Math.log((weight * total) / (marginal[row]! * marginal[column]!));
    if (information <= 0) continue;
    rows.push(row);
    columns.push(column);
    values.push(information);
  }
  return {
    rows: Uint32Array.from(rows),
    columns: Uint32Array.from(columns),
    values: Float32Array.from(values),
  };
}

/** The symmetric matrix times [items, rank]. */
function times(
  { rows, columns, values }: Sparse,
  x: Float64Array,
  items: number,
  rank: number,
): Float64Array<ArrayBuffer> {
  const y = new Float64Array(items * rank);
  values.forEach((value, at) => {
    const [row, column] = [rows[at]! * rank, columns[at]! * rank];
    for (let k = 0; k < rank; k++) {
      y[row + k]! += value * x[column + k]!;
      y[column + k]! += value * x[row + k]!;
    }
  });
  return y;
}
