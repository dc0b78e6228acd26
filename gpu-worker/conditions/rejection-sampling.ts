import type { Condition } from '../../schema/messages/conditions.js';
import { UserFailure } from '../failure.js';
import type { FittedGenerator, SampleSession } from '../generators/generator.js';
import { rowsAt } from '../tables/rows.js';
import type { Table } from '../tables/table.js';
import { cellsOf, rowFilter, type RowFilter } from './condition.js';

/** Rows drawn before a condition is judged too rare, and the share of them that must meet it. */
const ROWS_ON_TRIAL = 100_000;
const LEAST_ACCEPTED = 0.001;

/** Rows drawn to see how common a condition is, and the share of them from which on rejecting the others is cheaper. */
const ROWS_TO_SEE = 8192;
const COMMON = 1 / 64;
/** Rows completed for each one made, where conditions remain that can't be given to the model. */
const MOST_COMPLETED = 100;

export type RowSource = Pick<FittedGenerator, 'columns' | 'sample'> &
  Partial<Pick<FittedGenerator, 'complete'>>;

/**
 * A model whose rows all meet the conditions: rows are drawn and those that don't are rejected, so that the rest have the
 * model's own distribution given the conditions. Where few meet them and the model can draw rows around known cells, conditions
 * on single values are given to it, and nothing is rejected for them. Throws UserFailure INVALID_CONFIG for conditions that can't be read, at
 * once, and while sampling when fewer than 1 in 1,000 rows meet what had to be left to chance.
 */
export function rowsThatMeet(conditions: readonly Condition[], model: RowSource): RowSource {
  if (conditions.length === 0) return model;
  const filter = rowFilter(conditions, model.columns);
  return {
    columns: model.columns,
    async *sample(rows: number, session: SampleSession, chunkRows?: number): AsyncIterable<Table> {
      if (rows === 0) return;
      const quiet = { ...session, progress: () => undefined };
      const completing = model.complete && !(await isCommon(model, filter, quiet));
      const most = rows * MOST_COMPLETED;
      const single = conditions.every(({ in: wanted }) => wanted?.length === 1);
      const cells = completing ? cellsOf(conditions, model.columns, single ? rows : most) : undefined;
      const drawnRows = cells
        ? model.complete!(cells, quiet, chunkRows)
        : model.sample(ROWS_ON_TRIAL + Math.ceil(rows / LEAST_ACCEPTED), quiet, chunkRows);
      let drawn = 0;
      let made = 0;
      for await (const chunk of drawnRows) {
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

async function isCommon(model: RowSource, filter: RowFilter, session: SampleSession): Promise<boolean> {
  let met = 0;
  for await (const chunk of model.sample(ROWS_TO_SEE, session)) met += filter(chunk).length;
  return met >= ROWS_TO_SEE * COMMON;
}

function tooRare(conditions: readonly Condition[], made: number, drawn: number): UserFailure {
  const columns = conditions.map(({ column }) => `"${column}"`).join(', ');
  return new UserFailure(
    'INVALID_CONFIG',
    `Only ${made.toLocaleString('en')} of ${drawn.toLocaleString('en')} rows that the model drew meet the conditions on ${columns}; at least 1 in 1,000 must. Check how values are spelled, widen the ranges, or name fewer columns.`,
    { field: 'where' },
  );
}
