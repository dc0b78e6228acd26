import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MOST_DOUBTS_NAMED, type Completion } from '../../schema/messages/completion.js';
import type { CompleteConfig } from '../../schema/messages/run-config.js';
import { writeCells } from '../completion/cells-file.js';
import { cellText, withCells } from '../completion/cells.js';
import { withoutUnseen, type Completer } from '../completion/drawings.js';
import { findDoubts, type Doubt } from '../completion/doubts.js';
import { editsOf, fillCells, type FilledCell } from '../completion/fill.js';
import { rowsToHideIn, scoreHiddenCells } from '../completion/hidden-cells.js';
import { canCrossFit, crossFitted, rowsToCheck } from '../completion/judges.js';
import { knownCells, planCompletion, type CompletionPlan } from '../completion/plan.js';
import { renderCompletion } from '../completion/report.js';
import { startEngine } from '../compute/engine.js';
import type { Engine } from '../compute/program.js';
import { Random } from '../compute/random.js';
import { UserFailure } from '../failure.js';
import type { FittedGenerator } from '../generators/generator.js';
import { COMPLETING_GENERATORS } from '../../schema/messages/generator-options/catalogue.js';
import type { OutputFile, Session, StepProgress } from '../session.js';
import { loadModel } from '../steps/load-model.js';
import { loadTable, MOST_ROWS_LEARNT } from '../steps/load-table.js';
import { chosenGenerator, train, type Choice } from '../steps/train.js';
import { writeModel } from '../steps/write-model.js';
import { complement, rowsAt } from '../tables/rows.js';
import { columnOf, type Table } from '../tables/table.js';
import { createTableWriter } from '../tables/table-writer.js';
import type { RunResult } from './runners.js';

interface Loaded {
  readonly engine: Engine;
  readonly table: Table;
  readonly plan: CompletionPlan;
  /** One that an earlier run has fitted. */
  readonly model: Completer | undefined;
  /** Rows that a fit doesn't learn from, and that cells are hidden in. */
  readonly held: Int32Array;
  readonly learnt: Table;
}

/** Fills missing cells of a table, marks doubtful ones, and scores both by what it finds of hidden cells. */
export async function complete(session: Session): Promise<RunResult> {
  const config = session.job.config as CompleteConfig;
  const choice = session.optionalInput('MODEL') ? undefined : completingGenerator(config);
  const random = Random.seeded(session.job.seed).derive('completion');
  const loaded = await session.step('load', () => load(session, config, random));
  const { engine, table, plan, learnt } = loaded;
  const drawing = (name: string, progress: StepProgress) => ({
    ...{ engine, progress, signal: session.signal },
    seed: random.derive(name).uint32(),
  });
  const checkedBy = (model: Completer): Int32Array =>
    plan.check.length > 0 ? rowsToCheck(table, model, random.derive('checked')) : new Int32Array(0);
  const { model, checked, judges } = await session.step('train', async (progress) => {
    if (!choice) {
      const given = loaded.model!;
      const rows = checkedBy(given);
      return { model: given, checked: rows, judges: [{ model: given, rows, shown: rowsAt(table, rows) }] };
    }
    const crossing = plan.check.length > 0 && canCrossFit(table);
    const share = crossing ? 0.5 : 1;
    const mainProgress: StepProgress = (fraction, eta) => progress(share * fraction, eta && eta / share);
    const fitted = await train(session, engine, choice, learnt, mainProgress);
    const model = completer(fitted, choice.generator.name);
    const checked = checkedBy(model);
    if (!crossing) {
      const shown = withoutUnseen(rowsAt(table, checked), learnt);
      return { model, checked, judges: [{ model, rows: checked, shown }] };
    }
    // Without checkpoints and points of their own: a run that is resumed fits them again.
    const fit = async (half: Table, index: number) => {
      const halfProgress: StepProgress = (fraction) => progress(0.5 + 0.25 * (index + fraction));
      const quiet = {
        ...drawing(`half ${index}`, halfProgress),
        metric: () => undefined,
        checkpointDue: () => false,
        saveCheckpoint: () => Promise.resolve(),
        checkpoint: undefined,
      };
      return completer(await choice.generator.fit(half, choice.options, quiet), choice.generator.name);
    };
    return { model, checked, judges: await crossFitted(table, checked, fit, random.derive('halves')) };
  });
  // A model that was fitted here knows nothing of values that it wasn't shown.
  const known = choice ? withoutUnseen(table, learnt) : table;
  const found = await session.step('sample', async (progress) => {
    const half = checked.length > 0 ? 0.5 : 1;
    const filling = drawing('fill', (fraction) => progress(half * fraction));
    const filled = await fillCells(model, { table, known }, plan.fill, config.drawings, filling);
    const doubting = drawing('doubts', (fraction) => progress(half + (1 - half) * fraction));
    const options = { threshold: config.doubt, drawings: config.drawings };
    return {
      filled,
      doubts: checked.length > 0 ? await findDoubts(judges, plan.check, options, doubting) : [],
    };
  });
  const { completion, report } = await session.step('evaluate', async (progress) => {
    const scored = plan.fill.length > 0 ? plan.fill : plan.check;
    const rows = rowsAt(table, loaded.held);
    const isFitted = choice !== undefined;
    const scores = await scoreHiddenCells(
      model,
      { rows, learnt, isFitted },
      scored,
      { share: config.hiddenShare, drawings: config.drawings, random: random.derive('scores') },
      drawing('scores', progress),
    );
    const completion = summaryOf(
      { ...loaded, ...found, checked: rowsAt(known, checked), scores, isFitted },
      choice?.generator.name,
    );
    return { completion, report: renderCompletion(completion, contextOf(session, config)) };
  });
  const outputs = await session.step('publish', async (progress) => {
    const completed = withCells(table, editsOf(found.filled));
    const files = await writeFiles(session, completed, table, found, completion, report);
    // What was fitted here can complete other tables.
    if (choice) files.push(await writeModel(session.folder, model));
    return session.publish(files, progress);
  });
  return { outputs, rows: table.rows };
}

