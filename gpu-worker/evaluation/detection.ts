import { isComparable, takeRows, type AlignedColumn, type AlignedTables } from './align.js';
import { binCategories, binNumbers } from './boosting/binned-features.js';
import { fitBoostedTrees } from './boosting/boosted-trees.js';
import { areaUnderCurve, fitLogistic, type FeatureRows } from './logistic-regression.js';
import { randomNumbers, shuffledIndices } from './random.js';
import { sortedValues } from './shape.js';

const FOLDS = 3;

/** Larger tables (rows of both sides × columns) are cut to random rows, so that a test takes seconds. */
const MOST_CELLS = { logistic: 5_000_000, boosted: 1_500_000 };
const FEWEST_ROWS = 500;

/** What `boostedDetection` judges by: the defaults of XGBoost 1 and later, on which published figures rest. */
const BOOSTING = { rounds: 100, rate: 0.3, limits: { depth: 6, leastWeight: 1, shrinkage: 1, leastGain: 0 } };

export interface DetectionOptions {
  readonly seed: number;
  /** Called between folds with the share done; may throw or reject to stop. */
  readonly pause: (fraction: number) => Promise<void>;
}

/** Learns from `training` rows to tell label 1 from 0, and scores the `held` rows: the higher, the likelier 1. */
type Judge = (training: Int32Array, held: Int32Array, pause: () => Promise<void>) => Promise<Float64Array>;

/**
 * Logistic two-sample test: how hard it is for a logistic regression to tell real rows from the others. 3 stratified
 * folds; 1 − mean(max(½, AUC) × 2 − 1): 1 can't be told apart, 0 always. As LogisticDetection of SDMetrics.
 *
 * Numbers, date-times, booleans and categories that are all spelled as integers enter as numbers, scaled by median and
 * interquartile range of the training folds; other categories one-hot. A missing number takes the real column's mean, a missing
 * boolean the real column's most frequent value; a missing category is a category.
 *
 * The regression is fitted until it converges. SDMetrics stops scikit-learn's after 100 iterations, which leaves poor
 * generators up to 0.06 better off, by an amount that depends on the order of columns; good ones score the same.
 *
 * @returns undefined when there is nothing to learn from: fewer than 3 rows on a side, or no comparable column
 */
export function logisticDetection(
  tables: AlignedTables,
  options: DetectionOptions,
): Promise<number | undefined> {
  return twoSampleTest(tables, MOST_CELLS.logistic, options, (features, labels) => {
    return async (training, held, pause) => {
      const dense: Float64Array[] = [];
      for (const column of features.dense) {
        dense.push(robustlyScaled(column, training));
        await pause();
      }
      const scaled = { ...features, dense };
      const model = await fitLogistic(scaled, labels, training, { pause });
      return model.logOdds(scaled, held);
    };
  });
}

/**
 * The same test by gradient-boosted trees (100 of depth 6 at rate 0.3, log-loss), which also see what no weighted sum of
 * columns shows: atoms, gaps, and how columns depend on each other.
 *
 * @returns undefined as `logisticDetection` does
 */
export function boostedDetection(
  tables: AlignedTables,
  options: DetectionOptions,
): Promise<number | undefined> {
  return twoSampleTest(tables, MOST_CELLS.boosted, options, ({ dense, oneHot, sizes }, labels) => {
    const columns = [
      ...dense.map((values) => binNumbers(values)),
      ...oneHot.map((codes, index) => binCategories(codes, sizes[index]!)),
    ];
    const objective = { loss: 'logistic', truth: Float64Array.from(labels) } as const;
    return async (training, held, pause) => {
      const model = await fitBoostedTrees(columns, objective, training, { ...BOOSTING, pause });
      return model.scores(columns, held)[0]!;
    };
  });
}

