import type { ColumnKind } from '../../../schema/messages/column.js';
import type { DuckDb } from '../duckdb.js';
import { presentText } from './cell-patterns.js';
import { correctedKind } from './corrected-kind.js';
import { fileFailure } from './file-failure.js';
import { countPatterns, mayHold, PATTERNS, type PatternCounts } from './pattern-counts.js';
import type { SourceTable } from './source-table.js';
import { stringColumn, type TypedColumn } from './typed-column.js';
import { valueKind } from './value-kind.js';

/** Rows that are looked at first, so that each pattern is tried on all rows only where it may still hold. */
const SAMPLE_ROWS = 2000;
/** Columns of one query: few enough to plan quickly, many enough for wide tables. */
const COLUMNS_PER_QUERY = 100;

export interface KindRequest {
  readonly database: DuckDb;
  /** Name of the raw table. */
  readonly table: string;
  readonly source: SourceTable;
  readonly file: string;
  /** The user's corrections by column name. */
  readonly kinds: Readonly<Record<string, ColumnKind>>;
  progress(fraction: number): void;
}

/** Decides each column's kind by the rules in the README, or as the user says; throws where that can't be. */
export async function findColumnKinds(request: KindRequest): Promise<TypedColumn[]> {
  const { database, table, source, file, kinds } = request;
  for (const name of Object.keys(kinds)) {
    if (source.columns.some((column) => column.name === name)) continue;
    const failure = fileFailure(
      'INVALID_CONFIG',
      { file, column: name },
      'the table has no such column. Give the kinds of columns of this file only.',
    );
    Object.assign(failure.location, { field: `kinds.${name}` });
    throw failure;
  }
  const typed: TypedColumn[] = [];
  for (let start = 0; start < source.columns.length; start += COLUMNS_PER_QUERY) {
    const group = source.columns.slice(start, start + COLUMNS_PER_QUERY).map((column, offset) => ({
      ...column,
      index: start + offset,
      correction: kinds[column.name],
      patterns: PATTERNS.filter(
        (pattern) => !column.strings || (pattern !== 'integer' && pattern !== 'real'),
      ),
    }));
    const sampled = await countPatterns(database, table, group, SAMPLE_ROWS);
    const possible = group.map((column, offset) => ({
      ...column,
      // A correction is checked against all patterns, so that its failure can name the first bad row.
      patterns: column.correction
        ? PATTERNS
        : column.patterns.filter((pattern) => mayHold(pattern, sampled[offset]!)),
    }));
    const counted = await countPatterns(database, table, possible);
    for (const [offset, column] of possible.entries()) {
      const counts = counted[offset]!;
      const cell = `c${column.index}`;
      const found = column.correction
        ? await correctedKind({ ...request, cell, name: column.name, kind: column.correction, counts })
        : await valueKind(database, table, column.name, cell, counts);
      typed.push(found ?? (await stringKind(database, table, column.name, cell, counts)));
    }
    request.progress(Math.min(1, (start + group.length) / source.columns.length));
  }
  return typed;
}

/** Fewer values than this, all distinct, say nothing about identity. */
const FEWEST_FOR_IDENTITY = 20;

async function stringKind(
  database: DuckDb,
  table: string,
  name: string,
  cell: string,
  { present }: PatternCounts,
): Promise<TypedColumn> {
  if (present === 0) return stringColumn(name, cell, 'CATEGORY');
  const [row = []] = await database.rows(
    `SELECT count(DISTINCT v), avg(length(v)), avg(length(v) - length(replace(v, ' ', ''))) ` +
      `FROM (SELECT ${presentText(cell)} AS v FROM ${table})`,
  );
  const [distinct, meanLength, meanSpaces] = row.map(Number) as [number, number, number];
  return stringColumn(name, cell, kindOfStrings({ present, distinct, meanLength, meanSpaces }));
}

/**
 * TEXT: prose, of which most values are distinct: three words or 50 characters on average. ID: short, and at least 90 %
 * of 20 or more values distinct. CATEGORY: everything else.
 */
export function kindOfStrings(strings: {
  present: number;
  distinct: number;
  meanLength: number;
  meanSpaces: number;
}): 'CATEGORY' | 'TEXT' | 'ID' {
  const { present, distinct, meanLength, meanSpaces } = strings;
  const distinctShare = distinct / present;
  if (distinctShare > 0.5 && (meanSpaces >= 2 || meanLength >= 50) && (meanSpaces > 0 || meanLength > 128))
    return 'TEXT';
  if (distinctShare >= 0.9 && present >= FEWEST_FOR_IDENTITY) return 'ID';
  return 'CATEGORY';
}
