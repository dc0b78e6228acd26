import { z } from 'zod';
import type { ColumnSchema } from '../../../schema/messages/column.js';
import { isNumeric, type CategoricalColumn, type Column } from '../../tables/table.js';

/**
 * An attribute of a parent as its children see it: one of few codes. Codes are cut by the children, so that each is one that
 * enough of them have, and every parent, synthetic ones too, has one that the children's model knows.
 */
export const ParentCodes = z.strictObject({
  /** The parent's attribute. */
  attribute: z.string(),
  /** The column that the child's model has for it. */
  column: z.string(),
  values: z.discriminatedUnion('type', [
    /** Code i: from edge i−1 up to but without edge i. */
    z.strictObject({ type: z.literal('ranges'), edges: z.array(z.number()) }),
    /** Code i: category i; one more for all others, where enough children have them. */
    z.strictObject({ type: z.literal('categories'), categories: z.array(z.string()), others: z.boolean() }),
  ]),
  /** Whether one more code stands for a parent whose attribute is missing. */
  missing: z.boolean(),
  /** Whether one more code, the last, stands for a child without a parent. */
  none: z.boolean(),
});
export type ParentCodes = z.infer<typeof ParentCodes>;

export interface CodingOptions {
  /** Most codes of an attribute's values. */
  readonly bins: number;
  /** Fewest children that must share a code. */
  readonly support: number;
}

/** `parents` has the parent's row of each child, −1 for none. Undefined where all children would have the same code. */
export function fitParentCodes(
  attribute: Column,
  parents: Int32Array,
  column: string,
  { bins, support }: CodingOptions,
): ParentCodes | undefined {
  const isMissing = missingIn(attribute);
  const withValue = parents.filter((row) => row >= 0 && !isMissing(row));
  const orphaned = parents.reduce((count, row) => count + (row < 0 ? 1 : 0), 0);
  const codes: ParentCodes = {
    attribute: attribute.schema.name,
    column,
    values: isNumeric(attribute)
      ? {
          type: 'ranges',
          edges: edgesOf(
            Float64Array.from(withValue, (row) => attribute.values[row]!),
            bins,
            support,
          ),
        }
      : { type: 'categories', ...categoriesOf(attribute, withValue, bins, support) },
    missing: parents.length - orphaned - withValue.length >= support,
    none: orphaned >= support,
  };
  return codeCount(codes) < 2 ? undefined : codes;
}

/** The code of each row of the parent; −1 where nothing is known of such. */
export function parentCodes({ values, missing }: ParentCodes, attribute: Column): Int32Array {
  const isMissing = missingIn(attribute);
  const ofMissing = missing ? valueCount(values) : -1;
  if (values.type === 'ranges') {
    if (!isNumeric(attribute)) throw new TypeError(`"${attribute.schema.name}" isn't numeric`);
    return Int32Array.from(attribute.values, (value, row) =>
      isMissing(row) ? ofMissing : rangeOf(values.edges, value),
    );
  }
  if (isNumeric(attribute)) throw new TypeError(`"${attribute.schema.name}" is numeric`);
  const codeOf = new Map(values.categories.map((category, code) => [category, code]));
  const other = values.others ? values.categories.length : -1;
  const codes = attribute.categories.map((category) => codeOf.get(category) ?? other);
  return Int32Array.from(attribute.codes, (code) => (code < 0 ? ofMissing : codes[code]!));
}

/** The code of each child by that of its parent. */
export function childCodes(coding: ParentCodes, ofParents: Int32Array, parents: Int32Array): Int32Array {
  const ofNone = coding.none ? codeCount(coding) - 1 : -1;
  return parents.map((row) => (row < 0 ? ofNone : ofParents[row]!));
}

/** The codes as a column of the child's model; what isn't known is missing. */
export function codeColumn(coding: ParentCodes, codes: Int32Array): CategoricalColumn {
  const schema: ColumnSchema = {
    name: coding.column,
    kind: 'CATEGORY',
    nullable: codes.some((code) => code < 0),
    unique: false,
  };
  return { schema, codes, categories: Array.from({ length: codeCount(coding) }, (_, code) => String(code)) };
}

/** The codes in such a column, whatever the order of its categories; −1 for missing cells. */
export function codesIn(column: Column): Int32Array {
  if (isNumeric(column)) throw new TypeError(`"${column.schema.name}" isn't a column of codes`);
  const codes = column.categories.map((category) => (/^\d+$/.test(category) ? Number(category) : -1));
  return column.codes.map((code) => (code < 0 ? -1 : codes[code]!));
}

function codeCount({ values, missing, none }: ParentCodes): number {
  return valueCount(values) + (missing ? 1 : 0) + (none ? 1 : 0);
}

const valueCount = (values: ParentCodes['values']): number =>
  values.type === 'ranges' ? values.edges.length + 1 : values.categories.length + (values.others ? 1 : 0);

const missingIn = (column: Column): ((row: number) => boolean) =>
  isNumeric(column) ? (row) => Number.isNaN(column.values[row]!) : (row) => column.codes[row]! < 0;

/** Ranges of about equally many children; a value that many have gets one by itself. */
function edgesOf(values: Float64Array, bins: number, support: number): number[] {
  const sorted = values.sort();
  const wanted = Math.max(support, Math.ceil(sorted.length / bins));
  const edges: number[] = [];
  let start = 0;
  for (let from = 0; from < sorted.length;) {
    let to = from;
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    const frequent = to - from >= wanted;
    if (from > start && (from - start >= wanted || (frequent && from - start >= support))) {
      edges.push(sorted[from]!);
      start = from;
    }
    from = to;
  }
  if (edges.length > 0 && sorted.length - start < support) edges.pop();
  return edges;
}

function rangeOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The most frequent ones among the children. */
function categoriesOf(
  { codes, categories }: CategoricalColumn,
  rows: Int32Array,
  bins: number,
  support: number,
): { categories: string[]; others: boolean } {
  const counts = new Float64Array(categories.length);
  for (const row of rows) counts[codes[row]!]!++;
  const frequent = [...counts.keys()]
    .filter((code) => counts[code]! >= support)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, bins);
  const told = frequent.reduce((sum, code) => sum + counts[code]!, 0);
  return { categories: frequent.map((code) => categories[code]!), others: rows.length - told >= support };
}
