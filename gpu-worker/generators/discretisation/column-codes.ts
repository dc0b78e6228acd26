import { z } from 'zod';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import type { Random } from '../../compute/random.js';
import { isNumeric, type Column, type Table } from '../../tables/table.js';
import { decodedCategories } from './category-bins.js';
import {
  binCount,
  ColumnBins,
  decodeColumn,
  encodeColumn,
  fitColumnBins,
  orderedBinCount,
} from './column-bins.js';
import {
  digitsOf,
  orderedLevels,
  partsOf,
  positionRefinement,
  refinedLevels,
  Refinement,
  TailPlaces,
  valuesOfParts,
} from './refinement.js';
import { digitRefinement, placesOfRows } from './tail-places.js';

/** A column as a few codes: its bin, and what tells values of a bin apart. Plain data: it is stored with a model. */
export const ColumnCodes = z.strictObject({ bins: ColumnBins, refinement: Refinement });
export type ColumnCodes = z.infer<typeof ColumnCodes>;

export interface CodeOptions {
  /** Most bins of a column, besides the one for missing cells; ≥ 2. */
  readonly bins: number;
  /** Parts of a number's bins; below 2 there are none. */
  readonly parts: number;
  /** Fewest rows that must share what is stored about values; ≥ 1. */
  readonly support: number;
}

export function fitTableCodes(table: Table, { bins, parts, support }: CodeOptions): ColumnCodes[] {
  const placed: { places: Int32Array; base: number; count: number }[] = [];
  return table.columns.map((column) => {
    const found = fitColumnBins(column, { bins, support });
    const refinement = refinementOf(found, column);
    if (refinement.type === 'digits' && found.type === 'category' && !isNumeric(column)) {
      const { base, count } = refinement;
      placed.push({ places: placesOfRows(refinement, found, column), base, count });
    }
    return { bins: found, refinement };
  });

  function refinementOf(found: ColumnBins, column: Column): Refinement {
    if (found.type === 'numeric')
      return positionRefinement(
        found,
        encodeColumn(found, column),
        column.schema.kind === 'BOOLEAN' ? 0 : parts,
      );
    if (found.type !== 'category' || isNumeric(column)) return { type: 'none' };
    return digitRefinement(found, column, table.columns, placed);
  }
}

/** How many there are to choose among of each code; codes without a choice are left out. */
export function codeWidths({ bins, refinement }: ColumnCodes): number[] {
  const count = binCount(bins);
  return [...(count > 1 ? [count] : []), ...refinedLevels(refinement)];
}

/** How many of each code, from the first, are in ascending order of values. */
export function orderedWidths({ bins, refinement }: ColumnCodes): number[] {
  return [...(binCount(bins) > 1 ? [orderedBinCount(bins)] : []), ...orderedLevels(refinement)];
}

/** Each code of each row: arrays in the order of `codeWidths`. */
export function encodeCodes({ bins, refinement }: ColumnCodes, column: Column): Uint16Array[] {
  const chosen = encodeColumn(bins, column);
  const codes = binCount(bins) > 1 ? [chosen] : [];
  if (refinement.type === 'position' && bins.type === 'numeric' && isNumeric(column))
    codes.push(partsOf(bins, column.values, chosen, refinement.levels));
  if (refinement.type === 'digits' && bins.type === 'category' && !isNumeric(column))
    codes.push(...digitsOf(refinement, bins, column.codes, column.categories));
  return codes;
}

/** All codes of a table's rows, row-major [rows, codes]. */
export function encodeTable(codes: readonly ColumnCodes[], table: Table): Uint16Array {
  const all = table.columns.flatMap((column, index) => encodeCodes(codes[index]!, column));
  const matrix = new Uint16Array(table.rows * all.length);
  all.forEach((chosen, position) => {
    for (let row = 0; row < table.rows; row++) matrix[row * all.length + position] = chosen[row]!;
  });
  return matrix;
}

/** The other way round: the table of rows with codes [rows, codes]; `start` is the position of their first row in the whole sample. */
export function decodeTable(
  codes: readonly ColumnCodes[],
  columns: readonly ColumnSchema[],
  drawn: Int32Array,
  rows: number,
  start: number,
  random: Random,
): Table {
  const width = codes.flatMap(codeWidths).length;
  let position = 0;
  return {
    rows,
    columns: columns.map((schema, index) => {
      const chosen = codeWidths(codes[index]!).map(() => {
        const at = position++;
        return Uint16Array.from({ length: rows }, (_, row) => drawn[row * width + at]!);
      });
      return decodeCodes(codes[index]!, schema, chosen, rows, start, random.derive('values', index));
    }),
  };
}

/** Values of rows with these codes; `start` is the position of their first row in the whole sample. */
export function decodeCodes(
  { bins, refinement }: ColumnCodes,
  schema: ColumnSchema,
  codes: readonly Uint16Array[],
  rows: number,
  start: number,
  random: Random,
): Column {
  const [chosen, further] = binCount(bins) > 1 ? [codes[0]!, codes.slice(1)] : [new Uint16Array(rows), codes];
  if (refinement.type === 'position' && bins.type === 'numeric')
    return { schema, values: valuesOfParts(bins, schema, chosen, further[0]!, refinement.levels, random) };
  if (refinement.type === 'digits' && bins.type === 'category') {
    const places = new TailPlaces(refinement);
    const tail = bins.values.length;
    return {
      schema,
      categories: decodedCategories(bins),
      codes: Int32Array.from(chosen, (bin, row) => {
        if (bin < tail) return bin;
        if (bin > tail) return -1;
        return (
          tail +
          places.categoryAt(
            further.map((digits) => digits[row]!),
            random,
          )
        );
      }),
    };
  }
  return decodeColumn(bins, schema, chosen, start, random);
}
