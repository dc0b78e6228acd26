import type { Score } from '../../schema/messages/scores.js';
import { UserFailure } from '../failure.js';
import type { Table } from '../tables/table.js';
import { alignTables, isComparable, takeRows, type AlignedColumn, type AlignedTables } from './align.js';
import { binCategories, binNumbers, type BinnedColumn } from './boosting/binned-features.js';
import { fitBoostedTrees, type BoostedTrees } from './boosting/boosted-trees.js';
import { outputsOf, type Objective } from './boosting/objectives.js';
import { judged, labelCount, requireTarget, taskOf, truthAt, type Task } from './prediction-task.js';
import { randomNumbers, shuffledIndices } from './random.js';

/** Of the rows trained on, one in so many only tells when to stop. */
const VALIDATION_FRACTION = 9;
/** Without a test table, one real row in so many is kept from the real-trained model and tests both. */
const TEST_FRACTION = 10;
/** A model of fewer rows would say more about chance than about the table. */
const FEWEST_ROWS = 30;
/** Rows × columns × classes of a table that are learnt from; a larger one is cut to random rows. */
const MOST_CELLS = 5_000_000;

/** A low rate with early stopping stands in for a search over tree counts. */
const BOOSTING = { rounds: 300, rate: 0.08, limits: { depth: 5, leastWeight: 3, shrinkage: 1 } };
const PATIENCE = 20;

export interface UtilityOptions {
  readonly real: Table;
  readonly synthetic: Table;
  /** Real rows that neither model learns from; split from `real` when left out. */
  readonly test?: Table;
  /** Column to predict from all others but IDs and text. */
  readonly target: string;
  readonly seed: number;
  /** Called between trees with the share done; may throw or reject to stop. */
  readonly pause: (fraction: number) => Promise<void>;
}

/**
 * Trains boosted trees on synthetic rows and tests them on real ones, beside the same trained on as many real rows. AUC for two
 * classes, mean one-against-rest AUC for up to 20, for numbers the root mean squared error over the deviation of the test
 * rows.
 *
 * @throws UserFailure INVALID_CONFIG (field `target`) for a column that isn't there or can't be predicted;
 *   INSUFFICIENT_DATA naming the table that has too few rows, or too few classes, to train or test on
 */
export async function utility(options: UtilityOptions): Promise<Score> {
  const { target, seed, pause } = options;
  requireTarget(options.real, target);
  const { real, test, isSplit } = testRows(options);
  const all = alignTables(real, options.synthetic, 'synthetic table');
  const tested = alignTables(real, test, 'test table');
  const aimed = all.columns.find(({ name }) => name === target)!;
  const task = taskOf(aimed);
  const withTruth = (tables: AlignedTables): AlignedTables => rowsWithTruth(tables, target, seed, task);
  const training = withTruth(all);
  const testing = withTruth(tested);
  requireEnough(training, testing, target);

  const truth = truthOf(training, testing, target, task);
  const ranges = rangesOf(training, testing);
  const learn = async (rows: Int32Array, from: number): Promise<number> => {
    const step = (fraction: number) => pause(from + fraction / 2);
    const columns = featuresOf(training, testing, target, rows);
    const model = await fitted(columns, task.objective(truth), rows, seed, step);
    const wanted = Float64Array.from(ranges.test, (row) => truth[row]!);
    return judged(model.scores(columns, ranges.test), wanted, task, target);
  };
  const value = await learn(ranges.synthetic, 0);
  const reference = await learn(ranges.real, 0.5);
  return {
    name: 'utility',
    value,
    reference,
    referenceSource: 'REAL',
    better: task.classes ? 'higher' : 'lower',
    unit: 'share',
    meaning: meaningOf(target, task, isSplit),
  };
}

function testRows({ real, test, seed }: UtilityOptions): { real: Table; test: Table; isSplit: boolean } {
  if (test) return { real, test, isSplit: false };
  const order = shuffledIndices(real.rows, randomNumbers(seed + 2));
  const held = Math.floor(real.rows / TEST_FRACTION);
  const cut = (rows: Int32Array): Table => ({
    rows: rows.length,
    columns: real.columns.map((column) =>
      'values' in column
        ? { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) }
        : { ...column, codes: rows.map((row) => column.codes[row]!) },
    ),
  });
  return { real: cut(order.subarray(held)), test: cut(order.subarray(0, held)), isSplit: true };
}

