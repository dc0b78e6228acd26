import type { DuckDb } from '../duckdb.js';
import {
  BOOLEAN_WORDS,
  decimalsOf,
  hasExponent,
  spelledDecimalsOf,
  hasClock,
  hasDateShape,
  hasFraction,
  isInteger,
  isReal,
  isMissingAmongValues,
  presentText,
  timestampOf,
  type DateOrder,
} from './cell-patterns.js';

/** Counts over a column's present cells. */
export interface PatternCounts {
  readonly present: number;
  readonly missingAmongValues: number;
  readonly integer: number;
  readonly real: number;
  /** Most digits after a decimal point. */
  readonly decimals: number;
  /** Fewest of a value; −1 where one has an exponent. */
  readonly fewestDecimals: number;
  /** By pair of `BOOLEAN_WORDS`. */
  readonly booleans: readonly { readonly no: number; readonly yes: number }[];
  readonly dates: Readonly<Record<DateOrder, number>>;
  /** Largest first and second number of dates written day or month first. */
  readonly firstPart: number;
  readonly secondPart: number;
  readonly clocks: number;
  readonly fractions: number;
}

export type Pattern = 'integer' | 'real' | 'boolean' | 'ymd' | 'dmy';
export const PATTERNS: readonly Pattern[] = ['integer', 'real', 'boolean', 'ymd', 'dmy'];

/** Whether every value that was counted fits the pattern. */
export function mayHold(pattern: Pattern, counts: PatternCounts): boolean {
  const values = counts.present - counts.missingAmongValues;
  switch (pattern) {
    case 'integer':
      return counts.integer === values;
    case 'real':
      return counts.real === values;
    case 'boolean':
      return counts.booleans.some(({ no, yes }) => no + yes === values);
    case 'ymd':
      return counts.dates.ymd === values;
    case 'dmy':
      return counts.dates.dmy === values || counts.dates.mdy === values;
  }
}

/** Counts the given patterns over all rows, or the first `rows`; a pattern that isn't asked for counts −1. */
export async function countPatterns(
  database: DuckDb,
  table: string,
  columns: readonly { index: number; patterns: readonly Pattern[] }[],
  rows?: number,
): Promise<PatternCounts[]> {
  const counts = new Map<number, PatternCounts>();
  const bySet = new Map<string, number[]>();
  for (const { index, patterns } of columns) {
    const key = patterns.join(' ');
    bySet.set(key, [...(bySet.get(key) ?? []), index]);
  }
  for (const [key, indexes] of bySet) {
    const patterns = key.split(' ').filter((pattern) => pattern !== '') as Pattern[];
    for (const found of await countSet(database, table, indexes, patterns, rows)) counts.set(...found);
  }
  return columns.map(({ index }) => counts.get(index)!);
}

/**
 * Counts one set of patterns over many columns, stacked on each other: the planner's time grows with the square of the
 * aggregates in a query, so one aggregate must serve all columns.
 */
async function countSet(
  database: DuckDb,
  table: string,
  indexes: readonly number[],
  patterns: readonly Pattern[],
  rows: number | undefined,
): Promise<[number, PatternCounts][]> {
  const only = (pattern: Pattern, sql: string) => (patterns.includes(pattern) ? sql : '-1');
  const valid = (order: DateOrder) =>
    `count_if(CASE WHEN ${hasDateShape('v', order)} THEN ${timestampOf('v', order)} IS NOT NULL ELSE false END)`;
  const part = (group: number) =>
    `coalesce(max(TRY_CAST(regexp_extract(v, '^([0-9]+)[./]([0-9]+)[./]', ${group}) AS INTEGER)), 0)`;
  const dated = patterns.includes('ymd') || patterns.includes('dmy');
  const fewest = `CASE WHEN v IS NULL OR ${isMissingAmongValues('v')} THEN NULL WHEN ${hasExponent('v')} THEN -1 ELSE ${spelledDecimalsOf('v')} END`;
  const aggregates = [
    'count(v)',
    `count_if(${isMissingAmongValues('v')})`,
    only('integer', `count_if(${isInteger('v')})`),
    only('real', `count_if(${isReal('v')})`),
    only('real', `coalesce(max(${decimalsOf('v')}), 0)`),
    only('real', `coalesce(min(${fewest}), -1)`),
    ...BOOLEAN_WORDS.flat().map((word) => only('boolean', `count_if(l = '${word}')`)),
    only('ymd', valid('ymd')),
    only('dmy', valid('dmy')),
    only('dmy', valid('mdy')),
    only('dmy', part(1)),
    only('dmy', part(2)),
    dated ? `count_if(${hasClock('v')})` : '0',
    dated ? `count_if(${hasFraction('v')})` : '0',
  ];
  const limit = rows === undefined ? '' : ` LIMIT ${rows}`;
  const cells = indexes.map((index) => `c${index}`).join(', ');
  const stacked =
    indexes.length === 1
      ? `SELECT ${indexes[0]} AS i, ${cells} AS c FROM ${table}${limit}`
      : `SELECT unnest([${indexes.join(', ')}]) AS i, unnest([${cells}]) AS c FROM (SELECT ${cells} FROM ${table}${limit})`;
  const found = await database.rows(
    `SELECT i, ${aggregates.join(', ')} FROM ` +
      `(SELECT i, v, lower(v) AS l FROM (SELECT i, ${presentText('c')} AS v FROM (${stacked}))) GROUP BY i`,
  );
  return found.map((row) => {
    let at = 0;
    const number = () => Number(row[at++]);
    const index = number();
    const counts: PatternCounts = {
      present: number(),
      missingAmongValues: number(),
      integer: number(),
      real: number(),
      decimals: number(),
      fewestDecimals: number(),
      booleans: BOOLEAN_WORDS.map(() => ({ no: number(), yes: number() })),
      dates: { ymd: number(), dmy: number(), mdy: number() },
      firstPart: number(),
      secondPart: number(),
      clocks: number(),
      fractions: number(),
    };
    return [index, counts];
  });
}
