import { setImmediate } from 'node:timers/promises';
import {
  Evaluation,
  SCORE_NAMES,
  type PairComparison,
  type ReferenceSource,
  type Score,
} from '../../schema/messages/scores.js';
import { UserFailure } from '../failure.js';
import type { Table } from '../tables/table.js';
import { alignTables, isComparable, takeRows, type AlignedColumn, type AlignedTables } from './align.js';
import { exactCopies } from './copies.js';
import { boostedDetection, logisticDetection } from './detection.js';
import { compareColumn, missingShare } from './drawings.js';
import { randomNumbers, shuffledIndices } from './random.js';
import { SCORE_TEXTS } from './score-texts.js';
import { columnShape } from './shape.js';
import { correlationMatrix, pairTrend, trendColumn, type TrendColumn } from './trend.js';
import { utility } from './utility.js';

/** A longer table is cut to this many random rows: the scores' own sampling error is far below 0.1 % by then. */
export const MAX_ROWS_COMPARED = 100_000;
/** Pairs grow with the square of the columns: trends look at the first of them only. */
export const MAX_TREND_COLUMNS = 150;
/** Longest stretch of work, in milliseconds, between looks at the event loop. */
const BREATH_MS = 50;

export interface EvaluateOptions {
  readonly real: Table;
  readonly synthetic: Table;
  /** Real rows that the generator never saw; gives every score its reference. */
  readonly test?: Table;
  /** Column to predict, for the utility score; without it there is none. */
  readonly target?: string;
  readonly seed: number;
  /** Aborting it makes `evaluate` reject with its reason. */
  readonly signal: AbortSignal;
  /** Share done, 0–1, rising. */
  readonly progress: (fraction: number) => void;
}

/**
 * Compares a synthetic table with the real one, and, for a sense of scale, real rows with real rows by the same scores: the
 * holdout with the real table when there is one, else one random half of the real table with the other.
 *
 * @throws UserFailure INVALID_FILE naming a column that the tables don't share; INSUFFICIENT_DATA for a table without rows;
 *   what `utility` throws for a target
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { real, synthetic, test, target, seed, signal } = options;
  const progress = rising(options.progress);
  requireRows(real, 'real table');
  requireRows(synthetic, 'synthetic table');
  if (test) requireRows(test, 'test table');
  const all = alignTables(real, synthetic, 'synthetic table');
  const compared = comparedRows(all, seed);
  const reference = referenceTables(options, compared);
  const breathe = breathing(signal);

  const columns = [];
  for (const column of compared.columns) {
    columns.push(compareColumn(column));
    await breathe();
  }
  progress(0.05);
  const usefulness =
    target === undefined
      ? undefined
      : await utility({
          ...{ real, synthetic, test, target, seed },
          pause: (fraction) => (progress(0.05 + 0.15 * fraction), breathe()),
        });
  const trends = await comparePairs(compared, breathe, (fraction) => progress(0.2 + 0.2 * fraction));
  const detect = async (tables: AlignedTables, from: number) => {
    const within = (start: number) => ({
      seed,
      pause: (fraction: number) => (progress(start + 0.15 * fraction), breathe()),
    });
    const logistic = await logisticDetection(tables, within(from));
    return { logistic, boosted: await boostedDetection(tables, within(from + 0.15)) };
  };
  const detection = await detect(compared, 0.4);
  const copies = await exactCopies(all, breathe);

  const referenceTrends = reference && (await comparePairs(reference.tables, breathe, () => {}));
  const referenceDetection = reference && (await detect(reference.tables, 0.7));
  const referenceCopies = reference && (await exactCopies(reference.tables, breathe));

  const scores: Score[] = [];
  const add = (
    name: keyof typeof SCORE_TEXTS,
    value: number | undefined,
    of?: number,
    source = reference?.source,
  ): void => {
    if (value === undefined) return;
    scores.push({
      ...SCORE_TEXTS[name],
      name,
      value: clampShare(value),
      ...(of !== undefined && source && { reference: clampShare(of), referenceSource: source }),
    });
  };
  add(
    SCORE_NAMES.shapeError,
    meanShapeError(compared.columns),
    reference && meanShapeError(reference.tables.columns),
  );
  add(
    SCORE_NAMES.trendError,
    meanTrendError(trends.pairs),
    referenceTrends && meanTrendError(referenceTrends.pairs),
  );
  add(SCORE_NAMES.logisticDetection, detection.logistic, referenceDetection?.logistic);
  add(SCORE_NAMES.boostedDetection, detection.boosted, referenceDetection?.boosted);
  if (usefulness) scores.push(usefulness);
  if (columns.some(({ missing }) => missing.real > 0 || missing.synthetic > 0)) {
    add(
      SCORE_NAMES.missingError,
      meanMissingError(compared.columns),
      reference && meanMissingError(reference.tables.columns),
    );
  }
  add(SCORE_NAMES.exactCopies, copies?.copied, referenceCopies?.copied);
  add(SCORE_NAMES.duplicates, copies?.repeated, copies?.realRepeated, 'REAL');
  progress(1);

  return Evaluation.parse({
    v: 1,
    rows: {
      real: real.rows,
      synthetic: synthetic.rows,
      ...(test && { test: test.rows }),
      compared: { real: compared.realRows, synthetic: compared.otherRows },
    },
    scores,
    columns,
    pairs: trends.pairs,
    correlations: {
      columns: trends.columns.filter(({ numbers }) => numbers).map(({ name }) => name),
      real: correlationMatrix(trends.columns, 'real'),
      synthetic: correlationMatrix(trends.columns, 'other'),
    },
    notes: notesOn(all, compared),
  } satisfies Evaluation);
}

function requireRows(table: Table, name: string): void {
  if (table.rows === 0) {
    throw new UserFailure('INSUFFICIENT_DATA', `The ${name} has no rows. An evaluation needs at least one.`);
  }
}

/** As many synthetic rows as real ones at most, and no more of either than can be compared in reasonable time. */
function comparedRows(tables: AlignedTables, seed: number): AlignedTables {
  const realRows = Math.min(tables.realRows, MAX_ROWS_COMPARED);
  const otherRows = Math.min(tables.otherRows, realRows);
  const random = randomNumbers(seed);
  const cut = (rows: number, wanted: number) =>
    rows > wanted ? shuffledIndices(rows, random).subarray(0, wanted).sort() : undefined;
  return takeRows(tables, cut(tables.realRows, realRows), cut(tables.otherRows, otherRows));
}

