import type { FailureCode } from '../../schema/messages/failure.js';
import type { Table } from '../tables/table.js';

/** A preparation step with what it has learnt from the real table; does the same to a holdout. */
export interface FittedStep {
  apply(table: Table): Applied;
  /** Of columns, what was learnt, in a few words: a filling, fences, a scale. Names no category that few rows have. */
  readonly notes: ReadonlyMap<string, string>;
  /**
   * Whether what it does to a row follows from other rows: a mean, fences, which values are rare. Differential privacy, which
   * bounds what one row can change in a fit, is lost with such a step.
   */
  readonly learntFromRows: boolean;
}

export interface Applied {
  readonly table: Table;
  readonly rowsDropped: number;
  /** Cells that were changed, by column; a column is named even if it has none. */
  readonly cells: ReadonlyMap<string, number>;
}

/** A step that this table doesn't allow; the message follows "can't be done: ". */
export class UnfitStep extends Error {
  override readonly name = 'UnfitStep';

  constructor(
    readonly field: string,
    message: string,
    readonly code: FailureCode = 'INVALID_CONFIG',
  ) {
    super(message);
  }
}
