import { z } from 'zod';
import type { Random } from '../../compute/random.js';

/**
 * Bins of a CATEGORY or TEXT column: the most frequent values have bins of their own; the other values that enough
 * rows share make up one tail bin, within which they keep their frequencies. A value that fewer rows have is never
 * stored, since it may point at a person; its rows count for the tail, or are told as `RARE_LABEL` where no tail is.
 */
export const CategoryBins = z.strictObject({
  type: z.literal('category'),
  /** Values with a bin of their own, most frequent first. */
  values: z.array(z.string()),
  /** One more bin: values drawn by their counts. Absent when every row has a value of its own bin. */
  tail: z.strictObject({ values: z.array(z.string()).min(1), counts: z.array(z.number()).min(1) }).optional(),
  /** Whether one more bin, the last, stands for missing cells. */
  missing: z.boolean(),
});
export type CategoryBins = z.infer<typeof CategoryBins>;

/** Written in place of values too rare to tell, when the column has no frequent enough value outside the bins. */
export const RARE_LABEL = '(rare)';

/** Undefined when every cell is missing. `codes` as in a CategoricalColumn. */
export function fitCategoryBins(
  codes: Int32Array,
  categories: readonly string[],
  { bins, support }: { readonly bins: number; readonly support: number },
): CategoryBins | undefined {
  const counts = new Float64Array(categories.length);
  let present = 0;
  for (const code of codes) {
    if (code < 0) continue;
    counts[code]!++;
    present++;
  }
  if (present === 0) return undefined;
  const frequent = [...counts.keys()]
    .filter((code) => counts[code]! >= support)
    .sort((a, b) => counts[b]! - counts[a]! || a - b);
  const rowsOf = (some: readonly number[]): number => some.reduce((sum, code) => sum + counts[code]!, 0);
  const rareRows = present - rowsOf(frequent);
  const needsTail = frequent.length > bins || rareRows > 0;
  const own = needsTail ? frequent.slice(0, Math.max(0, bins - 1)) : frequent;
  const others = frequent.slice(own.length);
  const nameOf = (code: number): string => categories[code]!;
  return {
    type: 'category',
    values: own.map(nameOf),
    tail: !needsTail
      ? undefined
      : others.length > 0
        ? { values: others.map(nameOf), counts: others.map((code) => counts[code]!) }
        : { values: [RARE_LABEL], counts: [rareRows] },
    missing: present < codes.length,
  };
}

export function categoryBinCount({ values, tail, missing }: CategoryBins): number {
  return values.length + (tail ? 1 : 0) + (missing ? 1 : 0);
}

/** The bin of each row. */
export function encodeCategory(
  bins: CategoryBins,
  codes: Int32Array,
  categories: readonly string[],
): Uint16Array {
  const own = new Map(bins.values.map((value, bin) => [value, bin]));
  const binOfCode = categories.map((category) => own.get(category) ?? bins.values.length);
  const missingBin = categoryBinCount(bins) - 1;
  return Uint16Array.from(codes, (code) => (code < 0 ? missingBin : binOfCode[code]!));
}

/** A code for each bin, into `decodedCategories(bins)`; −1 for the missing bin. */
export function decodeCategory(
  { values, tail }: CategoryBins,
  bins: Uint16Array,
  random: Random,
): Int32Array {
  return Int32Array.from(bins, (bin) => {
    if (bin < values.length) return bin;
    if (!tail || bin > values.length) return -1;
    return values.length + random.categorical(tail.counts);
  });
}

/** The dictionary that `decodeCategory` refers to. */
export function decodedCategories({ values, tail }: CategoryBins): readonly string[] {
  return [...values, ...(tail?.values ?? [])];
}
