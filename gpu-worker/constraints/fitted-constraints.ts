import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import { Constraint } from '../../schema/messages/constraints.js';
import type { Table } from '../tables/table.js';
import { asWritten } from '../tables/written-values.js';
import type { ScaleDescription } from '../transforms/scale.js';
import { transformOf, TransformDescription, type Transform } from '../transforms/transform.js';
import { fitConstraint } from './breaks.js';
import { transformsFor } from './plan.js';

/** All that a model needs to know of the rules for its rows; stored with it. */
export const FittedConstraints = z.strictObject({
  /** Of the table; the generator inside has learnt others. */
  columns: z.array(ColumnSchema),
  constraints: z.array(
    z.strictObject({
      constraint: Constraint,
      combinations: z.array(z.array(z.union([z.string(), z.number(), z.null()]))).optional(),
    }),
  ),
  /** In the order in which they were applied. */
  transforms: z.array(TransformDescription),
});
export type FittedConstraints = z.infer<typeof FittedConstraints>;

/**
 * Learns from a table whose rows obey the constraints, and answers the table that the generator is to learn from. `scales` are of
 * columns that are to be learnt scaled; those that a constraint replaces are left out, since they aren't learnt as they are.
 */
export function fitConstraints(
  constraints: readonly Constraint[],
  real: Table,
  scales: readonly ScaleDescription[] = [],
): { fitted: FittedConstraints; learnt: Table } {
  const each = constraints.map((constraint) => fitConstraint(constraint, real));
  const planned = transformsFor(each, real);
  const replaced = replacedBy(planned);
  const scaled = scales.filter(({ schema }) => !replaced.has(schema.name));
  const transforms = [...planned, ...scaled];
  const fitted = FittedConstraints.parse({
    columns: real.columns.map(({ schema }) => schema),
    constraints: each,
    transforms,
  });
  return { fitted, learnt: applied(transforms.map(transformOf), real) };
}

/** Columns that a generator doesn't learn as they are, however they are scaled. */
export function replacedBy(transforms: readonly TransformDescription[]): ReadonlySet<string> {
  return new Set(
    transforms.flatMap((description) =>
      description.type === 'clip' || description.type === 'scale' ? [] : transformOf(description).replaces,
    ),
  );
}

function applied(transforms: readonly Transform[], table: Table): Table {
  return transforms.reduce((changed, transform) => transform.apply(changed), table);
}

/** Brings rows of the generator back to the table's columns, in its order, as they will be written. */
export function undone(
  transforms: readonly Transform[],
  columns: readonly ColumnSchema[],
  drawn: Table,
): Table {
  const restored = transforms.reduceRight((rows, transform) => transform.undo(rows), asWritten(drawn));
  return {
    rows: drawn.rows,
    columns: columns.map(({ name }) => {
      const column = restored.columns.find(({ schema }) => schema.name === name);
      if (!column) throw new RangeError(`the generator's rows give no column "${name}"`);
      return column;
    }),
  };
}
