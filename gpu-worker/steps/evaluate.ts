import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constraintText, type Constraint } from '../../schema/messages/constraints.js';
import { recordText, type StepRecord } from '../../schema/messages/preparation.js';
import type { Evaluation } from '../../schema/messages/scores.js';
import type { RelationScores } from '../../schema/messages/relation-scores.js';
import type { JobInput } from '../../schema/messages/job.js';
import { evaluate } from '../evaluation/evaluate.js';
import { rolesOf, type NamedRoles } from '../events/roles.js';
import { renderReport } from '../evaluation/report/report.js';
import type { OutputFile, Session, StepProgress } from '../session.js';
import type { Table } from '../tables/table.js';

export interface Compared {
  readonly real: { readonly table: Table; readonly input: JobInput };
  readonly synthetic: {
    /** All rows, or the first of a longer table. */
    readonly table: Table;
    /** Rows of the whole table. */
    readonly rows: number;
    readonly input?: JobInput;
  };
  readonly test?: { readonly table: Table; readonly input: JobInput };
  /** Column to predict, for the utility score. */
  readonly target?: string;
  readonly constraints?: readonly Constraint[];
  /** What was done to the real table before, and to the test table alike. */
  readonly preparation?: readonly StepRecord[];
  /** What was kept from the generator, in words. */
  readonly withheld?: string | undefined;
  /** What else a reader should know, in sentences. */
  readonly notes?: readonly string[];
  /** Of an event log, what is said of its columns' roles; the others are guessed. */
  readonly events?: NamedRoles;
  /** Of a table among several: its name, by which its files are called, and how the relations to its parents are kept. */
  readonly among?: { readonly name: string; readonly relations: readonly RelationScores[] };
  /** What made the synthetic table, where this run knows it. */
  readonly maker?: {
    readonly generator: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly engine: string;
  };
}

/** Scores the synthetic table, and writes the scores as JSON and as a page for people. */
export async function evaluateTables(
  session: Session,
  {
    real,
    synthetic,
    test,
    target,
    constraints,
    preparation = [],
    events,
    among,
    notes = [],
    withheld,
    maker,
  }: Compared,
  progress: StepProgress,
): Promise<{ evaluation: Evaluation; files: OutputFile[] }> {
  const found = await evaluate({
    real: real.table,
    synthetic: synthetic.table,
    test: test?.table,
    target,
    constraints,
    events:
      events &&
      rolesOf(
        real.table.columns.map(({ schema }) => schema),
        events,
      ),
    seed: session.job.seed,
    signal: session.signal,
    progress,
  });
  const all = synthetic.rows.toLocaleString('en');
  const cut = `Scores look at the first ${synthetic.table.rows.toLocaleString('en')} of ${all} synthetic rows.`;
  const evaluation: Evaluation = {
    ...found,
    rows: { ...found.rows, synthetic: synthetic.rows },
    ...(among && { relations: [...among.relations] }),
    notes: [...notes, ...(synthetic.rows > synthetic.table.rows ? [cut] : []), ...found.notes],
  };
  const prefix = among ? `${among.name}-` : '';
  const scoresPath = join(session.folder, `${prefix}scores.json`);
  const reportPath = join(session.folder, `${prefix}report.html`);
  await writeFile(scoresPath, JSON.stringify(evaluation));
  const page = renderReport(evaluation, {
    title: synthetic.input
      ? `${synthetic.input.label} beside ${real.input.label}`
      : `Synthetic ${real.input.label}`,
    dataset: real.input.label,
    generator: maker?.generator ?? 'unknown',
    rows: synthetic.rows,
    engine: maker?.engine ?? 'none',
    trainSeconds: session.stepSeconds.train,
    sampleSeconds: session.stepSeconds.sample,
    seed: session.job.seed,
    createdAt: new Date(),
    lineage: {
      Run: `${session.job.runId}, attempt ${session.job.attempt}`,
      'Real table': named(real.input),
      ...(synthetic.input && { 'Synthetic table': named(synthetic.input) }),
      ...(test && { 'Test table': named(test.input) }),
      ...(withheld !== undefined && { 'Withheld from the generator': withheld }),
      ...(constraints?.length && { Constraints: constraints.map(constraintText).join('; ') }),
      ...Object.fromEntries(
        preparation.map((record, index) => [`Preparation, step ${index + 1}`, recordText(record)]),
      ),
      ...(maker && { Options: JSON.stringify(maker.options) }),
    },
  });
  await writeFile(reportPath, page);
  const about = among && { table: among.name };
  const files: OutputFile[] = [
    {
      kind: 'SCORES',
      path: scoresPath,
      fileName: `${prefix}scores.json`,
      mediaType: 'application/json',
      ...about,
    },
    { kind: 'REPORT', path: reportPath, fileName: `${prefix}report.html`, mediaType: 'text/html', ...about },
  ];
  return { evaluation, files };
}

const named = ({ label, sha256 }: JobInput): string => `${label} (SHA-256 ${sha256})`;
