import type { Condition } from '../../schema/messages/conditions.js';
import { UserFailure } from '../failure.js';
import type { FittedGenerator, SampleSession } from '../generators/generator.js';
import { rowsAt } from '../tables/rows.js';
import type { Table } from '../tables/table.js';
import { rowFilter } from './condition.js';

/** Rows drawn before a condition is judged too rare, and the share of them that must meet it. */
const ROWS_ON_TRIAL = 100_000;
const LEAST_ACCEPTED = 0.001;

export type RowSource = Pick<FittedGenerator, 'columns' | 'sample'>;

/**
 * A model whose rows all meet the conditions: rows are drawn and those that don't are rejected, so that the rest have the
 * model's own distribution given the conditions. Throws UserFailure INVALID_CONFIG for conditions that can't be read, at
 * once, and while sampling when fewer than 1 in 1,000 rows meet them. At most about 1,000 rows are drawn for each one made.
 */
export function rowsThatMeet(conditions: readonly Condition[], model: RowSource): RowSource {
  if (conditions.length === 0) return model;
  const filter = rowFilter(conditions, model.columns);
  return {
    columns: model.columns,
    async *sample(rows: number, session: SampleSession, chunkRows?: number): AsyncIterable<Table> {
      if (rows === 0) return;
      let drawn = 0;
      let made = 0;
      const most = ROWS_ON_TRIAL + Math.ceil(rows / LEAST_ACCEPTED);
      const quiet = { ...session, progress: () => undefined };
      for await (const chunk of model.sample(most, quiet, chunkRows)) {
        const met = filter(chunk).subarray(0, rows - made);
        drawn += chunk.rows;
        made += met.length;
        if (met.length > 0) yield rowsAt(chunk, met);
        session.progress(made / rows);
        if (made === rows) return;
        if (drawn >= ROWS_ON_TRIAL && made < drawn * LEAST_ACCEPTED) break;
      }
      throw tooRare(conditions, made, drawn);
    },
  };
}

function tooRare(conditions: readonly Condition[], made: number, drawn: number): UserFailure {
  const columns = conditions.map(({ column }) => `"${column}"`).join(', ');
  return new UserFailure(
    'INVALID_CONFIG',
    `Only ${made.toLocaleString('en')} of ${drawn.toLocaleString('en')} rows that the model drew meet the conditions on ${columns}; at least 1 in 1,000 must. Check how values are spelled, widen the ranges, or name fewer columns.`,
    { field: 'where' },
  );
}
