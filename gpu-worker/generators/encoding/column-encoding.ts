import { z } from 'zod';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import type { Random } from '../../compute/random.js';
import { isNumeric, type Column } from '../../tables/table.js';
import { normalCdf, normalQuantile } from '../marginals/distributions.js';
import {
  binCount,
  ColumnBins,
  decodeColumn,
  encodeColumn,
  fitColumnBins,
} from '../discretisation/column-bins.js';
import { gridOf } from '../discretisation/grid.js';
import { hasWidth, positionIn, valueAt } from '../discretisation/quantile-segments.js';

/**
 * How a column becomes a code (one of a few, which networks see as one-hot) and a scalar (a real number), either of which
 * it may lack. Plain data: it is stored with a model.
 */
export const ColumnEncoding = z.discriminatedUnion('type', [
  /**
   * The code is the bin, the scalar says where in the bin a number lies: the normal quantile of its rank there. What CTGAN
   * calls mode-specific normalisation (Xu et al., 2019, section 4.2), with bins in place of the components of a Gaussian
   * mixture: a repeated value such as 0 is a bin of its own, and no shape of a distribution is taken for granted.
   */
  z.strictObject({ type: z.literal('modes'), bins: ColumnBins }),
  /** The scalar runs from −1 at the low to 1 at the high end; the code, where cells are missing, says whether there is one. */
  z.strictObject({ type: z.literal('range'), low: z.number(), high: z.number(), missing: z.boolean() }),
]);
export type ColumnEncoding = z.infer<typeof ColumnEncoding>;

export interface EncodingOptions {
  /** MODES for the bins of numbers, RANGE for plain min-max scaling. */
  readonly numbers: 'MODES' | 'RANGE';
  /** Most modes of a number; ≥ 2. */
  readonly modes: number;
  /** Most categories with a code of their own; ≥ 2. */
  readonly categories: number;
  /** Fewest rows that must share what is stored about values; ≥ 1. */
  readonly support: number;
}

/** Largest scalar of a mode: ranks beyond this many standard deviations, one row in 700, count as there. */
const LARGEST_SCORE = 3;
const PRESENT = 0;
const MISSING = 1;

export function fitColumnEncoding(column: Column, options: EncodingOptions): ColumnEncoding {
  const { numbers, modes, categories, support } = options;
  if (numbers === 'RANGE' && isNumeric(column) && column.schema.kind !== 'BOOLEAN') {
    const present = column.values.filter((value) => !Number.isNaN(value)).sort();
    // Ends that so many rows reach, so that no single one's value is told.
    const reach = Math.min(support, Math.ceil(present.length / 2)) - 1;
    if (present.length > 0) {
      const [low, high] = column.schema.bounds ?? [present[reach]!, present[present.length - 1 - reach]!];
      return { type: 'range', low, high, missing: present.length < column.values.length };
    }
  }
  const bins = isNumeric(column) ? modes : categories;
  return { type: 'modes', bins: fitColumnBins(column, { bins, support }) };
}

/** Codes to choose among; 0 where there is no choice. */
export function codeCount(encoding: ColumnEncoding): number {
  if (encoding.type === 'range') return encoding.missing ? 2 : 0;
  const count = binCount(encoding.bins);
  return count > 1 ? count : 0;
}

/** For which codes the scalar says something: one flag a code, one in all where there is no code; undefined without a scalar. */
export function codesWithScalar(encoding: ColumnEncoding): Uint8Array | undefined {
  if (encoding.type === 'range') {
    if (encoding.low === encoding.high) return undefined;
    return encoding.missing ? Uint8Array.of(1, 0) : Uint8Array.of(1);
  }
  if (encoding.bins.type !== 'numeric') return undefined;
  const { quantiles, missing } = encoding.bins;
  const flags = Uint8Array.from([...quantiles.map(hasWidth), ...(missing ? [false] : [])], Number);
  return flags.includes(1) ? flags : undefined;
}

/** Absolute value that a scalar never exceeds. */
export function scalarBound(encoding: ColumnEncoding): number {
  return encoding.type === 'range' ? 1 : LARGEST_SCORE;
}

/** The code of each row, and its scalar, 0 where the code has none. */
export interface EncodedColumn {
  readonly codes: Uint16Array;
  readonly scalars: Float32Array;
}

export function encodeCells(encoding: ColumnEncoding, column: Column): EncodedColumn {
  if (encoding.type === 'range') {
    if (!isNumeric(column)) throw new RangeError(`column "${column.schema.name}" isn't numeric`);
    const { low, high } = encoding;
    const { values } = column;
    const span = high - low;
    return {
      codes: Uint16Array.from(values, (value) => (Number.isNaN(value) ? MISSING : PRESENT)),
      scalars: Float32Array.from(values, (value) =>
        Number.isNaN(value) || span === 0 ? 0 : Math.max(-1, Math.min(1, (2 * (value - low)) / span - 1)),
      ),
    };
  }
  const { bins } = encoding;
  const codes = encodeColumn(bins, column);
  const scalars = new Float32Array(codes.length);
  if (bins.type === 'numeric' && isNumeric(column)) {
    codes.forEach((code, row) => {
      const segments = bins.quantiles[code];
      if (segments && hasWidth(segments)) scalars[row] = scoreOf(positionIn(segments, column.values[row]!));
    });
  }
  return { codes, scalars };
}

/** Cells of these codes and scalars; `start` is the position of their first row in the whole sample. */
export function decodeCells(
  encoding: ColumnEncoding,
  schema: ColumnSchema,
  { codes, scalars }: EncodedColumn,
  start: number,
  random: Random,
): Column {
  if (encoding.type === 'range') {
    const { low, high } = encoding;
    const round = gridOf(schema);
    const values = Float64Array.from(codes, (code, row) => {
      if (code === MISSING) return NaN;
      const scalar = Math.max(-1, Math.min(1, scalars[row]!));
      return round(low + ((scalar + 1) / 2) * (high - low));
    });
    return { schema, values };
  }
  const { bins } = encoding;
  if (bins.type !== 'numeric' || codesWithScalar(encoding) === undefined)
    return decodeColumn(bins, schema, codes, start, random);
  const round = gridOf(schema);
  const values = Float64Array.from(codes, (code, row) => {
    const segments = bins.quantiles[code];
    return segments ? round(valueAt(segments, normalCdf(scalars[row]!))) : NaN;
  });
  return { schema, values };
}

function scoreOf(position: number): number {
  const smallest = normalCdf(-LARGEST_SCORE);
  return normalQuantile(Math.max(smallest, Math.min(1 - smallest, position)));
}
