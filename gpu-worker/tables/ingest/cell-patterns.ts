import { literal } from '../duckdb.js';

/**
 * What a cell's text may mean, as SQL over `v`: the cell's text without spaces around it, null when it is missing.
 */

/** Missing in every column, beside the empty cell. */
const MISSING = ['NA', 'N/A', 'n/a', '#N/A', '<NA>', 'NULL', 'Null', 'null', '\\N', 'NaN', 'nan'];

/**
 * Missing only where everything else is a number, a date or a boolean; elsewhere they may be a category. Infinite
 * numbers are among them, since no model or statistic here can use one.
 */
const MISSING_AMONG_VALUES = [
  ...['None', 'none', 'NONE', '-', '--', '?', '.', '#DIV/0!', '#VALUE!', '#REF!', '#NUM!'],
  ...['inf', '+inf', '-inf', 'Inf', '+Inf', '-Inf', 'INF', '-INF', 'Infinity', '+Infinity', '-Infinity'],
];

const BLANKS = literal(' \t\r\n');

/** As one pattern: DuckDB plans a long IN list as a join, of which a wide table would need thousands. */
function oneOf(v: string, words: readonly string[]): string {
  const escaped = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return `regexp_full_match(${v}, ${literal(escaped.join('|'))})`;
}

/** Whether a trimmed cell is missing in any column. */
export function isMissing(v: string): string {
  return oneOf(v, ['', ...MISSING]);
}

export function isMissingAmongValues(v: string): string {
  return oneOf(v, MISSING_AMONG_VALUES);
}

export function trimmed(cell: string): string {
  return `trim(${cell}, ${BLANKS})`;
}

/** The `v` of the expressions below for a column of the raw table. */
export function presentText(cell: string): string {
  return `CASE WHEN ${isMissing(trimmed(cell))} THEN NULL ELSE ${trimmed(cell)} END`;
}

/** Largest integer that a double holds exactly. */
const MAX_INTEGER = Number.MAX_SAFE_INTEGER;

/** Leading zeros (postal codes, article numbers) and more digits than a double holds make a text, not a number. */
export function isInteger(v: string): string {
  return (
    `(regexp_full_match(${v}, '[+-]?(0|[1-9][0-9]{0,15})') ` +
    `AND abs(TRY_CAST(${v} AS BIGINT)) <= ${MAX_INTEGER})`
  );
}

export function isReal(v: string): string {
  return (
    `(regexp_full_match(${v}, '[+-]?((0|[1-9][0-9]*)(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?') ` +
    `AND NOT regexp_full_match(${v}, '[+-]?[0-9]{16,}') AND isfinite(TRY_CAST(${v} AS DOUBLE)))`
  );
}

/** Digits after the decimal point of a real number, its exponent applied. */
export function decimalsOf(v: string): string {
  // Extracting by pattern takes several times as long as everything else that is counted; few numbers need it.
  return (
    `(CASE WHEN ${hasExponent(v)} THEN greatest(0, length(regexp_extract(${v}, '\\.([0-9]*)', 1)) ` +
    `- coalesce(TRY_CAST(replace(regexp_extract(${v}, '[eE]([+-]?[0-9]+)$', 1), '+', '') AS INTEGER), 0)) ` +
    `ELSE ${spelledDecimalsOf(v)} END)`
  );
}

/** The same of a number without exponent. */
export function spelledDecimalsOf(v: string): string {
  return `(CASE WHEN contains(${v}, '.') THEN strlen(${v}) - instr(${v}, '.') ELSE 0 END)`;
}

export function hasExponent(v: string): string {
  return `(contains(${v}, 'e') OR contains(${v}, 'E'))`;
}

/** Pairs of words, lower case, `[false, true]`. One of the first pair is enough; of the others both must occur. */
export const BOOLEAN_WORDS = [
  ['false', 'true'],
  ['no', 'yes'],
  ['n', 'y'],
  ['f', 't'],
] as const;

const CLOCK = '[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,9})?)?';
const ZONE = ' ?(Z|UTC|[+-][0-9]{2}(:[0-9]{2})?)';

/** `year-month-day` in this order is never ambiguous; the two others need a day above 12 somewhere in the column. */
export const DATE_ORDERS = ['ymd', 'dmy', 'mdy'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

/** A text in the shape of `order`, whatever its numbers. */
export function hasDateShape(v: string, order: DateOrder): string {
  const day =
    order === 'ymd' ? '[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}' : '[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{4}';
  return `regexp_full_match(${v}, '${day}([ T]${CLOCK}(${ZONE})?)?')`;
}

/** The instant (UTC) of a text of that shape; null when there is no such day or time. */
export function timestampOf(v: string, order: DateOrder): string {
  const parts = order === 'dmy' ? '\\3-\\2-\\1' : '\\3-\\1-\\2';
  const iso =
    order === 'ymd'
      ? `replace(${v}, '/', '-')`
      : `regexp_replace(${v}, '^([0-9]+)[./]([0-9]+)[./]([0-9]{4})', '${parts}')`;
  // DuckDB reads a zone only after seconds.
  const withSeconds = `regexp_replace(${iso}, '([ T][0-9]{1,2}:[0-9]{2})(${ZONE})$', '\\1:00\\2')`;
  return `TRY_CAST(${withSeconds} AS TIMESTAMP)`;
}

export function hasClock(v: string): string {
  return `contains(${v}, ':')`;
}

export function hasFraction(v: string): string {
  return `regexp_matches(${v}, ':[0-9]{2}\\.[0-9]*[1-9]')`;
}
