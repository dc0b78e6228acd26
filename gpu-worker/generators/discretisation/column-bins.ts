import { z } from 'zod';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import type { Random } from '../../compute/random.js';
import { isNumeric, isNumericKind, type Column } from '../../tables/table.js';
import {
  CategoryBins,
  categoryBinCount,
  decodeCategory,
  decodedCategories,
  encodeCategory,
  fitCategoryBins,
} from './category-bins.js';
import { FreshIds, fitFreshIds, freshIds } from './fresh-ids.js';
import {
  NumericBins,
  decodeNumeric,
  encodeNumeric,
  fitNumericBins,
  numericBinCount,
} from './numeric-bins.js';

/** How one column becomes bins, and bins become values again. Plain data: it is stored as JSON with a model. */
export const ColumnBins = z.discriminatedUnion('type', [
  NumericBins,
  CategoryBins,
  FreshIds,
  /** Every cell is missing. */
  z.strictObject({ type: z.literal('empty') }),
]);
export type ColumnBins = z.infer<typeof ColumnBins>;

export interface BinOptions {
  /** Most bins a column may have, besides the one for missing cells; ≥ 2. */
  readonly bins: number;
  /** Fewest rows that must share what is stored about values; ≥ 1. */
  readonly support: number;
}

export function fitColumnBins(column: Column, options: BinOptions): ColumnBins {
  if (isNumeric(column)) return fitNumericBins(column.values, column.schema, options) ?? { type: 'empty' };
  if (column.schema.kind === 'ID') return fitFreshIds(column.codes, column.categories);
  return fitCategoryBins(column.codes, column.categories, options) ?? { type: 'empty' };
}

/** Bins to choose among; a column with fewer than 2 needs no model. */
export function binCount(bins: ColumnBins): number {
  switch (bins.type) {
    case 'numeric':
      return numericBinCount(bins);
    case 'category':
      return categoryBinCount(bins);
    case 'id':
    case 'empty':
      return 1;
  }
}

/** How many bins, from the first, are in ascending order of their values: those of a number, but for its missing bin. */
export function orderedBinCount(bins: ColumnBins): number {
  return bins.type === 'numeric' ? bins.quantiles.length : 0;
}

/** The bin of each row, 0…binCount−1. */
export function encodeColumn(bins: ColumnBins, column: Column): Uint16Array {
  if (bins.type === 'numeric' && isNumeric(column)) return encodeNumeric(bins, column.values);
  if (bins.type === 'category' && !isNumeric(column))
    return encodeCategory(bins, column.codes, column.categories);
  return new Uint16Array(isNumeric(column) ? column.values.length : column.codes.length);
}

/** Values of rows in these bins; `start` is the position of their first row in the whole sample. */
export function decodeColumn(
  bins: ColumnBins,
  schema: ColumnSchema,
  chosen: Uint16Array,
  start: number,
  random: Random,
): Column {
  switch (bins.type) {
    case 'numeric':
      return { schema, values: decodeNumeric(bins, schema, chosen, random) };
    case 'category':
      return { schema, codes: decodeCategory(bins, chosen, random), categories: decodedCategories(bins) };
    case 'id':
      return { schema, ...freshIds(bins, start, chosen.length, random) };
    case 'empty':
      return isNumericKind(schema.kind)
        ? { schema, values: new Float64Array(chosen.length).fill(NaN) }
        : { schema, codes: new Int32Array(chosen.length).fill(-1), categories: [] };
  }
}
