import { SCORE_NAMES, type Score } from '../../../schema/messages/scores.js';
import { UserFailure } from '../../failure.js';
import { rowsAt } from '../../tables/rows.js';
import type { Table } from '../../tables/table.js';
import { alignTables, isComparable, takeRows, type AlignedColumn, type AlignedTables } from '../align.js';
import { binCategories, binNumbers, type BinnedColumn } from '../boosting/binned-features.js';
import type { BoostedTrees } from '../boosting/boosted-trees.js';
import { outputsOf } from '../boosting/objectives.js';
import { randomNumbers, shuffledIndices } from '../random.js';
import {
  judged,
  labelCount,
  requireTarget,
  sameEverywhere,
  taskOf,
  truthAt,
  type Task,
} from './prediction-task.js';
import { chooseSetting, fitSetting, PAUSES } from './settings-search.js';

/** Of the rows trained on, one in so many only tells which setting is best. */
const VALIDATION_FRACTION = 9;
/** Without a test table, one real row in so many is kept from the real-trained model and tests both. */
const TEST_FRACTION = 10;
/** A model of fewer rows would say more about chance than about the table. */
const FEWEST_ROWS = 30;
/** Rows × columns × classes of a table that are learnt from; a larger one is cut to random rows. */
const MOST_CELLS = 1_000_000;

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
 * `utility`: boosted trees that learnt from synthetic rows, tested on real ones, beside the same learnt from as many real rows. Each
 * side chooses its setting among 36 by a ninth of its rows. `augmentedUtility`: what the real side's setting and rows reach
 * once synthetic rows are added. AUC for two classes, mean one-against-rest AUC for up to 20, for numbers the root mean
 * squared error over the deviation of the test rows.
 *
 * @throws UserFailure INVALID_CONFIG (field `target`) for a column that isn't there or can't be predicted;
 *   INSUFFICIENT_DATA naming the table that has too few rows, or too few classes, to train or test on
 */
export async function utilityScores(options: UtilityOptions): Promise<Score[]> {
  const { target, seed } = options;
  requireTarget(options.real, target);
  const { real, test, isSplit } = testRows(options);
  const all = alignTables(real, options.synthetic, 'synthetic table');
  const tested = alignTables(real, test, 'test table');
  const task = taskOf(all.columns.find(({ name }) => name === target)!);
  const withTruth = (tables: AlignedTables): AlignedTables => rowsWithTruth(tables, target, seed, task);
  const training = withTruth(all);
  const testing = withTruth(tested);
  requireEnough(training, testing, target);

  const truth = truthOf(training, testing, target, task);
  const ranges = rangesOf(training, testing);
  const wanted = Float64Array.from(ranges.test, (row) => truth[row]!);
  const tests = (columns: readonly BinnedColumn[], model: BoostedTrees, rounds: number): number => {
    const value = judged(model.scores(columns, ranges.test, rounds), wanted, task);
    if (value === undefined) throw sameEverywhere(target);
    return value;
  };
  const pause = trees(task, options.pause);
  const learn = async (rows: Int32Array) => {
    const { learnt, validation } = parted(rows, seed);
    const lesson = {
      columns: featuresOf(training, testing, target, rows),
      truth,
      task,
      training: learnt,
      pause,
    };
    const { setting, model } = await chooseSetting(lesson, validation);
    return { setting, learnt, value: tests(lesson.columns, model, setting.rounds) };
  };
  const synthetic = await learn(ranges.synthetic);
  const ofReal = await learn(ranges.real);
  const both = joined([ofReal.learnt, ranges.synthetic], Int32Array);
  const columns = featuresOf(training, testing, target, both);
  const model = await fitSetting({ columns, truth, task, training: both, pause }, ofReal.setting);

  const shared = {
    reference: ofReal.value,
    referenceSource: 'REAL',
    unit: 'share',
    better: task.classes ? 'higher' : 'lower',
  } as const;
  return [
    {
      ...shared,
      name: SCORE_NAMES.utility,
      value: synthetic.value,
      meaning:
        `How well boosted trees that learnt from synthetic rows predict "${target}" of real rows (${measureOf(task)}), beside the ` +
        `same learnt from real rows.${isSplit ? SPLIT : ''}`,
    },
    {
      ...shared,
      name: SCORE_NAMES.augmentedUtility,
      value: tests(columns, model, ofReal.setting.rounds),
      meaning:
        'The same learnt from real and synthetic rows together: whether adding synthetic rows to the real ones helps.',
    },
  ];
}

const SPLIT =
  ' Without a test table, a random tenth of the real rows tests both; the generator may have learnt from it.';

/** Turns the trees grown so far into the share of all that will be. */
function trees(task: Task, pause: (fraction: number) => Promise<void>): () => Promise<void> {
  let grown = 0;
  const all = (2 * PAUSES.search + PAUSES.most) * outputsOf(task.objective(new Float64Array(0)));
  return () => pause(++grown / all);
}

/** A random ninth of the rows to choose a setting by, and the others to learn from. */
function parted(rows: Int32Array, seed: number): { learnt: Int32Array; validation: Int32Array } {
  const order = shuffledIndices(rows.length, randomNumbers(seed + 3)).map((place) => rows[place]!);
  const held = Math.floor(rows.length / VALIDATION_FRACTION);
  return { learnt: order.slice(held).sort(), validation: order.slice(0, held) };
}

function testRows({ real, test, seed }: UtilityOptions): { real: Table; test: Table; isSplit: boolean } {
  if (test) return { real, test, isSplit: false };
  const order = shuffledIndices(real.rows, randomNumbers(seed + 2));
  const held = Math.floor(real.rows / TEST_FRACTION);
  return {
    real: rowsAt(real, order.subarray(held)),
    test: rowsAt(real, order.subarray(0, held)),
    isSplit: true,
  };
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

function measureOf({ classes }: Task): string {
  if (!classes)
    return 'error over the spread of the true values; 0 is perfect, 1 no better than always saying the mean';
  return classes.length === 2
    ? 'AUC; 1 is perfect, 0.5 is guessing'
    : `AUC of each of ${classes.length} values against the others, on average; 1 is perfect, 0.5 is guessing`;
}
