import type { CompleteConfig } from '../../schema/messages/run-config.js';
import type { ColumnSchema } from '../../schema/messages/column.js';
import { UserFailure } from '../failure.js';
import { isMissing, type Column, type Table } from '../tables/table.js';

/** What a run does with which columns. */
export interface CompletionPlan {
  /** Columns whose missing cells are filled. */
  readonly fill: readonly string[];
  /** Columns whose known cells are looked at for doubts. */
  readonly check: readonly string[];
  /** What the user should know, in sentences. */
  readonly notes: readonly string[];
}

/** Names that an error lists at most. */
const MOST_NAMED = 20;

/**
 * Which columns are filled and which are checked. `known` are the columns of the model, when one is given.
 *
 * @throws UserFailure INSUFFICIENT_DATA for a table without rows or with a single column to learn from; INVALID_CONFIG for a
 *   column that can't be filled, and when there is nothing to fill and nothing to check
 */
export function planCompletion(
  table: Table,
  config: CompleteConfig,
  known?: readonly ColumnSchema[],
): CompletionPlan {
  const told = table.columns.filter(({ schema }) => schema.kind !== 'ID');
  if (table.rows === 0)
    throw new UserFailure('INSUFFICIENT_DATA', 'The table has no rows. There is nothing to complete.');
  if (told.length < 2) {
    throw new UserFailure(
      'INSUFFICIENT_DATA',
      `A cell is completed from the others of its row, and the table has ${told.length === 1 ? `only the column "${told[0]!.schema.name}"` : 'no column'} besides identifiers. Add columns.`,
    );
  }
  const notes: string[] = [];
  const usable = told.filter(({ schema }) => !known || known.some(({ name }) => name === schema.name));
  const unknown = told.filter((column) => !usable.includes(column));
  if (unknown.length > 0)
    notes.push(`The model has no ${named(unknown.map(({ schema }) => schema.name))}: it is left as it is.`);
  const empty = usable.filter((column) => knownCells(column, table.rows) === 0);
  // A model brings its own knowledge of a column that is empty here.
  const hopeless = known ? [] : empty.map(({ schema }) => schema.name);
  const fill = config.columns
    ? namedColumns(config.columns, table, usable, hopeless)
    : usable
        .filter((column) => hasMissing(column, table.rows) && !hopeless.includes(column.schema.name))
        .map(({ schema }) => schema.name);
  if (!config.columns && hopeless.length > 0)
    notes.push(`No cell of ${named(hopeless)} is known, so there is nothing to learn; it stays empty.`);
  const check =
    config.doubt > 0
      ? usable
          .filter((column) => column.schema.kind !== 'TEXT' && !empty.includes(column))
          .map(({ schema }) => schema.name)
      : [];
  const missing = table.columns.some(
    (column) => fill.includes(column.schema.name) && hasMissing(column, table.rows),
  );
  if (!missing && check.length === 0) {
    const where = config.columns ? ` in ${named(config.columns)}` : hopeless.length > 0 ? ' to learn' : '';
    throw new UserFailure(
      'INVALID_CONFIG',
      `There is nothing to do: no cell${where} is missing${hopeless.length > 0 ? ` but those of ${named(hopeless)}, which has no value at all` : ''}, and no column is checked for doubtful values. Name columns with missing cells, or set \`doubt\` above 0.`,
      { field: 'columns' },
    );
  }
  return { fill, check, notes };
}

function namedColumns(
  names: readonly string[],
  table: Table,
  usable: readonly Column[],
  hopeless: readonly string[],
): string[] {
  for (const name of names) {
    const column = table.columns.find(({ schema }) => schema.name === name);
    const problem = !column
      ? `The table has no column "${name}". It has: ${named(table.columns.map(({ schema }) => schema.name))}.`
      : column.schema.kind === 'ID'
        ? `The column "${name}" holds identifiers, which nothing else of a row tells. Leave it out.`
        : !usable.includes(column)
          ? `The model has no column "${name}". Fill it with a model that was fitted to it.`
          : hopeless.includes(name)
            ? `No cell of the column "${name}" is known, so there is nothing to learn its values from. Leave it out, or give some of its values.`
            : undefined;
    if (problem) throw new UserFailure('INVALID_CONFIG', problem, { field: 'columns', column: name });
  }
  return [...new Set(names)];
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).map((name) => `"${name}"`);
  return shown.join(', ') + (names.length > MOST_NAMED ? `, and ${names.length - MOST_NAMED} more` : '');
}

function hasMissing(column: Column, rows: number): boolean {
  for (let row = 0; row < rows; row++) if (isMissing(column, row)) return true;
  return false;
}

/** Known cells of the column. */
export function knownCells(column: Column, rows: number): number {
  let known = 0;
  for (let row = 0; row < rows; row++) if (!isMissing(column, row)) known++;
  return known;
}
