import { Random } from '../compute/random.js';
import { RARE_LABEL } from '../generators/discretisation/category-bins.js';
import type { FittedGenerator, SampleSession } from '../generators/generator.js';
import { rowsAt } from '../tables/rows.js';
import { isNumeric, type Column, type Table } from '../tables/table.js';
import { cellAt, type CellValue } from './cells.js';

/** Rows drawn by one call of the model: many, since each call compiles its programs anew. */
const ROWS_AT_A_TIME = 65_536;

export type Completer = FittedGenerator & Required<Pick<FittedGenerator, 'complete'>>;

/** Values that the model draws for the cells of one column in a stretch of rows. */
export interface Drawings {
  /** Position in `known` of the stretch's first row. */
  readonly start: number;
  readonly rows: number;
  /** The values drawn for that column's cell of the row, `drawings` of them; a known cell's are all its own. */
  readonly of: (column: string, row: number) => CellValue[];
}

/**
 * Draws each row `drawings` times around its known cells, a stretch of rows at a time. `known` may have columns that the model
 * lacks; it doesn't see them.
 */
export async function* drawingsOf(
  model: Completer,
  known: Table,
  drawings: number,
  session: SampleSession,
): AsyncIterable<Drawings> {
  const seen = seenBy(model, known);
  const stretch = Math.max(1, Math.floor(ROWS_AT_A_TIME / drawings));
  const random = Random.seeded(session.seed);
  for (let start = 0; start < known.rows; start += stretch) {
    const rows = Math.min(stretch, known.rows - start);
    const repeated = rowsAt(
      seen,
      Uint32Array.from({ length: rows * drawings }, (_, at) => start + Math.floor(at / drawings)),
    );
    const chunks: Table[] = [];
    const firsts: number[] = [];
    let made = 0;
    const ofStretch = { ...session, seed: random.derive('stretch', start).uint32() };
    const progress = (fraction: number) => session.progress((start + fraction * rows) / known.rows);
    for await (const chunk of model.complete(repeated, { ...ofStretch, progress })) {
      chunks.push(chunk);
      firsts.push(made);
      made += chunk.rows;
    }
    const columnOf = (name: string): readonly Column[] =>
      chunks.map(({ columns }) => columns.find(({ schema }) => schema.name === name)!);
    const found = new Map<string, readonly Column[]>();
    yield {
      start,
      rows,
      of(name, row) {
        const columns = found.get(name) ?? columnOf(name);
        found.set(name, columns);
        const values: CellValue[] = [];
        let chunk = firsts.findLastIndex((first) => first <= row * drawings);
        for (let at = row * drawings; at < (row + 1) * drawings; at++) {
          if (at >= firsts[chunk]! + chunks[chunk]!.rows) chunk++;
          const value = cellAt(columns[chunk]!, at - firsts[chunk]!);
          if (value !== undefined) values.push(value);
        }
        return values;
      },
    };
  }
}

/** The columns of the table that the model has. */
export function seenBy(model: FittedGenerator, table: Table): Table {
  const names = new Set(model.columns.map(({ name }) => name));
  return { ...table, columns: table.columns.filter(({ schema }) => names.has(schema.name)) };
}

/** A value in place of several drawn ones. */
export interface Combined {
  readonly value: CellValue;
  /** Share of the drawings that equal it. */
  readonly agreement: number;
  /** Of numbers: 10th and 90th percentile of the drawings. */
  readonly range?: readonly [low: number, high: number];
}

/**
 * The median of numbers and date-times, always one of the drawn values, and the most frequent one of others, of several the
 * first drawn. A text that stands for rare values that the model doesn't know is no value: undefined where only those
 * were drawn.
 */
export function combined(drawn: readonly CellValue[], isNumber: boolean): Combined | undefined {
  if (isNumber) {
    const sorted = Float64Array.from(drawn, Number).sort();
    if (sorted.length === 0) return undefined;
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
    const value = at(0.5);
    const agreement = sorted.filter((other) => other === value).length / sorted.length;
    return { value, agreement, range: [at(0.1), at(0.9)] };
  }
  const counts = new Map<CellValue, number>();
  for (const value of drawn) if (value !== RARE_LABEL) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: readonly [CellValue, number] | undefined;
  for (const entry of counts) if (!best || entry[1] > best[1]) best = entry;
  return best && { value: best[0], agreement: best[1] / drawn.length };
}

/** The same for a cell of that column. */
export const combinedFor = (column: Column, drawn: readonly CellValue[]): Combined | undefined =>
  combined(drawn, isNumeric(column));

/** The table without the categories that `learnt` doesn't have: a model that was fitted to it knows nothing of them. */
export function withoutUnseen(table: Table, learnt: Table): Table {
  return {
    ...table,
    columns: table.columns.map((column, index) => {
      const of = learnt.columns[index]!;
      if (isNumeric(column) || isNumeric(of)) return column;
      const used = new Set(of.codes);
      const seen = new Set(of.categories.filter((_, code) => used.has(code)));
      if (column.categories.every((category) => seen.has(category))) return column;
      const codes = column.codes.map((code) => (code >= 0 && seen.has(column.categories[code]!) ? code : -1));
      return { ...column, codes };
    }),
  };
}
