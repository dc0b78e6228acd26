import type { SampleSession } from '../generators/generator.js';
import { rowsAt } from '../tables/rows.js';
import type { Table } from '../tables/table.js';
import { cellAt, withCells, type CellValue } from './cells.js';
import { combinedFor, drawingsOf, type Completer } from './drawings.js';
import { editsOf } from './fill.js';
import type { Judge } from './judges.js';
import { plausibilityOf, type Temperatures } from './plausibility.js';

export interface Doubt {
  /** From 0. */
  readonly row: number;
  readonly column: string;
  readonly value: CellValue;
  readonly suggestion: CellValue | undefined;
  /** How plausible the value is: see `plausibilityOf`. */
  readonly probability: number;
}

interface Suspect {
  readonly row: number;
  readonly column: string;
  readonly probability: number;
}

/** Wrong cells of one row that are told apart. */
const MOST_ROUNDS = 4;

/**
 * Known cells of the judges' rows that are less plausible than `threshold`, given the other cells of their rows; the least plausible
 * first. Of `progress` of the session, each judge has a share.
 */
export async function findDoubts(
  judges: readonly Judge[],
  columns: readonly string[],
  options: DoubtOptions,
  session: SampleSession,
): Promise<Doubt[]> {
  const doubts: Doubt[] = [];
  for (const [index, { model, rows, shown }] of judges.entries()) {
    const progress = (fraction: number) => session.progress((index + fraction) / judges.length);
    const found = await doubtsOf(model, shown, columns, options, { ...session, progress });
    doubts.push(...found.map((doubt) => ({ ...doubt, row: rows[doubt.row]! })));
  }
  return doubts.sort(
    (one, other) =>
      one.probability - other.probability ||
      one.row - other.row ||
      columns.indexOf(one.column) - columns.indexOf(other.column),
  );
}

export interface DoubtOptions {
  readonly threshold: number;
  /** For the suggestions. */
  readonly drawings: number;
}

/**
 * One wrong cell makes the right ones of its row look odd. So of each row only the least plausible cell is taken for wrong at
 * first; it is replaced by what the model suggests, and the row's other suspects are judged again beside that.
 */
async function doubtsOf(
  model: Completer,
  table: Table,
  columns: readonly string[],
  { threshold, drawings }: DoubtOptions,
  session: SampleSession,
): Promise<Doubt[]> {
  const doubts: Doubt[] = [];
  const quiet = { ...session, progress: () => undefined };
  const whole = await plausibilityOf(model, table, columns, session);
  let suspects: Suspect[] = [];
  for (const [column, ofColumn] of whole.of)
    ofColumn.forEach((probability, row) => {
      if (probability < threshold) suspects.push({ row, column, probability });
    });
  let current = table;
  for (let round = 0; suspects.length > 0 && round < MOST_ROUNDS; round++) {
    const worst = new Map<number, Suspect>();
    for (const suspect of suspects) {
      const known = worst.get(suspect.row);
      if (!known || suspect.probability < known.probability) worst.set(suspect.row, suspect);
    }
    const marked = await suggested(model, current, [...worst.values()], drawings, quiet);
    // What the model would put there itself is right after all.
    doubts.push(...marked.filter(({ value, suggestion }) => value !== suggestion));
    const others = suspects.filter((suspect) => worst.get(suspect.row) !== suspect);
    current = withCells(
      current,
      editsOf(marked.map(({ row, column, suggestion }) => ({ row, column, value: suggestion }))),
    );
    suspects = await again(model, current, others, { threshold, ...whole }, quiet);
  }
  return doubts;
}

/** What the model would put in place of each, given the rest of its row. At most one cell a row. */
async function suggested(
  model: Completer,
  table: Table,
  suspects: readonly Suspect[],
  drawings: number,
  session: SampleSession,
): Promise<Doubt[]> {
  const rows = rowsAt(
    table,
    Uint32Array.from(suspects, ({ row }) => row),
  );
  const hidden = withCells(
    rows,
    editsOf(suspects.map(({ column }, row) => ({ row, column, value: undefined }))),
  );
  const columnOf = new Map(table.columns.map((column) => [column.schema.name, column]));
  const doubts: Doubt[] = [];
  for await (const { start, rows: count, of } of drawingsOf(model, hidden, drawings, session)) {
    for (let at = start; at < start + count; at++) {
      const suspect = suspects[at]!;
      const column = columnOf.get(suspect.column)!;
      const suggestion = combinedFor(column, of(suspect.column, at - start))?.value;
      doubts.push({ ...suspect, value: cellAt(column, suspect.row)!, suggestion });
    }
  }
  return doubts;
}

/** Those that are still less plausible than the threshold. */
async function again(
  model: Completer,
  table: Table,
  suspects: readonly Suspect[],
  { threshold, temperatures }: { readonly threshold: number; readonly temperatures: Temperatures },
  session: SampleSession,
): Promise<Suspect[]> {
  if (suspects.length === 0) return [];
  const rows = [...new Set(suspects.map(({ row }) => row))];
  const columns = [...new Set(suspects.map(({ column }) => column))];
  const some = rowsAt(table, Uint32Array.from(rows));
  const { of } = await plausibilityOf(model, some, columns, session, temperatures);
  const placeOf = new Map(rows.map((row, place) => [row, place]));
  return suspects
    .map(({ row, column }) => ({ row, column, probability: of.get(column)![placeOf.get(row)!]! }))
    .filter(({ probability }) => probability < threshold);
}
