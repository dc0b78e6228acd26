import { UserFailure } from '../../failure.js';
import { isMissing, isNumeric, type Column } from '../../tables/table.js';
import { binCount, type ColumnBins } from './column-bins.js';
import { codeWidths, encodeCodes, type ColumnCodes } from './column-codes.js';

/** Rows of which some codes are known; row-major [rows, codes]. */
export interface KnownCodes {
  readonly rows: number;
  /** −1 where a code is to be drawn. */
  readonly codes: Int16Array;
  /** 1 where the last bin, of missing cells, must not be drawn. */
  readonly present: Uint8Array;
}

/** Values that an error names, at most. */
const MOST_NAMED = 10;

/**
 * What cells say about the codes of their rows. `columns` has one column for each of `codes`, or undefined where none of its
 * cells are known. Missing cells are unknown, or, with `missing` `'known'`, known to be missing where the model has a bin for
 * that. Throws UserFailure INVALID_CONFIG for a category that the model can't know anything of.
 */
export function knownCodes(
  codes: readonly ColumnCodes[],
  columns: readonly (Column | undefined)[],
  rows: number,
  missing: 'unknown' | 'known' = 'unknown',
): KnownCodes {
  const width = codes.flatMap(codeWidths).length;
  const known = { rows, codes: new Int16Array(rows * width).fill(-1), present: new Uint8Array(rows * width) };
  let first = 0;
  codes.forEach((ofColumn, index) => {
    const column = columns[index];
    const count = codeWidths(ofColumn).length;
    if (column && count > 0) place(ofColumn, column, first);
    first += count;
  });
  return known;

  function place(ofColumn: ColumnCodes, column: Column, at: number): void {
    const { bins } = ofColumn;
    const encoded = encodeCodes(ofColumn, column);
    const hasBin = binCount(bins) > 1;
    const canMiss = (bins.type === 'numeric' || bins.type === 'category') && bins.missing;
    const isTold = toldCategories(bins, column);
    for (let row = 0; row < rows; row++) {
      if (isMissing(column, row) && !(missing === 'known' && canMiss)) {
        if (canMiss && hasBin) known.present[row * width + at] = 1;
        continue;
      }
      const further = isTold(row);
      encoded.forEach((codesOf, code) => {
        // A rare category is known to be of the tail, and no more.
        if (code > 0 && hasBin && !further) return;
        known.codes[row * width + at + code] = codesOf[row]!;
      });
    }
  }
}

/** Throws UserFailure INVALID_CONFIG for a category that a model with these bins can't know anything of. */
export function requireToldCategories(bins: ColumnBins, column: Column): void {
  toldCategories(bins, column);
}

/** Whether the model tells each row's category from others. Throws for one that it has no bin for. */
function toldCategories(bins: ColumnBins, column: Column): (row: number) => boolean {
  if (bins.type !== 'category' || isNumeric(column)) return () => true;
  const told = new Set([...bins.values, ...(bins.tail?.values ?? [])]);
  const used = new Set(column.codes);
  const flags = column.categories.map((category, code) => {
    if (told.has(category)) return true;
    if (!bins.tail && used.has(code)) {
      const named = bins.values.slice(0, MOST_NAMED).map((value) => `"${value}"`);
      const more = bins.values.length > MOST_NAMED ? `, and ${bins.values.length - MOST_NAMED} more` : '';
      throw new UserFailure(
        'INVALID_CONFIG',
        `The model knows no "${category}" in the column "${column.schema.name}". It knows: ${named.join(', ')}${more}.`,
        { column: column.schema.name },
      );
    }
    return false;
  });
  return (row) => flags[column.codes[row]!] ?? true;
}
