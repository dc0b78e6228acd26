import type { PreparationStep } from '../../schema/messages/preparation.js';
import { prepare, type Prepared } from '../preparation/prepare.js';
import type { Table } from '../tables/table.js';

/** A prepared table, and what to tell readers of its scores, in sentences. */
export interface PreparedTable extends Prepared {
  readonly notes: readonly string[];
}

/** @throws UserFailure what `prepare` throws */
export function prepareTable(real: Table, steps: readonly PreparationStep[] = []): PreparedTable {
  const prepared = prepare(real, steps);
  return { ...prepared, notes: steps.length > 0 ? [noteOn(real, prepared)] : [] };
}

function noteOn(real: Table, { table, record }: Prepared): string {
  const dropped = real.rows - table.rows;
  const cells = record.flatMap(({ columns }) => columns).reduce((sum, column) => sum + column.cells, 0);
  const did = `dropped ${dropped.toLocaleString('en')} of ${real.rows.toLocaleString('en')} real rows and changed ${cells.toLocaleString('en')} ${cells === 1 ? 'cell' : 'cells'}`;
  return `The preparation ${did}; the scores compare with the table as it is after that, in the units in which it is written.`;
}
