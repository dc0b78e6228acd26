import { UserFailure } from '../../../failure.js';
import { isNumeric, type Table } from '../../../tables/table.js';

/** Reads a row's cell as text; undefined where it is missing. */
export type CellReader = (row: number) => string | undefined;

/**
 * A reader of the column of the first of those names that the table has. Throws UserFailure INVALID_FILE naming the file, what
 * it lacks and what it has.
 */
export function textCells(table: Table, file: string, ...names: readonly string[]): CellReader {
  const column = names
    .map((name) => table.columns.find(({ schema }) => schema.name === name))
    .find((found) => found !== undefined);
  if (!column) {
    const has = table.columns.map(({ schema }) => schema.name).join(', ');
    throw new UserFailure('INVALID_FILE', `${file} has no column "${names[0]}". It has: ${has}.`, {
      file,
      column: names[0]!,
    });
  }
  if (!isNumeric(column)) return (row) => column.categories[column.codes[row]!];
  return (row) => (Number.isNaN(column.values[row]!) ? undefined : String(column.values[row]!));
}

/** A text without its HTML tags. */
export const withoutTags = (text: string): string => text.replace(/<[^<>]*>/g, ' ');
