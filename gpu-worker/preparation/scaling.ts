import type { PreparationStepOf } from '../../schema/messages/preparation.js';
import type { NumericColumn, Table } from '../tables/table.js';
import { writtenValue } from '../tables/written-values.js';
import { replacing } from '../transforms/replacing.js';
import { scaledColumn, type ScaleDescription } from '../transforms/scale.js';
import { UnfitStep, type FittedStep } from './fitted-step.js';
import { deviationOf, meanOf, measureOf, presentValues } from './measures.js';

/** Digits after the point of scaled numbers that stay in the table. */
const DECIMALS = 6;

/**
 * The scale of each column. minMax takes the column's bounds where it has some.
 *
 * @throws UnfitStep for a column that is the same in every row, or always missing
 */
export function scalesOf(step: PreparationStepOf<'scale'>, real: Table): ScaleDescription[] {
  return step.columns.map((name) => {
    const column = measureOf(real, name);
    const sorted = presentValues(column, 'columns');
    const [offset, factor] = step.method === 'minMax' ? rangeOf(column, sorted) : momentsOf(sorted);
    if (!(factor > 0) || !Number.isFinite(factor)) {
      throw new UnfitStep(
        'columns',
        `"${name}" has the same value in every row, and so no scale. Leave it out of the step, or drop it`,
      );
    }
    return {
      type: 'scale',
      schema: column.schema,
      offset,
      factor,
      nonNegative: (column.schema.bounds?.[0] ?? sorted[0]!) >= 0,
    };
  });
}

/** Puts scaled numbers, of six decimals, in the place of the column's. */
export function keptScaling(
  step: PreparationStepOf<'scale'>,
  scales: readonly ScaleDescription[],
): FittedStep {
  return {
    ...knownOf(step, scales),
    apply(table) {
      const scaled = scales.reduce((changed, scale) => {
        const { schema, values } = scaledColumn(measureOf(changed, scale.schema.name), scale);
        const rounded = { ...schema, decimals: DECIMALS };
        const ends = schema.bounds?.map((bound) => writtenValue(bound, rounded)) as
          [number, number] | undefined;
        const written = { ...rounded, ...(ends && { bounds: ends }) };
        return replacing(changed, scale.schema.name, {
          schema: written,
          values: values.map((value) => writtenValue(value, written)),
        });
      }, table);
      return { table: scaled, rowsDropped: 0, cells: new Map(names(scales)) };
    },
  };
}

/** Leaves the table alone: the columns are scaled for the generator, and back in its rows. */
export function passingScaling(
  step: PreparationStepOf<'scale'>,
  scales: readonly ScaleDescription[],
): FittedStep {
  return {
    ...knownOf(step, scales),
    apply: (table) => ({ table, rowsDropped: 0, cells: new Map(names(scales)) }),
  };
}

const names = (scales: readonly ScaleDescription[]): [string, number][] =>
  scales.map(({ schema }) => [schema.name, 0]);

function knownOf(
  { method }: PreparationStepOf<'scale'>,
  scales: readonly ScaleDescription[],
): Pick<FittedStep, 'notes' | 'learntFromRows'> {
  const notes = new Map(
    scales.map(({ schema, offset, factor }) => [
      schema.name,
      `less ${Number(offset.toPrecision(6))}, by ${Number(factor.toPrecision(6))}`,
    ]),
  );
  const isBounded = scales.every(({ schema }) => schema.bounds !== undefined);
  return { notes, learntFromRows: method !== 'minMax' || !isBounded };
}

function rangeOf({ schema }: NumericColumn, sorted: Float64Array): [offset: number, factor: number] {
  const [low, high] = schema.bounds ?? [sorted[0]!, sorted.at(-1)!];
  return [low, high - low];
}

function momentsOf(sorted: Float64Array): [offset: number, factor: number] {
  // Of equal values the mean may differ from them by a rounding error.
  if (sorted[0] === sorted.at(-1)) return [sorted[0]!, 0];
  const mean = meanOf(sorted);
  return [mean, deviationOf(sorted, mean)];
}
