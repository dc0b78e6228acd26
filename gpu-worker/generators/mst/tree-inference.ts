import type { Pause } from '../../evaluation/pause.js';
import { beliefsOf, type Potentials, type Tree } from './tree.js';

/** Noisy counts that the rows of a table were seen through, with the variance of each count's noise. */
export interface TreeMeasurements {
  /** Of each column: one count a bin. */
  readonly columns: readonly { readonly counts: Float64Array; readonly variances: Float64Array }[];
  /** Of each edge of the tree: row-major [bins of parent, bins of child]. */
  readonly pairs: readonly { readonly counts: Float64Array; readonly variance: number }[];
  /** Rows in all, > 0. */
  readonly rows: number;
}

const MOST_ITERATIONS = 1000;
/** An iteration that improves by less than this share of the loss, ten times in a row, is the last. */
const LEAST_IMPROVEMENT = 1e-6;
const PATIENCE = 10;

/**
 * The potentials of the tree-shaped distribution over bins that fits noisy counts of columns and pairs best, by squared error
 * over variance: McKenna, Sheldon and Miklau, "Graphical-model based estimation and inference for differential privacy",
 * 2019, algorithm 1 (mirror descent with a line search). Counts contradict each other, and some are negative; the fit is a
 * distribution nonetheless, and of those that fit as well it is the one with the most entropy.
 */
export async function inferPotentials(
  tree: Tree,
  measured: TreeMeasurements,
  pause: Pause,
): Promise<Potentials> {
  const { columns, pairs, rows } = measured;
  let potentials: Potentials = {
    columns: columns.map(({ counts }) => new Float64Array(counts.length)),
    pairs: pairs.map(({ counts }) => new Float64Array(counts.length)),
  };
  let beliefs = beliefsOf(tree, potentials);
  let loss = lossOf(measured, beliefs);
  let rate =
    Math.min(
      ...columns.flatMap(({ variances }) => [...variances]),
      ...pairs.map(({ variance }) => variance),
    ) / rows;
  let idle = 0;
  for (let iteration = 0; iteration < MOST_ITERATIONS && idle < PATIENCE && loss > 0; iteration++) {
    await pause(iteration / MOST_ITERATIONS);
    const before = { potentials, beliefs, loss };
    const slopes = {
      columns: columns.map(({ counts, variances }, column) =>
        beliefs.columns[column]!.map((share, bin) => (rows * share - counts[bin]!) / variances[bin]!),
      ),
      pairs: pairs.map(({ counts, variance }, pair) =>
        beliefs.pairs[pair]!.map((share, cell) => (rows * share - counts[cell]!) / variance),
      ),
    };
    rate *= 2;
    for (;;) {
      potentials = {
        columns: before.potentials.columns.map((of, column) => moved(of, slopes.columns[column]!, rate)),
        pairs: before.potentials.pairs.map((of, pair) => moved(of, slopes.pairs[pair]!, rate)),
      };
      beliefs = beliefsOf(tree, potentials);
      loss = lossOf(measured, beliefs);
      // Armijo's rule, by how far the distribution moved along the slope.
      const along =
        rows *
        (descent(slopes.columns, before.beliefs.columns, beliefs.columns) +
          descent(slopes.pairs, before.beliefs.pairs, beliefs.pairs));
      if (before.loss - loss >= 0.5 * along || rate < SMALLEST_RATE) break;
      rate /= 2;
    }
    if (loss > before.loss) return before.potentials;
    idle = before.loss - loss < LEAST_IMPROVEMENT * before.loss ? idle + 1 : 0;
  }
  await pause(1);
  return potentials;
}

const SMALLEST_RATE = 1e-12;

function moved(values: Float64Array, slope: Float64Array, rate: number): Float64Array {
  return values.map((value, at) => value - rate * slope[at]!);
}

function descent(
  slopes: readonly Float64Array[],
  before: readonly Float64Array[],
  after: readonly Float64Array[],
): number {
  let sum = 0;
  slopes.forEach((slope, index) => {
    for (let at = 0; at < slope.length; at++) sum += slope[at]! * (before[index]![at]! - after[index]![at]!);
  });
  return sum;
}

/** Half the squared errors over their variances. */
function lossOf({ columns, pairs, rows }: TreeMeasurements, beliefs: Potentials): number {
  let loss = 0;
  columns.forEach(({ counts, variances }, column) => {
    counts.forEach((count, bin) => {
      loss += (rows * beliefs.columns[column]![bin]! - count) ** 2 / variances[bin]!;
    });
  });
  pairs.forEach(({ counts, variance }, pair) => {
    counts.forEach((count, cell) => {
      loss += (rows * beliefs.pairs[pair]![cell]! - count) ** 2 / variance;
    });
  });
  return loss / 2;
}
