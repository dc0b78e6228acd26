import type { ColumnKind } from '../../../schema/messages/column.js';
import type { DuckDb } from '../duckdb.js';
import { hasDateShape, isReal, isMissingAmongValues, presentText, timestampOf } from './cell-patterns.js';
import type { PatternCounts } from './pattern-counts.js';
import {
  booleanColumn,
  dateTimeColumn,
  integerColumn,
  realColumn,
  stringColumn,
  type TypedColumn,
} from './typed-column.js';
import { dateOrder, valueKind } from './value-kind.js';
import { excerpt, fileFailure } from './file-failure.js';
import type { SourceTable } from './source-table.js';

export interface CorrectionRequest {
  readonly database: DuckDb;
  readonly table: string;
  readonly source: SourceTable;
  readonly file: string;
  readonly name: string;
  /** The raw table's column. */
  readonly cell: string;
  readonly kind: ColumnKind;
  readonly counts: PatternCounts;
}

/** Whole numbers, also when they are spelled `17850.0`. */
const isWhole = (v: string) =>
  `(${isReal(v)} AND TRY_CAST(${v} AS DOUBLE) = floor(TRY_CAST(${v} AS DOUBLE)) ` +
  `AND abs(TRY_CAST(${v} AS DOUBLE)) <= ${Number.MAX_SAFE_INTEGER})`;

/**
 * The column in the kind that the user wants. Throws INVALID_CONFIG, naming the first row that has no value of that
 * kind.
 */
export async function correctedKind(request: CorrectionRequest): Promise<TypedColumn> {
  const { name, cell, kind, counts } = request;
  switch (kind) {
    case 'CATEGORY':
    case 'TEXT':
    case 'ID':
      return stringColumn(name, cell, kind);
    case 'INTEGER':
      await refuseUnless(request, isWhole('v'), 'is not a whole number of at most 15 digits');
      return integerColumn(name, cell);
    case 'REAL':
      await refuseUnless(request, isReal('v'), 'is not a number');
      return realColumn(name, cell, counts);
    case 'BOOLEAN': {
      const found = await valueKind(request.database, request.table, name, cell, counts);
      if (found?.schema.kind === 'BOOLEAN') return found;
      await refuseUnless(
        request,
        `v IN ('0', '1')`,
        'is not one of true and false, yes and no, y and n, t and f, 0 and 1',
      );
      return booleanColumn(name, cell, ['0', '1'], ['0', '1']);
    }
    case 'DATETIME': {
      const shapes = (['ymd', 'dmy', 'mdy'] as const).map(
        (order) => `(${hasDateShape('v', order)} AND ${timestampOf('v', order)} IS NOT NULL)`,
      );
      await refuseUnless(
        request,
        `(${shapes.join(' OR ')})`,
        'is not a date or time such as 2026-01-31 08:26:00',
      );
      const order = dateOrder(counts, counts.present - counts.missingAmongValues);
      if (order) return dateTimeColumn(name, cell, order, counts);
      throw refusal(
        request,
        undefined,
        'the dates can be read as day first and as month first. Write them as 2026-01-31.',
      );
    }
  }
}

function refusal({ file, name }: CorrectionRequest, line: number | undefined, problem: string) {
  const failure = fileFailure('INVALID_CONFIG', { file, line, column: name }, problem);
  Object.assign(failure.location, { field: `kinds.${name}` });
  return failure;
}

async function refuseUnless(request: CorrectionRequest, holds: string, problem: string): Promise<void> {
  const { database, table, cell, source, kind } = request;
  const [bad] = await database.rows(
    `SELECT row, v FROM (SELECT rowid AS row, ${presentText(cell)} AS v FROM ${table}) ` +
      `WHERE v IS NOT NULL AND NOT ${isMissingAmongValues('v')} AND NOT coalesce(${holds}, false) ORDER BY row LIMIT 1`,
  );
  if (!bad) return;
  const row = Number(bad[0]);
  const line = await source.lineOf(row);
  const where = line === undefined ? `row ${row + 1}: ` : '';
  throw refusal(
    request,
    line,
    `${where}"${excerpt(String(bad[1]))}" ${problem}, so the column can not be ${kind}. Mend the value, or choose another kind.`,
  );
}