function referenceTables(
  { real, test, seed }: EvaluateOptions,
  compared: AlignedTables,
): { tables: AlignedTables; source: ReferenceSource } | undefined {
  if (test) return { tables: comparedRows(alignTables(real, test, 'test table'), seed), source: 'HOLDOUT' };
  if (compared.realRows < 2) return undefined;
  const order = shuffledIndices(compared.realRows, randomNumbers(seed + 1));
  const half = compared.realRows >> 1;
  const twice = {
    realRows: compared.realRows,
    otherRows: compared.realRows,
    columns: compared.columns.map((column): AlignedColumn =>
      column.type === 'numbers' ? { ...column, other: column.real } : { ...column, other: column.real },
    ),
  };
  return { tables: takeRows(twice, order.subarray(half), order.subarray(0, half)), source: 'HALVES' };
}

/** Shares that a sum of parts rounds down don't fall behind the last. */
function rising(progress: (fraction: number) => void): (fraction: number) => void {
  let last = 0;
  return (fraction) => progress((last = Math.max(last, fraction)));
}

/** Lets timers and messages through when the last time was a while ago; rejects once the run is to stop. */
function breathing(signal: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    signal.throwIfAborted();
    if (performance.now() - last < BREATH_MS) return;
    await setImmediate();
    signal.throwIfAborted();
    last = performance.now();
  };
}

async function comparePairs(
  tables: AlignedTables,
  breathe: () => Promise<void>,
  progress: (fraction: number) => void,
): Promise<{ columns: TrendColumn[]; pairs: PairComparison[] }> {
  const columns: TrendColumn[] = [];
  for (const column of tables.columns.filter(isComparable).slice(0, MAX_TREND_COLUMNS)) {
    columns.push(trendColumn(column));
    await breathe();
  }
  const pairs: PairComparison[] = [];
  for (const [index, left] of columns.entries()) {
    for (const right of columns.slice(index + 1)) {
      pairs.push({ left: left.name, right: right.name, trend: clampShare(pairTrend(left, right)) });
      await breathe();
    }
    progress((index + 1) / columns.length);
  }
  return { columns, pairs };
}

function meanShapeError(columns: readonly AlignedColumn[]): number | undefined {
  const shapes = columns.filter(isComparable).map(columnShape);
  return shapes.length === 0 ? undefined : 1 - mean(shapes);
}

function meanTrendError(pairs: readonly PairComparison[]): number | undefined {
  return pairs.length === 0 ? undefined : 1 - mean(pairs.map(({ trend }) => trend));
}

function meanMissingError(columns: readonly AlignedColumn[]): number {
  return mean(columns.map(({ real, other }) => Math.abs(missingShare(real) - missingShare(other))));
}

function notesOn(all: AlignedTables, compared: AlignedTables): string[] {
  const notes: string[] = [];
  const left = all.columns.filter((column) => !isComparable(column)).map(({ name }) => `"${name}"`);
  if (left.length > 0) {
    notes.push(
      `IDs and free text are not scored: ${left.slice(0, 10).join(', ')}${left.length > 10 ? ' and others' : ''}.`,
    );
  }
  const comparable = all.columns.filter(isComparable).length;
  if (comparable > MAX_TREND_COLUMNS) {
    notes.push(
      `Pairs of columns are compared among the first ${MAX_TREND_COLUMNS} of ${comparable} columns.`,
    );
  }
  if (compared.realRows < all.realRows || compared.otherRows < all.otherRows) {
    notes.push(
      `Scores but copies and duplicates compare ${compared.otherRows} random synthetic rows with ${compared.realRows} ` +
        `real ones, of ${all.otherRows} and ${all.realRows}.`,
    );
  }
  if (compared.otherRows < compared.realRows) {
    notes.push(
      `The synthetic table has fewer rows than the real one: its scores contain more chance than with ${compared.realRows}.`,
    );
  }
  return notes;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const clampShare = (value: number): number => Math.max(0, Math.min(1, value));
