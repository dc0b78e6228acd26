import type { Constraint } from '../../schema/messages/constraints.js';
import { fitConstraint, rowCheck, type FittedConstraint } from '../constraints/breaks.js';
import type { Column, Table } from '../tables/table.js';
import type { AlignedColumn, AlignedTables } from './align.js';

/**
 * Shares of rows that break at least one constraint, 0–1. Combinations are fixed by the real table, so that its own rows
 * break none of those.
 */
export function constraintBreaks(
  constraints: readonly Constraint[],
  tables: AlignedTables,
  realTable: Table,
): { synthetic: number; real: number } {
  const [real, synthetic] = (['real', 'other'] as const).map((side) => sideOf(tables, side, realTable));
  const fitted = constraints.map((constraint) => fitConstraint(constraint, real!));
  return { real: shareBreaking(fitted, real!), synthetic: shareBreaking(fitted, synthetic!) };
}

function shareBreaking(fitted: readonly FittedConstraint[], table: Table): number {
  const broken = new Uint8Array(table.rows);
  for (const one of fitted) rowCheck(one)(table).forEach((mark, row) => (broken[row]! |= mark));
  return broken.reduce((sum, mark) => sum + mark, 0) / table.rows;
}

/** One of two aligned tables, with the real one's columns: a file of its own may have been read with other kinds. */
function sideOf(tables: AlignedTables, side: 'real' | 'other', { columns }: Table): Table {
  return {
    rows: side === 'real' ? tables.realRows : tables.otherRows,
    columns: tables.columns.map((aligned, index) => columnOf(aligned, side, columns[index]!)),
  };
}

function columnOf(aligned: AlignedColumn, side: 'real' | 'other', { schema }: Column): Column {
  if (aligned.type === 'numbers') return { schema, values: aligned[side] };
  if (schema.kind !== 'BOOLEAN') return { schema, codes: aligned[side], categories: aligned.labels };
  // The labels are the spellings of false and true; a third one is neither.
  const values = Float64Array.from(aligned[side], (code) => (code === 0 || code === 1 ? code : NaN));
  return { schema, values };
}
