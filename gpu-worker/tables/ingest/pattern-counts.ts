import type { DuckDb } from '../duckdb.js';
import {
  BOOLEAN_WORDS,
  DATE_ORDERS,
  decimalsOf,
  hasClock,
  hasDateShape,
  hasFraction,
  isInteger,
  isReal,
  missingAmongValuesList,
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
  readonly decimals: number;
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
  const cells = columns.map(
    ({ index }) => `${presentText(`c${index}`)} AS v${index}, lower(v${index}) AS l${index}`,
  );
  const aggregates = columns.map(({ index, patterns }) => {
    const v = `v${index}`;
    const only = (pattern: Pattern, sql: string) => (patterns.includes(pattern) ? sql : '-1');
    const valid = (order: DateOrder) =>
      `count_if(CASE WHEN ${hasDateShape(v, order)} THEN ${timestampOf(v, order)} IS NOT NULL ELSE false END)`;
    const part = (group: number) =>
      `coalesce(max(TRY_CAST(regexp_extract(${v}, '^([0-9]+)[./]([0-9]+)[./]', ${group}) AS INTEGER)), 0)`;
    const dated = patterns.includes('ymd') || patterns.includes('dmy');
    return [
      `count(${v})`,
      `count_if(${v} IN ${missingAmongValuesList})`,
      only('integer', `count_if(${isInteger(v)})`),
      only('real', `count_if(${isReal(v)})`),
      only('real', `coalesce(max(${decimalsOf(v)}), 0)`),
      ...BOOLEAN_WORDS.flat().map((word) => only('boolean', `count_if(l${index} = '${word}')`)),
      only('ymd', valid('ymd')),
      only('dmy', valid('dmy')),
      only('dmy', valid('mdy')),
      only('dmy', part(1)),
      only('dmy', part(2)),
      dated ? `count_if(${hasClock(v)})` : '0',
      dated ? `count_if(${hasFraction(v)})` : '0',
    ];
  });
  const limit = rows === undefined ? '' : ` LIMIT ${rows}`;
  const [row = []] = await database.rows(
    `SELECT ${aggregates.flat().join(', ')} FROM (SELECT ${cells.join(', ')} FROM ${table}${limit})`,
  );
  let at = 0;
  const number = () => Number(row[at++]);
  return columns.map(() => ({
    present: number(),
    missingAmongValues: number(),
    integer: number(),
    real: number(),
    decimals: number(),
    booleans: BOOLEAN_WORDS.map(() => ({ no: number(), yes: number() })),
    dates: { [DATE_ORDERS[0]]: number(), [DATE_ORDERS[1]]: number(), [DATE_ORDERS[2]]: number() } as Record<
      DateOrder,
      number
    >,
    firstPart: number(),
    secondPart: number(),
    clocks: number(),
    fractions: number(),
  }));
}
