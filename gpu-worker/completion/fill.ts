import type { SampleSession } from '../generators/generator.js';
import { rowsAt } from '../tables/rows.js';
import { isMissing, type Table } from '../tables/table.js';
import type { CellValue } from './cells.js';
import { combinedFor, drawingsOf, type Combined, type Completer } from './drawings.js';

export interface FilledCell extends Combined {
  /** From 0. */
  readonly row: number;
  readonly column: string;
}

/**
 * A value for each missing cell of those columns, from `drawings` drawings of its row given what is known of it; row by row.
 * None for cells that the model has no value for. `known` is what the model is told of the rows: at most the table's cells.
 */
export async function fillCells(
  model: Completer,
  { table, known }: { readonly table: Table; readonly known: Table },
  columns: readonly string[],
  drawings: number,
  session: SampleSession,
): Promise<FilledCell[]> {
  const wanted = table.columns.filter(({ schema }) => columns.includes(schema.name));
  const rows: number[] = [];
  for (let row = 0; row < table.rows; row++)
    if (wanted.some((column) => isMissing(column, row))) rows.push(row);
  const filled: FilledCell[] = [];
  const incomplete = rowsAt(known, Uint32Array.from(rows));
  for await (const { start, rows: count, of } of drawingsOf(model, incomplete, drawings, session)) {
    for (let at = start; at < start + count; at++) {
      const row = rows[at]!;
      for (const column of wanted) {
        if (!isMissing(column, row)) continue;
        const { name } = column.schema;
        const found = combinedFor(column, of(name, at - start));
        if (found) filled.push({ row, column: name, ...found });
      }
    }
  }
  return filled;
}

/** As `withCells` takes them. */
export function editsOf(
  cells: Iterable<{ readonly row: number; readonly column: string; readonly value: CellValue | undefined }>,
): Map<string, Map<number, CellValue | undefined>> {
  const edits = new Map<string, Map<number, CellValue | undefined>>();
  for (const { row, column, value } of cells) {
    const ofColumn = edits.get(column) ?? new Map<number, CellValue | undefined>();
    ofColumn.set(row, value);
    edits.set(column, ofColumn);
  }
  return edits;
}
