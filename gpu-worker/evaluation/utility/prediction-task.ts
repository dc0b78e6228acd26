import { UserFailure } from '../../failure.js';
import type { Table } from '../../tables/table.js';
import type { AlignedColumn } from '../align.js';
import type { Objective } from '../boosting/objectives.js';
import { areaUnderCurve } from '../logistic-regression.js';

/** A class takes a tree a round. */
const MOST_CLASSES = 20;
/** What is predicted, and how a prediction is judged. */
export interface Task {
  /** Undefined for a number. */
  readonly classes: readonly string[] | undefined;
  objective(truth: Float64Array): Objective;
}

/** @throws UserFailure INVALID_CONFIG for a column that isn't there or can't be predicted */
export function requireTarget(real: Table, target: string): void {
  const found = real.columns.find(({ schema }) => schema.name === target);
  const names = real.columns.map(({ schema }) => `"${schema.name}"`);
  if (!found) {
    throw invalidTarget(
      `The real table has no column "${target}" to predict. Choose one of ${names.slice(0, 30).join(', ')}` +
        `${names.length > 30 ? ` and ${names.length - 30} others` : ''}.`,
    );
  }
  const { kind } = found.schema;
  if (kind === 'ID' || kind === 'TEXT') {
    throw invalidTarget(
      `Column "${target}" holds ${kind === 'ID' ? 'IDs' : 'free text'}, which can't be predicted. Choose another target.`,
    );
  }
}

/** How many of the dictionary's first codes the real rows use; those beyond are the other table's own. */
export function labelCount(codes: Int32Array): number {
  return codes.reduce((most, code) => Math.max(most, code + 1), 0);
}

/** @throws UserFailure INVALID_CONFIG for a column of too few or too many different values */
export function taskOf(column: AlignedColumn): Task {
  const { name } = column;
  const values = new Set<number>(
    column.type === 'categories'
      ? column.real.filter((code) => code >= 0)
      : column.real.filter((value) => !Number.isNaN(value)),
  );
  if (values.size < 2) {
    throw invalidTarget(
      `Column "${name}" has ${values.size === 0 ? 'no value' : 'one value only'} in the real table: there is nothing to predict. ` +
        'Choose another target.',
    );
  }
  const classes =
    column.type === 'categories'
      ? column.labels.slice(0, labelCount(column.real))
      : values.size === 2
        ? [...values].sort((left, right) => left - right).map(String)
        : undefined;
  if (!classes) return { classes, objective: (truth) => ({ loss: 'squared', truth }) };
  if (classes.length > MOST_CLASSES) {
    throw invalidTarget(
      `Column "${name}" has ${classes.length} different values in the real table; a target can have at most ${MOST_CLASSES}. ` +
        'Choose another target.',
    );
  }
  return {
    classes,
    objective: (truth) =>
      classes.length === 2
        ? { loss: 'logistic', truth }
        : { loss: 'softmax', truth, classes: classes.length },
  };
}

/** A class's index or the number itself; NaN where it is missing, or a class that the real table doesn't have. */
export function truthAt(value: number, column: AlignedColumn, { classes }: Task): number {
  if (!classes) return value;
  if (column.type === 'categories') return value < 0 || value >= classes.length ? NaN : value;
  const index = classes.indexOf(String(value));
  return index < 0 ? NaN : index;
}

/**
 * AUC, mean one-against-rest AUC of the classes that the rows hold, or relative error: see `utility`. `scores` has one
 * array an output, parallel to `wanted`. Undefined when all rows hold the same.
 */
export function judged(
  scores: readonly Float64Array[],
  wanted: Float64Array,
  { classes }: Task,
): number | undefined {
  if (!classes) return relativeError(scores[0]!, wanted);
  const areas = (classes.length === 2 ? [1] : [...classes.keys()]).flatMap((ofClass) => {
    const labels = Uint8Array.from(wanted, (found) => (found === ofClass ? 1 : 0));
    if (!labels.includes(0) || !labels.includes(1)) return [];
    return [areaUnderCurve(classes.length === 2 ? scores[0]! : shares(scores, ofClass), labels)];
  });
  return areas.length === 0 ? undefined : areas.reduce((sum, area) => sum + area, 0) / areas.length;
}

/** Softmax of the scores, of one class. */
function shares(scores: readonly Float64Array[], ofClass: number): Float64Array {
  return scores[ofClass]!.map((score, row) => {
    let sum = 0;
    for (const output of scores) sum += Math.exp(output[row]! - score);
    return 1 / sum;
  });
}

/** Root mean squared error over the standard deviation of what was to be predicted. */
function relativeError(found: Float64Array, wanted: Float64Array): number | undefined {
  const mean = wanted.reduce((sum, value) => sum + value, 0) / wanted.length;
  const spread = wanted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  if (spread === 0) return undefined;
  return Math.sqrt(found.reduce((sum, value, row) => sum + (value - wanted[row]!) ** 2, 0) / spread);
}

function invalidTarget(message: string): UserFailure {
  return new UserFailure('INVALID_CONFIG', message, { field: 'target' });
}

export function sameEverywhere(target: string): UserFailure {
  return new UserFailure(
    'INSUFFICIENT_DATA',
    `All test rows hold the same value of "${target}", so no prediction can be judged. Give a test table with more rows, or another target.`,
    { column: target },
  );
}