/** As many other rows as real ones at most, and of both only those that tell the target. */
function rowsWithTruth(tables: AlignedTables, target: string, seed: number, task: Task): AlignedTables {
  const aimed = tables.columns.find(({ name }) => name === target)!;
  const known = (side: AlignedColumn['real']) =>
    Int32Array.from(side.keys()).filter((row) => Number.isFinite(truthAt(side[row]!, aimed, task)));
  const random = randomNumbers(seed);
  const most = Math.floor(MOST_CELLS / (tables.columns.length * (task.classes?.length ?? 1)));
  const cut = (rows: Int32Array, wanted: number): Int32Array =>
    rows.length <= wanted
      ? rows
      : shuffledIndices(rows.length, random)
          .subarray(0, wanted)
          .sort()
          .map((place) => rows[place]!);
  const real = cut(known(aimed.real), Math.max(most, FEWEST_ROWS));
  return takeRows(tables, real, cut(known(aimed.other), real.length));
}

function requireEnough(training: AlignedTables, testing: AlignedTables, target: string): void {
  const counted = [
    ['real table', training.realRows, FEWEST_ROWS],
    ['synthetic table', training.otherRows, FEWEST_ROWS],
    ['test table', testing.otherRows, 2],
  ] as const;
  for (const [name, rows, fewest] of counted) {
    if (rows >= fewest) continue;
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      `The ${name} has ${rows} rows with a value of "${target}"; the utility score needs at least ${fewest}. ` +
        'Add rows, or leave the target out.',
      { column: target },
    );
  }
}

/** Rows: real, then synthetic, then test. */
function rangesOf(training: AlignedTables, testing: AlignedTables) {
  const range = (from: number, length: number) => Int32Array.from({ length }, (_, index) => from + index);
  const { realRows, otherRows } = training;
  return {
    real: range(0, realRows),
    synthetic: range(realRows, otherRows),
    test: range(realRows + otherRows, testing.otherRows),
  };
}

/** Features of all rows, cut by those that are learnt from: neither model knows what the other's rows are like. */
function featuresOf(
  training: AlignedTables,
  testing: AlignedTables,
  target: string,
  learnt: Int32Array,
): BinnedColumn[] {
  return training.columns.flatMap((column, index): BinnedColumn[] => {
    if (column.name === target || !isComparable(column)) return [];
    const sides = [column.real, column.other, testing.columns[index]!.other];
    if (column.type === 'numbers') return [binNumbers(joined(sides, Float64Array), learnt)];
    return [binCategories(joined(sides, Int32Array), labelCount(column.real), learnt)];
  });
}

function truthOf(training: AlignedTables, testing: AlignedTables, target: string, task: Task): Float64Array {
  const [left, right] = [training, testing].map(({ columns }) =>
    columns.find(({ name }) => name === target)!,
  );
  const sides = [left!.real, left!.other, right!.other];
  return joined(
    sides.map((side) => Float64Array.from(side, (value) => truthAt(value, left!, task))),
    Float64Array,
  );
}

function joined<Values extends Float64Array | Int32Array>(
  parts: readonly (Float64Array | Int32Array)[],
  ArrayType: new (length: number) => Values,
): Values {
  const whole = new ArrayType(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

async function fitted(
  columns: readonly BinnedColumn[],
  objective: Objective,
  rows: Int32Array,
  seed: number,
  pause: (fraction: number) => Promise<void>,
): Promise<BoostedTrees> {
  const order = shuffledIndices(rows.length, randomNumbers(seed + 3)).map((place) => rows[place]!);
  const held = Math.floor(rows.length / VALIDATION_FRACTION);
  let trees = 0;
  return fitBoostedTrees(columns, objective, order.slice(held).sort(), {
    ...BOOSTING,
    validation: { rows: order.slice(0, held), patience: PATIENCE },
    pause: () => pause(++trees / (BOOSTING.rounds * outputsOf(objective))),
  });
}

function meaningOf(target: string, { classes }: Task, isSplit: boolean): string {
  const measure = !classes
    ? 'error over the spread of the true values; 0 is perfect, 1 no better than always saying the mean'
    : classes.length === 2
      ? 'AUC; 1 is perfect, 0.5 is guessing'
      : `AUC of each of ${classes.length} values against the others, on average; 1 is perfect, 0.5 is guessing`;
  return (
    `How well boosted trees that learnt from synthetic rows predict "${target}" of real rows (${measure}), beside the same learnt ` +
    `from real rows.` +
    (isSplit
      ? ' Without a test table, a random tenth of the real rows tests both; the generator may have learnt from it.'
      : '')
  );
}
