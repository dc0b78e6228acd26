import type { DuckDb } from '../duckdb.js';
import { BOOLEAN_WORDS, presentText, type DateOrder } from './cell-patterns.js';
import type { PatternCounts } from './pattern-counts.js';
import {
  booleanColumn,
  dateTimeColumn,
  integerColumn,
  realColumn,
  type TypedColumn,
} from './typed-column.js';

/** BOOLEAN, INTEGER, REAL or DATETIME when every value is one; undefined when the column holds strings. */
export async function valueKind(
  database: DuckDb,
  table: string,
  name: string,
  cell: string,
  counts: PatternCounts,
): Promise<TypedColumn | undefined> {
  const values = counts.present - counts.missingAmongValues;
  if (values === 0) return undefined;
  const pair = counts.booleans.findIndex(
    ({ no, yes }, index) => no + yes === values && (index === 0 || (no > 0 && yes > 0)),
  );
  if (pair >= 0) {
    const words = BOOLEAN_WORDS[pair]!;
    // Of several spellings of one word (TRUE, True), the first in sort order stands for all.
    const spelled = words.map((word) => `min(v) FILTER (lower(v) = '${word}')`).join(', ');
    const [labels = []] = await database.rows(
      `SELECT ${spelled} FROM (SELECT ${presentText(cell)} AS v FROM ${table})`,
    );
    return booleanColumn(name, cell, words, labels as (string | null)[]);
  }
  if (counts.integer === values) return integerColumn(name, cell);
  if (counts.real === values) return realColumn(name, cell, counts);
  const order = dateOrder(counts, values);
  return order && dateTimeColumn(name, cell, order, counts);
}

/** The order in which all dates of a column are written; undefined when there is none, or two that would do. */
export function dateOrder(counts: PatternCounts, values: number): DateOrder | undefined {
  if (counts.dates.ymd === values) return 'ymd';
  const dayFirst = counts.dates.dmy === values && counts.firstPart > 12;
  const monthFirst = counts.dates.mdy === values && counts.secondPart > 12;
  return dayFirst ? 'dmy' : monthFirst ? 'mdy' : undefined;
}