async function load(session: Session, config: CompleteConfig, random: Random): Promise<Loaded> {
  const engine = await startEngine({ forced: session.engine, threads: session.threads });
  const table = await loadTable(session, session.input('TABLE'));
  const given = session.optionalInput('MODEL');
  const model = given ? completer(await loadModel(session), given.label) : undefined;
  const plan = planCompletion(table, config, model?.columns);
  const held = config.hiddenShare > 0 ? rowsToHideIn(table, random.derive('held')) : new Int32Array(0);
  const rest = complement(held, table.rows);
  const most = random.derive('learnt').permutation(rest.length).subarray(0, MOST_ROWS_LEARNT).sort();
  const learnt = rowsAt(
    table,
    rest.length > MOST_ROWS_LEARNT ? Int32Array.from(most, (at) => rest[at]!) : rest,
  );
  return { engine, table, plan, model, held, learnt };
}

/** The generator that a config asks for; throws UserFailure INVALID_CONFIG for one that can't complete. */
function completingGenerator(config: CompleteConfig): Choice {
  const choice = chosenGenerator({ ...config, generator: config.generator ?? 'autoregressive' });
  if (!COMPLETING_GENERATORS.some((name) => name === choice.generator.name))
    throw cannotComplete(choice.generator.name);
  return choice;
}

/** The model as one that draws rows around known cells; `name` is what the user knows it by. */
function completer(model: FittedGenerator, name: string): Completer {
  if (model.complete) return model as Completer;
  throw cannotComplete(name);
}

const cannotComplete = (name: string): UserFailure =>
  new UserFailure(
    'INVALID_CONFIG',
    `"${name}" can't draw rows around known cells, so it can't complete any. Choose a generator that can: ${COMPLETING_GENERATORS.join(', ')}.`,
    { field: 'generator' },
  );

interface Findings extends Loaded {
  readonly filled: readonly FilledCell[];
  /** The rows that were looked at for doubts. */
  readonly checked: Table;
  readonly doubts: readonly Doubt[];
  readonly scores: Awaited<ReturnType<typeof scoreHiddenCells>>;
  readonly isFitted: boolean;
}

