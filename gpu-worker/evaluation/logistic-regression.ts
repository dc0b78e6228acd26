import { minimize } from './lbfgs.js';

/**
 * Rows of features: some dense numbers, and one-hot groups kept as one index each, so that a column with many
 * categories costs no more than one with few.
 */
export interface FeatureRows {
  readonly rows: number;
  /** Columns of numbers, each of length `rows`, finite. */
  readonly dense: readonly Float64Array[];
  /** Columns of codes, each of length `rows`: the index of the only 1 in a group of `sizes[group]` features. */
  readonly oneHot: readonly Int32Array[];
  readonly sizes: readonly number[];
}

export interface LogisticModel {
  /** Log-odds of label 1 for these rows. */
  logOdds(features: FeatureRows, rows: Int32Array): Float64Array;
}

export interface LogisticOptions {
  /** Inverse strength of the penalty. */
  readonly c?: number;
  readonly maxIterations?: number;
  /** Called before each iteration; may reject to stop. */
  readonly pause: () => Promise<void>;
}

/**
 * L2-regularized logistic regression: minimizes Σ log-loss + ‖w‖² / (2C), the intercept not penalized, as scikit-learn's
 * LogisticRegression does (default C = 1).
 *
 * @param labels 0 or 1 for every row of `features`
 * @param rows indices of the rows to learn from
 */
export async function fitLogistic(
  features: FeatureRows,
  labels: Uint8Array,
  rows: Int32Array,
  { c = 1, maxIterations = 500, pause }: LogisticOptions,
): Promise<LogisticModel> {
  const offsets = groupOffsets(features);
  const size = offsets.at(-1)! + 1;
  const intercept = size - 1;
  // Solved in standardized coordinates: the same optimum, since the penalty is transformed along, in far fewer steps.
  const scales = features.dense.map((column) => {
    const { mean, deviation } = moments(column, rows);
    return { mean, deviation: deviation > 0 ? deviation : 1 };
  });
  const dense = features.dense.map((column, index) => {
    const { mean, deviation } = scales[index]!;
    return Float64Array.from(rows, (row) => (column[row]! - mean) / deviation);
  });
  const oneHot = features.oneHot.map((column, group) =>
    Int32Array.from(rows, (row) => column[row]! + offsets[group]!),
  );
  const penalties = new Float64Array(size).fill(1 / c);
  scales.forEach(({ deviation }, index) => (penalties[index] = 1 / (c * deviation * deviation)));
  penalties[intercept] = 0;

  const odds = new Float64Array(rows.length);
  const evaluate = (weights: Float64Array, gradient: Float64Array): number => {
    odds.fill(weights[intercept]!);
    dense.forEach((column, index) => {
      const weight = weights[index]!;
      for (let i = 0; i < column.length; i++) odds[i]! += weight * column[i]!;
    });
    for (const column of oneHot) for (let i = 0; i < column.length; i++) odds[i]! += weights[column[i]!]!;
    let loss = 0;
    let residuals = 0;
    for (let i = 0; i < odds.length; i++) {
      const label = labels[rows[i]!]!;
      const z = odds[i]!;
      const decay = Math.exp(-Math.abs(z));
      loss += Math.log1p(decay) + (z > 0 ? z : 0) - label * z;
      const probability = z >= 0 ? 1 / (1 + decay) : decay / (1 + decay);
      odds[i] = probability - label;
      residuals += odds[i]!;
    }
    for (let j = 0; j < size; j++) {
      loss += (penalties[j]! * weights[j]! * weights[j]!) / 2;
      gradient[j] = penalties[j]! * weights[j]!;
    }
    dense.forEach((column, index) => {
      let sum = 0;
      for (let i = 0; i < column.length; i++) sum += odds[i]! * column[i]!;
      gradient[index]! += sum;
    });
    for (const column of oneHot) for (let i = 0; i < column.length; i++) gradient[column[i]!]! += odds[i]!;
    gradient[intercept]! += residuals;
    for (let j = 0; j < size; j++) gradient[j]! /= rows.length;
    return loss / rows.length;
  };
  const start = new Float64Array(size);
  const { at: weights } = await minimize(evaluate, start, { tolerance: 1e-6, maxIterations, pause });

  return {
    logOdds(sample, chosen) {
      return Float64Array.from(chosen, (row) => {
        let sum = weights[intercept]!;
        sample.dense.forEach((column, index) => {
          const { mean, deviation } = scales[index]!;
          sum += (weights[index]! * (column[row]! - mean)) / deviation;
        });
        sample.oneHot.forEach((column, group) => (sum += weights[column[row]! + offsets[group]!]!));
        return sum;
      });
    },
  };
}

/** Index of each one-hot group's first weight, after the dense ones; last the index of the intercept. */
function groupOffsets({ dense, sizes }: FeatureRows): number[] {
  const offsets = [dense.length];
  for (const size of sizes) offsets.push(offsets.at(-1)! + size);
  return offsets;
}

function moments(column: Float64Array, rows: Int32Array): { mean: number; deviation: number } {
  let sum = 0;
  for (const row of rows) sum += column[row]!;
  const mean = sum / rows.length;
  let squares = 0;
  for (const row of rows) squares += (column[row]! - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / rows.length) };
}

/** Area under the ROC curve of scores for labels 0 and 1, ties counted half: 0–1; ½ when a label is absent. */
export function areaUnderCurve(scores: Float64Array, labels: Uint8Array): number {
  const order = Array.from(scores.keys()).sort((left, right) => scores[left]! - scores[right]!);
  let positives = 0;
  let rankSum = 0;
  for (let first = 0; first < order.length;) {
    let next = first;
    while (next < order.length && scores[order[next]!] === scores[order[first]!]) next++;
    const rank = (first + 1 + next) / 2;
    for (; first < next; first++) {
      if (labels[order[first]!] === 1) {
        positives++;
        rankSum += rank;
      }
    }
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return 0.5;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
