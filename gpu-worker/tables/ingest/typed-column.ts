import type { ColumnSchema } from '../../../schema/messages/column.js';
import {
  isMissingAmongValues,
  isMissing,
  presentText,
  timestampOf,
  trimmed,
  type DateOrder,
} from './cell-patterns.js';
import type { PatternCounts } from './pattern-counts.js';

/** A column's kind and how its typed value is made from the raw one. */
export interface TypedColumn {
  readonly schema: Omit<ColumnSchema, 'nullable' | 'unique'>;
  /** SQL over the raw table. */
  readonly expression: string;
  /** Whether spellings such as `-` or `None` count as missing here. */
  readonly missingAmongValues: boolean;
}

/** The cell's text, null where it is missing in a column of values. */
function valueText(cell: string): string {
  return `(CASE WHEN ${isMissingAmongValues(trimmed(cell))} THEN NULL ELSE ${presentText(cell)} END)`;
}

export function integerColumn(name: string, cell: string): TypedColumn {
  return {
    schema: { name, kind: 'INTEGER' },
    expression: `CAST(TRY_CAST(${valueText(cell)} AS DOUBLE) AS BIGINT)`,
    missingAmongValues: true,
  };
}

export function realColumn(
  name: string,
  cell: string,
  { decimals, fewestDecimals }: PatternCounts,
): TypedColumn {
  const fixedDecimals = decimals > 0 && decimals <= 15 && fewestDecimals === decimals;
  return {
    schema: {
      name,
      kind: 'REAL',
      decimals: Math.min(15, decimals),
      ...(fixedDecimals && { fixedDecimals }),
    },
    expression: `TRY_CAST(${valueText(cell)} AS DOUBLE)`,
    missingAmongValues: true,
  };
}

export function booleanColumn(
  name: string,
  cell: string,
  [no, yes]: readonly [string, string],
  [noLabel, yesLabel]: readonly (string | null)[],
): TypedColumn {
  return {
    schema: {
      name,
      kind: 'BOOLEAN',
      booleanLabels: [noLabel ?? inCaseOf(yesLabel ?? yes, no), yesLabel ?? inCaseOf(noLabel ?? no, yes)],
    },
    expression: `lower(${valueText(cell)}) = '${yes}'`,
    missingAmongValues: true,
  };
}

/** `word` in upper, title or lower case, as `model` is. */
function inCaseOf(model: string, word: string): string {
  if (model === model.toUpperCase()) return word.toUpperCase();
  return model[0] === model[0]!.toUpperCase() ? word[0]!.toUpperCase() + word.slice(1) : word;
}

export function dateTimeColumn(
  name: string,
  cell: string,
  order: DateOrder,
  { clocks, fractions }: PatternCounts,
): TypedColumn {
  const precision = clocks === 0 ? 'date' : fractions === 0 ? 'second' : 'millisecond';
  const timestamp = timestampOf(valueText(cell), order);
  return {
    schema: { name, kind: 'DATETIME', precision },
    expression:
      precision === 'date' ? `CAST(${timestamp} AS DATE)` : `date_trunc('millisecond', ${timestamp})`,
    missingAmongValues: true,
  };
}

/** Strings keep their spelling, spaces around them included. */
export function stringColumn(name: string, cell: string, kind: 'CATEGORY' | 'TEXT' | 'ID'): TypedColumn {
  return {
    schema: { name, kind },
    expression: `CASE WHEN ${isMissing(trimmed(cell))} THEN NULL ELSE ${cell} END`,
    missingAmongValues: false,
  };
}
