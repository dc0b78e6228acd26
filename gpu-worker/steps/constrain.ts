import type { Constraint, Violations } from '../../schema/messages/constraints.js';
import { ConstrainedModel } from '../constraints/constrained-model.js';
import { fitConstraints } from '../constraints/fitted-constraints.js';
import { allowedRows } from '../constraints/real-rows.js';
import type { FittedGenerator } from '../generators/generator.js';
import type { Table } from '../tables/table.js';

/** A real table whose rows obey the constraints, and what a generator is to learn of it. */
export interface Constrained {
  readonly real: Table;
  readonly learnt: Table;
  /** What was left out, in sentences. */
  readonly notes: readonly string[];
  /** Gives the generator that was fitted to `learnt` the columns of `real`, and its rows the constraints. */
  readonly wrap: (model: FittedGenerator) => FittedGenerator;
}

/** @throws UserFailure what `allowedRows` throws */
export function constrain(
  table: Table,
  constraints: readonly Constraint[] = [],
  violations: Violations = 'refuse',
): Constrained {
  if (constraints.length === 0) return { real: table, learnt: table, notes: [], wrap: (model) => model };
  const { table: real, dropped } = allowedRows(constraints, table, violations);
  const { fitted, learnt } = fitConstraints(constraints, real);
  const left =
    `${dropped.toLocaleString('en')} of ${table.rows.toLocaleString('en')} real rows break a constraint ` +
    'and were left out.';
  return {
    real,
    learnt,
    notes: dropped > 0 ? [left] : [],
    wrap: (model) => new ConstrainedModel(model, fitted),
  };
}
