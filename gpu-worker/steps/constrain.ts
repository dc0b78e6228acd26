import type { Constraint, Violations } from '../../schema/messages/constraints.js';
import { ConstrainedModel } from '../constraints/constrained-model.js';
import { fitConstraints } from '../constraints/fitted-constraints.js';
import { allowedRows } from '../constraints/real-rows.js';
import type { FittedGenerator } from '../generators/generator.js';
import type { Table } from '../tables/table.js';
import type { ScaleDescription } from '../transforms/scale.js';

/** A real table whose rows obey the constraints, and what a generator is to learn of it. */
export interface Constrained {
  readonly real: Table;
  readonly learnt: Table;
  /** What was left out, in sentences. */
  readonly notes: readonly string[];
  /** Gives the generator that was fitted to `learnt` the columns of `real`, and its rows the constraints. */
  readonly wrap: (model: FittedGenerator) => FittedGenerator;
}

/**
 * `scales` are of columns that the generator is to learn scaled.
 *
 * @throws UserFailure what `allowedRows` throws
 */
export function constrain(
  table: Table,
  constraints: readonly Constraint[] = [],
  violations: Violations = 'refuse',
  scales: readonly ScaleDescription[] = [],
): Constrained {
  if (constraints.length + scales.length === 0)
    return { real: table, learnt: table, notes: [], wrap: (model) => model };
  const { table: real, dropped } = allowedRows(constraints, table, violations);
  const { fitted, learnt } = fitConstraints(constraints, real, scales);
  const scaled = new Set(fitted.transforms.flatMap((one) => (one.type === 'scale' ? [one.schema.name] : [])));
  const unscaled = scales.map(({ schema }) => schema.name).filter((name) => !scaled.has(name));
  const left =
    `${dropped.toLocaleString('en')} of ${table.rows.toLocaleString('en')} real rows break a constraint ` +
    'and were left out.';
  return {
    real,
    learnt,
    notes: [...(dropped > 0 ? [left] : []), ...unscaled.map(notScaled)],
    wrap: (model) => new ConstrainedModel(model, fitted),
  };
}

const notScaled = (name: string): string =>
  `"${name}" was not scaled for the generator: a constraint makes it follow from other columns, so that it isn't learnt as it is.`;