async function twoSampleTest(
  tables: AlignedTables,
  mostCells: number,
  { seed, pause }: DetectionOptions,
  judgeOf: (features: FeatureRows, labels: Uint8Array) => Judge,
): Promise<number | undefined> {
  const cut = rowsWithinLimit(tables, mostCells, seed);
  const { realRows, otherRows } = cut;
  const columns = cut.columns.filter(isComparable);
  if (realRows < FOLDS || otherRows < FOLDS || columns.length === 0) return undefined;
  const labels = new Uint8Array(realRows + otherRows).fill(1, 0, realRows);
  const judge = judgeOf(detectionFeatures(columns, realRows + otherRows), labels);
  const foldOf = stratifiedFolds(realRows, otherRows, seed);

  let sum = 0;
  for (let fold = 0; fold < FOLDS; fold++) {
    const all = Int32Array.from(foldOf.keys());
    const training = all.filter((row) => foldOf[row] !== fold);
    const held = all.filter((row) => foldOf[row] === fold);
    const scores = await judge(training, held, () => pause(fold / FOLDS));
    const area = areaUnderCurve(
      scores,
      Uint8Array.from(held, (row) => labels[row]!),
    );
    sum += Math.max(0.5, area) * 2 - 1;
    await pause((fold + 1) / FOLDS);
  }
  return 1 - sum / FOLDS;
}

function rowsWithinLimit(tables: AlignedTables, mostCells: number, seed: number): AlignedTables {
  const rows = Math.max(FEWEST_ROWS, Math.floor(mostCells / 2 / tables.columns.length));
  const random = randomNumbers(seed);
  const cut = (length: number) =>
    length > rows ? shuffledIndices(length, random).subarray(0, rows).sort() : undefined;
  return takeRows(tables, cut(tables.realRows), cut(tables.otherRows));
}

/** Real rows first, then the others. */
function detectionFeatures(columns: readonly AlignedColumn[], rows: number): FeatureRows {
  const dense: Float64Array[] = [];
  const oneHot: Int32Array[] = [];
  const sizes: number[] = [];
  for (const column of columns) {
    const numbers = asNumbers(column);
    if (numbers) dense.push(numbers);
    else if (column.type === 'categories') {
      const codes = new Int32Array(rows);
      codes.set(column.real);
      codes.set(column.other, column.real.length);
      oneHot.push(codes.map((code) => code + 1));
      sizes.push(column.labels.length + 1);
    }
  }
  return { rows, dense, oneHot, sizes };
}

function asNumbers(column: AlignedColumn): Float64Array | undefined {
  if (column.type === 'numbers') return joined(column.real, column.other, mean(column.real));
  const values =
    column.kind === 'BOOLEAN'
      ? column.labels.map((_, code) => code)
      : column.labels.every((label) => /^-?\d{1,15}$/.test(label))
        ? column.labels.map(Number)
        : undefined;
  if (!values) return undefined;
  const numbersOf = (codes: Int32Array) =>
    Float64Array.from(codes, (code) => (code < 0 ? NaN : values[code]!));
  const real = numbersOf(column.real);
  return joined(real, numbersOf(column.other), column.kind === 'BOOLEAN' ? mode(column.real) : mean(real));
}

function joined(real: Float64Array, other: Float64Array, whenMissing: number): Float64Array {
  const values = new Float64Array(real.length + other.length);
  values.set(real);
  values.set(other, real.length);
  return values.map((value) => (Number.isFinite(value) ? value : whenMissing));
}

/** 0 for a column without values. */
function mean(values: Float64Array): number {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    sum += value;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

function mode(codes: Int32Array): number {
  const counts = new Map<number, number>();
  for (const code of codes) if (code >= 0) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best), [0, 0])[0];
}

/** (value − median) / interquartile range, both of the training rows; a range of 0 counts as 1. */
function robustlyScaled(column: Float64Array, training: Int32Array): Float64Array {
  const sorted = sortedValues(Float64Array.from(training, (row) => column[row]!));
  const median = quantile(sorted, 0.5);
  const range = quantile(sorted, 0.75) - quantile(sorted, 0.25) || 1;
  return column.map((value) => (value - median) / range);
}

/** Linear between order statistics. */
export function quantile(sorted: Float64Array, level: number): number {
  const position = (sorted.length - 1) * level;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** A fold for each row, so that every fold has its share of either table. */
function stratifiedFolds(realRows: number, otherRows: number, seed: number): Uint8Array {
  const random = randomNumbers(seed);
  const folds = new Uint8Array(realRows + otherRows);
  shuffledIndices(realRows, random).forEach((row, place) => (folds[row] = place % FOLDS));
  shuffledIndices(otherRows, random).forEach((row, place) => (folds[realRows + row] = place % FOLDS));
  return folds;
}
