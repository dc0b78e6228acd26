import type { Constraint } from '../../schema/messages/constraints.js';
import { stepText, type PreparationStep, type StepRecord } from '../../schema/messages/preparation.js';
import { mistakeIn } from '../../schema/preparation/mistakes.js';
import { ExpressionTypeError } from '../expressions/evaluate.js';
import { UserFailure } from '../failure.js';
import type { Table } from '../tables/table.js';
import { bounding } from './bounding.js';
import { deriving } from './deriving.js';
import { droppingColumns, droppingRows, missingCells } from './dropping.js';
import { filling } from './filling.js';
import { UnfitStep, type FittedStep } from './fitted-step.js';
import { outliers } from './outliers.js';
import { promisesOf } from './promises.js';
import { replacingRareCategories } from './rare-categories.js';
import type { ScaleDescription } from '../transforms/scale.js';
import { keptScaling, passingScaling, scalesOf } from './scaling.js';

export interface Prepared {
  /** What synthetic rows are to look like, in the units that they are written in. */
  readonly table: Table;
  /** What each step did. */
  readonly record: readonly StepRecord[];
  /** Of columns that are scaled for the generator and back in its rows. */
  readonly scales: readonly ScaleDescription[];
  /** What the steps promise of every synthetic row: bounds hold, derived columns follow. */
  readonly constraints: readonly Constraint[];
  /** Does to another table of the same columns, such as a holdout, what was done to this one, with what was learnt here. */
  readonly prepareAlike: (other: Table) => Table;
}

/**
 * Does the steps to a real table, one after another; each learns from what the earlier ones left.
 *
 * @throws UserFailure INVALID_CONFIG for a step that doesn't fit the table, INSUFFICIENT_DATA for one that leaves no row or finds
 *   nothing to learn from; both name the step and its field
 */
export function prepare(real: Table, steps: readonly PreparationStep[]): Prepared {
  const mistake = mistakeIn(
    steps,
    real.columns.map(({ schema }) => schema),
  );
  if (mistake) throw refusal(steps, mistake.index, new UnfitStep(mistake.field, mistake.message));
  let table = real;
  const record: StepRecord[] = [];
  const fitted: FittedStep[] = [];
  const scales: ScaleDescription[] = [];
  steps.forEach((step, index) => {
    try {
      requireKinds(step, table);
      const one = fit(step, table, scales);
      const { table: after, rowsDropped, cells } = one.apply(table);
      if (after.rows === 0) throw new UnfitStep(...noRowLeft(step));
      const columns = [...cells].map(([name, count]) => ({ name, cells: count, note: one.notes.get(name) }));
      const named = new Set(cells.keys());
      const others = [...one.notes].filter(([name]) => !named.has(name));
      record.push({
        step,
        rows: table.rows,
        rowsDropped,
        learntFromRows: one.learntFromRows,
        columns: [...columns, ...others.map(([name, note]) => ({ name, cells: 0, note }))],
      });
      fitted.push(one);
      table = after;
    } catch (error) {
      if (error instanceof UnfitStep) throw refusal(steps, index, error);
      if (error instanceof ExpressionTypeError)
        throw refusal(
          steps,
          index,
          new UnfitStep(step.type === 'derive' ? 'formula' : 'where', error.message),
        );
      throw error;
    }
  });
  const prepared = withNullability(table);
  return {
    table: prepared,
    record,
    scales,
    constraints: promisesOf(steps, prepared),
    prepareAlike: (other) =>
      withNullability(fitted.reduce((changed, step) => step.apply(changed).table, other)),
  };
}

/** Adds the scales that are undone later to `passing`. */
function fit(step: PreparationStep, table: Table, passing: ScaleDescription[]): FittedStep {
  switch (step.type) {
    case 'dropRows':
      return droppingRows(step, table);
    case 'dropColumns':
      return droppingColumns(step);
    case 'fillMissing':
      return filling(step, table);
    case 'outliers':
      return outliers(step, table);
    case 'derive':
      return deriving(step, table);
    case 'bounds':
      return bounding(step);
    case 'rareCategories':
      return replacingRareCategories(step, table);
    case 'scale': {
      const scales = scalesOf(step, table);
      if (step.keep) return keptScaling(step, scales);
      passing.push(...scales);
      return passingScaling(step, scales);
    }
  }
}

/** Of derived columns the kinds are known only now. */
function requireKinds(step: PreparationStep, { columns }: Table): void {
  const mistake = mistakeIn(
    [step],
    columns.map(({ schema }) => schema),
  );
  if (mistake) throw new UnfitStep(mistake.field, mistake.message);
}

function noRowLeft(step: PreparationStep): [string, string, 'INSUFFICIENT_DATA'] {
  const field = step.type === 'dropRows' ? (step.where === undefined ? 'missingIn' : 'where') : 'action';
  return [field, 'it would drop every row, so that none is left to learn from', 'INSUFFICIENT_DATA'];
}

/** Whether a column has missing cells now, whatever it had. */
function withNullability(table: Table): Table {
  return {
    rows: table.rows,
    columns: table.columns.map((column) => {
      const nullable = missingCells(column).includes(1);
      if (nullable === column.schema.nullable) return column;
      return { ...column, schema: { ...column.schema, nullable } };
    }),
  };
}

function refusal(
  steps: readonly PreparationStep[],
  index: number,
  { field, code, message }: UnfitStep,
): UserFailure {
  return new UserFailure(
    code,
    `Step ${index + 1} of the preparation (${stepText(steps[index]!)}) can't be done: ${message}.`,
    { field: `preparation.${index}.${field}` },
  );
}
