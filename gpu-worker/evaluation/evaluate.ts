import type { Constraint } from '../../schema/messages/constraints.js';
import { Evaluation, SCORE_NAMES, type Score } from '../../schema/messages/scores.js';
import { requireFitting } from '../constraints/real-rows.js';
import type { EventRoles } from '../events/roles.js';
import { UserFailure } from '../failure.js';
import type { Table } from '../tables/table.js';
import { compareTables, type ComparedTables } from './compared-rows.js';
import { constraintBreaks } from './constraint-breaks.js';
import { exactCopies } from './copies.js';
import { coverage } from './coverage.js';
import { eventScores } from './events/events.js';
import { boostedDetection, logisticDetection } from './detection.js';
import { fidelity } from './fidelity.js';
import { notesOn } from './notes.js';
import { partOf, pausing, type Pause } from './pause.js';
import { privacyScores } from './privacy/privacy.js';
import { scoreNamed } from './score.js';
import { utilityScores } from './utility/utility.js';

export interface EvaluateOptions {
  readonly real: Table;
  readonly synthetic: Table;
  /** Real rows that the generator never saw; gives every score its reference, and privacy its attacks. */
  readonly test?: Table;
  /** Column to predict, for the utility scores; without it there are none. */
  readonly target?: string;
  /** What every row should obey: adds the score of how many don't. */
  readonly constraints?: readonly Constraint[];
  /** Columns of an event log by their roles: adds the scores of event logs. */
  readonly events?: EventRoles;
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
 *   what `utilityScores` throws for a target, and `requireFitting` for constraints
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { target, constraints = [], events, seed, signal, progress } = options;
  const { real, synthetic, test } = options;
  requireRows(real, 'real table');
  requireRows(synthetic, 'synthetic table');
  if (test) requireRows(test, 'test table');
  const tables = compareTables(events ? withoutIdentities(options, events) : options, seed);
  const whole = pausing(signal, progress);
  const logs = events && (await eventScores(options, events, seed, partOf(whole, 0, 0.3)));
  const pause = partOf(whole, logs ? 0.3 : 0, 1);

  // First, because these alone may find a mistake in what was asked for.
  requireFitting(constraints, real);
  const useful =
    target === undefined
      ? []
      : await utilityScores({ real, synthetic, test, target, seed, pause: partOf(pause, 0, 0.5) });
  const alike = await fidelity(tables, seed, partOf(pause, useful.length > 0 ? 0.5 : 0, 0.6));
  const detected = await detectionScores(tables, seed, partOf(pause, 0.6, 0.9));
  const { copied, repeated } = await copyScores(tables, partOf(pause, 0.9, 0.92));
  const holdout = tables.reference?.source === 'HOLDOUT' ? tables.reference.tables : undefined;
  const leaked = await privacyScores(tables.compared, holdout, {
    ...{ mostRows: tables.mostNeighbours, seed },
    pause: partOf(pause, 0.92, 1),
  });
  const diverse = coverageScores(tables);
  const consistent = consistencyScores(constraints, tables, real);
  await pause(1);

  return Evaluation.parse({
    ...alike,
    v: 1,
    rows: {
      real: real.rows,
      synthetic: synthetic.rows,
      ...(test && { test: test.rows }),
      compared: { real: tables.compared.realRows, synthetic: tables.compared.otherRows },
    },
    scores: [
      ...alike.scores,
      ...detected,
      ...useful,
      ...copied,
      ...leaked,
      ...diverse,
      ...repeated,
      ...consistent,
      ...(logs?.scores ?? []),
    ],
    notes: [...notesOn(tables), ...(logs?.notes ?? [])],
  } satisfies Evaluation);
}

/** The tables without the columns that only say whose an event is: they hold other names on purpose. */
function withoutIdentities(
  { real, synthetic, test }: EvaluateOptions,
  { user, session }: EventRoles,
): { readonly real: Table; readonly synthetic: Table; readonly test?: Table } {
  const without = (table: Table): Table => ({
    ...table,
    columns: table.columns.filter(({ schema }) => schema.name !== user && schema.name !== session),
  });
  return { real: without(real), synthetic: without(synthetic), ...(test && { test: without(test) }) };
}

function requireRows(table: Table, name: string): void {
  if (table.rows === 0) {
    throw new UserFailure('INSUFFICIENT_DATA', `The ${name} has no rows. An evaluation needs at least one.`);
  }
}

async function detectionScores(
  { compared, reference }: ComparedTables,
  seed: number,
  pause: Pause,
): Promise<Score[]> {
  const scores: Score[] = [];
  for (const [index, detection] of [logisticDetection, boostedDetection].entries()) {
    const quarter = (which: number) => ({ seed, pause: partOf(pause, which / 4, (which + 1) / 4) });
    const value = await detection(compared, quarter(2 * index));
    if (value === undefined) continue;
    const of = reference && (await detection(reference.tables, quarter(2 * index + 1)));
    const name =
      detection === logisticDetection ? SCORE_NAMES.logisticDetection : SCORE_NAMES.boostedDetection;
    scores.push(scoreNamed(name, value, of, reference?.source));
  }
  return scores;
}

async function copyScores(
  { all, reference }: ComparedTables,
  pause: Pause,
): Promise<{ copied: Score[]; repeated: Score[] }> {
  const copies = await exactCopies(all, () => pause(0.5));
  if (!copies) return { copied: [], repeated: [] };
  const ofReal = reference && (await exactCopies(reference.tables, () => pause(1)));
  return {
    copied: [scoreNamed(SCORE_NAMES.exactCopies, copies.copied, ofReal?.copied, reference?.source)],
    repeated: [scoreNamed(SCORE_NAMES.duplicates, copies.repeated, copies.realRepeated, 'REAL')],
  };
}

function consistencyScores(
  constraints: readonly Constraint[],
  { all }: ComparedTables,
  realTable: Table,
): Score[] {
  if (constraints.length === 0) return [];
  const { synthetic, real } = constraintBreaks(constraints, all, realTable);
  return [scoreNamed(SCORE_NAMES.constraintBreaks, synthetic, real, 'REAL')];
}

function coverageScores({ compared, reference }: ComparedTables): Score[] {
  const { categories, ranges } = coverage(compared.columns);
  const ofReal = reference && coverage(reference.tables.columns);
  const score = (name: Parameters<typeof scoreNamed>[0], value?: number, of?: number): Score[] =>
    value === undefined ? [] : [scoreNamed(name, value, of, reference?.source)];
  return [
    ...score(SCORE_NAMES.categoryCoverage, categories, ofReal?.categories),
    ...score(SCORE_NAMES.rangeCoverage, ranges, ofReal?.ranges),
  ];
}
