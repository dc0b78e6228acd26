import { writeFile } from 'node:fs/promises';
import { csvField } from '../tables/cell-text.js';
import type { Table } from '../tables/table.js';
import { cellText, type CellValue } from './cells.js';
import type { Doubt } from './doubts.js';
import type { FilledCell } from './fill.js';

const HEADER = 'row,column,what,value,suggestion,probability,low,high';
/** Lines joined into one write. */
const LINES_A_WRITE = 10_000;

/**
 * Writes which cells were filled and which are doubtful, as CSV, in the order of rows: `row` (1 for the first row of data),
 * `column`, `what` (FILLED or DOUBTFUL), `value` (of the table; empty where it was missing), `suggestion` (what fills it, or would),
 * `probability` (FILLED: share of the drawings that equal the suggestion; DOUBTFUL: of values at most as likely as the
 * cell's), and for filled numbers `low` and `high`, the 10th and 90th percentile of the drawings.
 */
export async function writeCells(
  path: string,
  table: Table,
  filled: readonly FilledCell[],
  doubts: readonly Doubt[],
): Promise<void> {
  const places = new Map(table.columns.map(({ schema }, place) => [schema.name, place]));
  const text = (name: string, value: CellValue | undefined): string =>
    value === undefined ? '' : csvField(cellText(value, table.columns[places.get(name)!]!));
  const cells = [
    ...filled.map(({ row, column, value, agreement, range }) => ({
      ...{ row, column },
      fields: [
        'FILLED',
        '',
        text(column, value),
        agreement.toFixed(4),
        text(column, range?.[0]),
        text(column, range?.[1]),
      ],
    })),
    ...doubts.map(({ row, column, value, suggestion, probability }) => ({
      ...{ row, column },
      fields: [
        'DOUBTFUL',
        text(column, value),
        text(column, suggestion),
        probability.toExponential(3),
        '',
        '',
      ],
    })),
  ].sort((one, other) => one.row - other.row || places.get(one.column)! - places.get(other.column)!);
  await writeFile(path, lines());

  function* lines(): Iterable<string> {
    yield `${HEADER}\n`;
    for (let from = 0; from < cells.length; from += LINES_A_WRITE) {
      const some = cells.slice(from, from + LINES_A_WRITE);
      yield some
        .map(({ row, column, fields }) => `${[row + 1, csvField(column), ...fields].join(',')}\n`)
        .join('');
    }
  }
}
