import { numberCellText } from '../tables/cell-text.js';
import { writtenValue } from '../tables/written-values.js';
import { columnOf, isNumeric, type NumericColumn, type Table } from '../tables/table.js';
import { UnfitStep } from './fitted-step.js';

/** The column, which the checks of a preparation have found to hold numbers or dates. */
export function measureOf(table: Table, name: string): NumericColumn {
  const column = columnOf(table, name);
  if (!isNumeric(column)) throw new TypeError(`column "${name}" holds no numbers`);
  return column;
}

/**
 * Its present values, ascending.
 *
 * @throws UnfitStep INSUFFICIENT_DATA when there is none
 */
export function presentValues({ schema, values }: NumericColumn, field: string): Float64Array {
  const present = values.filter((value) => !Number.isNaN(value)).sort();
  if (present.length === 0) throw allMissing(schema.name, field);
  return present;
}

export function allMissing(name: string, field: string): UnfitStep {
  return new UnfitStep(
    field,
    `"${name}" is missing in every row. Leave it out of the step, or drop it`,
    'INSUFFICIENT_DATA',
  );
}

export function meanOf(values: Float64Array): number {
  // From the first value on, so that dates, which are large numbers, lose nothing.
  const [origin = NaN] = values;
  return origin + values.reduce((sum, value) => sum + (value - origin), 0) / values.length;
}

/** The standard deviation of these values as a population (divided by their number). */
export function deviationOf(values: Float64Array, mean: number): number {
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Of ascending values, with straight lines between them (type 7 of Hyndman and Fan, 1996). */
export function quantileOf(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** A number as the column's file would spell it. */
export const spelled = (value: number, { schema }: NumericColumn): string =>
  numberCellText(writtenValue(value, schema), schema);
