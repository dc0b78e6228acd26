import type { CompletionScore } from '../../schema/messages/completion.js';
import type { Random } from '../compute/random.js';
import type { SampleSession } from '../generators/generator.js';
import { rowsAt } from '../tables/rows.js';
import { isMissing, isNumeric, type Column, type Table } from '../tables/table.js';
import { cellAt, withCells, type CellValue } from './cells.js';
import { withoutUnseen, type Completer } from './drawings.js';
import { editsOf, fillCells } from './fill.js';
import { centreOf, momentsOf, NeighbourImputer } from './neighbours.js';

/** Rows in which cells are hidden, at most, and as a share of the table's. */
const MOST_ROWS = 1000;
const ROW_SHARE = 0.1;
/** Reference rows of the neighbours. */
const MOST_REFERENCE_ROWS = 5000;

/** Rows to hide cells in, rising; none of a table with fewer than 20 rows. */
export function rowsToHideIn(table: Table, random: Random): Int32Array {
  const count = table.rows < 20 ? 0 : Math.min(MOST_ROWS, Math.floor(table.rows * ROW_SHARE));
  return Int32Array.from(random.permutation(table.rows).subarray(0, count)).sort();
}

interface HiddenCell {
  readonly row: number;
  readonly column: string;
  readonly value: CellValue;
}

/** What each method puts in a hidden cell; undefined where it has nothing. */
interface Guess {
  readonly truth: CellValue;
  readonly model: CellValue | undefined;
  readonly simple: CellValue | undefined;
  readonly neighbours: CellValue | undefined;
}

/**
 * Hides a share of the known cells of `columns` in `rows`, at least one in each column, fills them by the model and by the two
 * simple methods, and scores all three: by column name. `learnt` are the rows that the simple methods learn from; where
 * `isFitted`, the model, too.
 */
export async function scoreHiddenCells(
  model: Completer,
  { rows, learnt, isFitted }: { readonly rows: Table; readonly learnt: Table; readonly isFitted: boolean },
  columns: readonly string[],
  { share, drawings, random }: { readonly share: number; readonly drawings: number; readonly random: Random },
  session: SampleSession,
): Promise<ReadonlyMap<string, CompletionScore>> {
  const hidden = hiddenCells(rows, columns, share, random.derive('hidden'));
  const left = withCells(rows, editsOf(hidden.map((cell) => ({ ...cell, value: undefined }))));
  const known = isFitted ? withoutUnseen(left, learnt) : left;
  const found = editsOf(await fillCells(model, { table: left, known }, columns, drawings, session));
  const reference = rowsAt(
    learnt,
    random.derive('reference').permutation(learnt.rows).subarray(0, MOST_REFERENCE_ROWS),
  );
  const imputer = new NeighbourImputer(reference);
  const simple = new Map(
    columns.map((name) => {
      const column = learnt.columns.find(({ schema }) => schema.name === name)!;
      return [name, centreOf(column, valuesOf(column, learnt.rows))] as const;
    }),
  );
  const guesses = new Map<string, Guess[]>(columns.map((name) => [name, []]));
  const byRow = new Map<number, HiddenCell[]>();
  for (const cell of hidden) byRow.set(cell.row, [...(byRow.get(cell.row) ?? []), cell]);
  for (const [row, cells] of byRow) {
    session.signal.throwIfAborted();
    const near = imputer.values(
      left,
      row,
      cells.map(({ column }) => column),
    );
    cells.forEach(({ column, value: truth }, at) => {
      const ofModel = found.get(column)?.get(row);
      guesses.get(column)!.push({ truth, model: ofModel, simple: simple.get(column), neighbours: near[at] });
    });
  }
  const scores = new Map<string, CompletionScore>();
  for (const column of learnt.columns) {
    const ofColumn = guesses.get(column.schema.name) ?? [];
    if (ofColumn.length > 0) scores.set(column.schema.name, scoreOf(column, ofColumn));
  }
  return scores;
}

function hiddenCells(rows: Table, columns: readonly string[], share: number, random: Random): HiddenCell[] {
  return rows.columns.flatMap((column) => {
    const { name } = column.schema;
    if (!columns.includes(name)) return [];
    const known = Array.from({ length: rows.rows }, (_, row) => row).filter((row) => !isMissing(column, row));
    const order = random.derive(name).permutation(known.length);
    const count = Math.min(known.length, Math.max(1, Math.round(known.length * share)));
    return Array.from(order.subarray(0, count), (at) => known[at]!)
      .sort((one, other) => one - other)
      .map((row) => ({ row, column: name, value: cellAt(column, row)! }));
  });
}

function valuesOf(column: Column, rows: number): CellValue[] {
  return Array.from({ length: rows }, (_, row) => cellAt(column, row)).filter((value) => value !== undefined);
}

function scoreOf(column: Column, guesses: readonly Guess[]): CompletionScore {
  const methods = ['model', 'simple', 'neighbours'] as const;
  const of = <Found>(found: (method: (typeof methods)[number]) => Found) => ({
    model: found('model'),
    simple: found('simple'),
    neighbours: found('neighbours'),
  });
  const cells = guesses.length;
  if (!isNumeric(column) || column.schema.kind === 'BOOLEAN') {
    const right = (method: (typeof methods)[number]) =>
      guesses.filter((guess) => guess[method] === guess.truth).length / cells;
    return { measure: 'ACCURACY', cells, ...of((method) => ({ value: right(method) })) };
  }
  const { mean, deviation } = momentsOf(column.values);
  const truths = Float64Array.from(guesses, ({ truth }) => Number(truth));
  const spread = momentsOf(truths).deviation ** 2 * cells;
  return {
    measure: 'ERROR',
    cells,
    ...of((method) => {
      // What has nothing to offer is counted as if it offered the mean.
      const errors = guesses.map((guess, at) => Number(guess[method] ?? mean) - truths[at]!);
      const absolute = errors.reduce((sum, error) => sum + Math.abs(error), 0) / cells;
      const squares = errors.reduce((sum, error) => sum + error ** 2, 0);
      return {
        value: deviation > 0 ? absolute / deviation : absolute,
        ...(spread > 0 && { r2: 1 - squares / spread }),
      };
    }),
  };
}
