import type { Constraint, Violations } from '../../schema/messages/constraints.js';
import { ConstrainedModel } from '../constraints/constrained-model.js';
import { fitConstraints } from '../constraints/fitted-constraints.js';
import { allowedRows } from '../constraints/real-rows.js';
import type { FittedGenerator } from '../generators/generator.js';
import type { Table } from '../tables/table.js';
import type { Prepared } from '../preparation/prepare.js';

/** A prepared real table whose rows obey the constraints, and what a generator is to learn of it. */
export interface Constrained {
  readonly real: Table;
  readonly learnt: Table;
  /** The given ones, and those that the preparation promises. */
  readonly constraints: readonly Constraint[];
  /** What was left out, in sentences. */
  readonly notes: readonly string[];
  /** Gives the generator that was fitted to `learnt` the columns of `real`, and its rows the constraints. */
  readonly wrap: (model: FittedGenerator) => FittedGenerator;
  /** Whether a promise of differential privacy still holds: nothing but the fit has learnt from the rows. */
  readonly keepsPrivacy: boolean;
}

/** @throws UserFailure what `allowedRows` throws */
export function constrain(
  { table, scales, record, constraints: promised }: Prepared,
  given: readonly Constraint[] = [],
  violations: Violations = 'refuse',
): Constrained {
  const constraints = [...given, ...promised];
  // What bounds and formulas promise was known before the rows.
  const keepsPrivacy = given.length === 0 && !record.some(({ learntFromRows }) => learntFromRows);
  if (constraints.length + scales.length === 0)
    return { real: table, learnt: table, constraints, notes: [], wrap: (model) => model, keepsPrivacy };
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
    constraints,
    keepsPrivacy,
    notes: [...(dropped > 0 ? [left] : []), ...unscaled.map(notScaled)],
    wrap: (model) => new ConstrainedModel(model, fitted),
  };
}

const notScaled = (name: string): string =>
  `"${name}" was not scaled for the generator: a constraint makes it follow from other columns, so that it isn't learnt as it is.`;
