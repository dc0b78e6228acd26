import { BOOLEAN_WORDS, type DateOrder } from './cell-patterns.js';
import type { PatternCounts } from './pattern-counts.js';
import {
  booleanColumn,
  dateTimeColumn,
  integerColumn,
  realColumn,
  type TypedColumn,
} from './typed-column.js';

/** BOOLEAN, INTEGER, REAL or DATETIME when every value is one; undefined when the column holds strings. */
export function valueKind(name: string, cell: string, counts: PatternCounts): TypedColumn | undefined {
  const values = counts.present - counts.missingAmongValues;
  if (values === 0) return undefined;
  const pair = counts.booleans.findIndex(
    ({ no, yes }, index) => no + yes === values && (index === 0 || (no > 0 && yes > 0)),
  );
  if (pair >= 0) return booleanColumn(name, cell, BOOLEAN_WORDS[pair]!, counts.booleans[pair]!.labels);
  if (counts.integer === values) return integerColumn(name, cell);
  if (counts.real === values) return realColumn(name, cell, counts.decimals);
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
