import { z } from 'zod';
import { ColumnSchema } from '../../../schema/messages/column.js';
import type { Random } from '../../compute/random.js';
import type { Table } from '../../tables/table.js';
import {
  codeCount,
  codesWithScalar,
  ColumnEncoding,
  decodeCells,
  encodeCells,
  fitColumnEncoding,
  scalarBound,
  type EncodingOptions,
} from './column-encoding.js';
import { groupByWidth, type Group } from './groups.js';

/** How rows become vectors, and vectors rows. Plain data: it is stored with a model. */
export const RowEncoding = z.strictObject({
  columns: z.array(ColumnSchema),
  /** One a column. */
  encodings: z.array(ColumnEncoding),
});
export type RowEncoding = z.infer<typeof RowEncoding>;

/** One-hot units that a row may have; beyond it columns get fewer codes each. */
const MOST_UNITS = 8192;

export function fitRowEncoding(table: Table, options: EncodingOptions): RowEncoding {
  const most = Math.max(2, Math.floor(MOST_UNITS / Math.max(1, table.columns.length)));
  const bounded = {
    ...options,
    modes: Math.min(options.modes, most),
    categories: Math.min(options.categories, most),
  };
  return {
    columns: table.columns.map(({ schema }) => schema),
    encodings: table.columns.map((column) => fitColumnEncoding(column, bounded)),
  };
}

/** Where things lie in a row's vector: scalars first, then the one-hot codes of each span (a column with codes). */
export interface VectorLayout {
  readonly scalars: readonly ScalarPlace[];
  readonly spans: readonly SpanPlace[];
  /** Spans of similar widths; offsets count from the first unit behind the scalars. */
  readonly groups: readonly Group[];
  /** Length of a vector. */
  readonly units: number;
}

export interface ScalarPlace {
  readonly column: number;
  /** The same column's span, or −1 when it has none. */
  readonly span: number;
  /** Codes of that span for which the scalar counts; a single 1 without a span. */
  readonly counts: Uint8Array;
  /** Absolute value that it never exceeds. */
  readonly bound: number;
}

export interface SpanPlace {
  readonly column: number;
  readonly width: number;
  /** Whether the codes are a column's own values, categories or yes and no, rather than stretches of a number. */
  readonly isCategory: boolean;
  /** First unit, counted from the first behind the scalars. */
  readonly offset: number;
}

export function layoutOf({ columns, encodings }: RowEncoding): VectorLayout {
  const coded = encodings.flatMap((encoding, column) => {
    const width = codeCount(encoding);
    return width > 0 ? [{ column, width, isCategory: isCategory(columns[column]!) }] : [];
  });
  const { offsets, groups, units } = groupByWidth(coded.map(({ width }) => width));
  const spans = coded.map((span, index) => ({ ...span, offset: offsets[index]! }));
  const scalars = encodings.flatMap((encoding, column) => {
    const counts = codesWithScalar(encoding);
    if (!counts) return [];
    const span = spans.findIndex((candidate) => candidate.column === column);
    return [{ column, span, counts, bound: scalarBound(encoding) }];
  });
  return { scalars, spans, groups, units: scalars.length + units };
}

const isCategory = ({ kind }: ColumnSchema): boolean =>
  kind === 'CATEGORY' || kind === 'TEXT' || kind === 'BOOLEAN';

/** Rows as codes [rows, spans] and scalars [rows, scalars], row-major: a tenth of what their vectors take. */
export interface EncodedRows {
  readonly rows: number;
  readonly codes: Uint16Array;
  readonly scalars: Float32Array;
}

export function encodeRows({ encodings }: RowEncoding, layout: VectorLayout, table: Table): EncodedRows {
  const { rows } = table;
  const codes = new Uint16Array(rows * layout.spans.length);
  const scalars = new Float32Array(rows * layout.scalars.length);
  table.columns.forEach((column, index) => {
    const span = layout.spans.findIndex((place) => place.column === index);
    const scalar = layout.scalars.findIndex((place) => place.column === index);
    if (span < 0 && scalar < 0) return;
    const cells = encodeCells(encodings[index]!, column);
    for (let row = 0; row < rows; row++) {
      if (span >= 0) codes[row * layout.spans.length + span] = cells.codes[row]!;
      if (scalar >= 0) scalars[row * layout.scalars.length + scalar] = cells.scalars[row]!;
    }
  });
  return { rows, codes, scalars };
}

/** The other way round; `start` is the position of the first row in the whole sample. */
export function decodeRows(
  { columns, encodings }: RowEncoding,
  layout: VectorLayout,
  { rows, codes, scalars }: EncodedRows,
  start: number,
  random: Random,
): Table {
  return {
    rows,
    columns: columns.map((schema, index) => {
      const span = layout.spans.findIndex((place) => place.column === index);
      const scalar = layout.scalars.findIndex((place) => place.column === index);
      const cells = { codes: new Uint16Array(rows), scalars: new Float32Array(rows) };
      for (let row = 0; row < rows; row++) {
        if (span >= 0) cells.codes[row] = codes[row * layout.spans.length + span]!;
        if (scalar >= 0) cells.scalars[row] = scalars[row * layout.scalars.length + scalar]!;
      }
      return decodeCells(encodings[index]!, schema, cells, start, random.derive('column', index));
    }),
  };
}

/** Width of what says which scalars count: never 0, since tensors of nothing are more trouble than a number too many. */
export function countingWidth({ scalars }: VectorLayout): number {
  return Math.max(1, scalars.length);
}

/** Vectors of some rows [picked, units], and which of their scalars count [picked, countingWidth]. */
export interface Vectors {
  readonly values: Float32Array;
  readonly counting: Float32Array;
}

export function vectorsOf(
  { scalars: scalarPlaces, spans, units }: VectorLayout,
  { codes, scalars }: EncodedRows,
  picked: ArrayLike<number>,
): Vectors {
  const width = scalarPlaces.length;
  const values = new Float32Array(picked.length * units);
  const counting = new Float32Array(picked.length * Math.max(1, width));
  for (let at = 0; at < picked.length; at++) {
    const row = picked[at]!;
    const from = row * spans.length;
    spans.forEach(({ offset }, span) => {
      values[at * units + width + offset + codes[from + span]!] = 1;
    });
    scalarPlaces.forEach(({ span, counts }, scalar) => {
      if (!counts[span < 0 ? 0 : codes[from + span]!]) return;
      values[at * units + scalar] = scalars[row * width + scalar]!;
      counting[at * width + scalar] = 1;
    });
  }
  return { values, counting };
}

/** Some of the rows, in that order. */
export function pickRows(
  { codes, scalars }: EncodedRows,
  { spans, scalars: places }: VectorLayout,
  picked: Uint32Array,
): EncodedRows {
  const some = {
    rows: picked.length,
    codes: new Uint16Array(picked.length * spans.length),
    scalars: new Float32Array(picked.length * places.length),
  };
  picked.forEach((row, at) => {
    some.codes.set(codes.subarray(row * spans.length, (row + 1) * spans.length), at * spans.length);
    some.scalars.set(scalars.subarray(row * places.length, (row + 1) * places.length), at * places.length);
  });
  return some;
}