function summaryOf(
  { table, plan, held, filled, checked, doubts, scores, isFitted }: Findings,
  generator: string | undefined,
): Completion {
  const counts = (cells: readonly { readonly column: string }[]) => {
    const found = new Map<string, number>();
    for (const { column } of cells) found.set(column, (found.get(column) ?? 0) + 1);
    return found;
  };
  const [filledOf, doubtfulOf] = [counts(filled), counts(doubts)];
  const missing = table.columns.reduce(
    (sum, column) =>
      plan.fill.includes(column.schema.name) ? sum + table.rows - knownCells(column, table.rows) : sum,
    0,
  );
  const left = missing - filled.length;
  return {
    v: 1,
    rows: table.rows,
    ...(generator !== undefined && { generator }),
    hiddenRows: held.length,
    heldOut: isFitted && held.length > 0,
    columns: table.columns.map((column) => {
      const { name, kind } = column.schema;
      const score = scores.get(name);
      const looked = plan.check.includes(name) ? columnOf(checked, name) : undefined;
      return {
        ...{ name, kind },
        missing: table.rows - knownCells(column, table.rows),
        filled: filledOf.get(name) ?? 0,
        checked: looked ? knownCells(looked, checked.rows) : 0,
        doubtful: doubtfulOf.get(name) ?? 0,
        ...(score && { score }),
      };
    }),
    doubts: doubts.slice(0, MOST_DOUBTS_NAMED).map(({ row, column, value, suggestion, probability }) => {
      const of = columnOf(table, column);
      return {
        ...{ row: row + 1, column, probability },
        value: cellText(value, of),
        ...(suggestion !== undefined && { suggestion: cellText(suggestion, of) }),
      };
    }),
    notes: [
      ...plan.notes,
      ...(left > 0
        ? [`${left.toLocaleString('en')} cells stay missing: the model knows their values only as rare ones.`]
        : []),
      ...(checked.rows > 0 && checked.rows < table.rows
        ? [
            `Known cells of ${checked.rows.toLocaleString('en')} of ${table.rows.toLocaleString('en')} rows, drawn evenly, were looked at for doubts.`,
          ]
        : []),
      ...(held.length === 0
        ? [
            'No cells were hidden, so there are no scores: it takes at least 20 rows and a `hiddenShare` above 0.',
          ]
        : isFitted
          ? []
          : [
              'The model was fitted by another run, which may have learnt from the rows that cells were hidden in.',
            ]),
    ],
  };
}

const contextOf = (session: Session, config: CompleteConfig) => {
  const [table, model] = [session.input('TABLE'), session.optionalInput('MODEL')];
  return {
    title: `${table.label}, completed`,
    lineage: {
      Run: `${session.job.runId}, attempt ${session.job.attempt}`,
      Table: `${table.label} (SHA-256 ${table.sha256})`,
      ...(model
        ? { Model: `${model.label} (SHA-256 ${model.sha256})` }
        : { Generator: config.generator ?? 'autoregressive', Options: JSON.stringify(config.options) }),
      'Doubtful below': String(config.doubt),
      'Drawings a cell': String(config.drawings),
      Seed: String(session.job.seed),
    },
  };
};

async function writeFiles(
  session: Session,
  completed: Table,
  table: Table,
  { filled, doubts }: Pick<Findings, 'filled' | 'doubts'>,
  completion: Completion,
  report: string,
): Promise<OutputFile[]> {
  const file = (kind: OutputFile['kind'], fileName: string, mediaType: string): OutputFile => ({
    ...{ kind, fileName, mediaType },
    path: join(session.folder, fileName),
  });
  const csv = file('COMPLETED_CSV', 'completed.csv', 'text/csv');
  const parquet = file('COMPLETED_PARQUET', 'completed.parquet', 'application/vnd.apache.parquet');
  const cells = file('CELLS', 'cells.csv', 'text/csv');
  const summary = file('COMPLETION', 'completion.json', 'application/json');
  const page = file('REPORT', 'report.html', 'text/html');
  const writer = createTableWriter({
    columns: completed.columns.map(({ schema }) => schema),
    csvPath: csv.path,
    parquetPath: parquet.path,
  });
  try {
    await writer.write(completed);
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  await writeCells(cells.path, table, filled, doubts);
  await writeFile(summary.path, JSON.stringify(completion));
  await writeFile(page.path, report);
  return [csv, parquet, cells, summary, page];
}
