import { z } from 'zod';
import type { Coded } from '../../events/event-log.js';

/** A column that follows from the item: the values that each item was met with. */
export const ItemAttribute = z.strictObject({
  column: z.int(),
  values: z.array(z.union([z.string(), z.number()])),
  /** An item: codes of `values` (−1: missing), and how many events each had. */
  codes: z.array(z.array(z.int())),
  counts: z.array(z.array(z.int())),
});
export type ItemAttribute = z.infer<typeof ItemAttribute>;

/**
 * How much less often one errs about a column's cells who knows each event's group than who guesses its most frequent value
 * (Goodman and Kruskal's λ, 1954), 0–1. Groups below 0 are none. 0 for a column with a single value.
 */
export function explains(groupOf: Int32Array, groups: number, { codes, values }: Coded): number {
  const counts = new Map<number, number>();
  const overall = new Float64Array(values.length + 1);
  codes.forEach((code, at) => {
    overall[code + 1]!++;
    const key = (groupOf[at]! + 1) * (values.length + 1) + code + 1;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  const best = new Float64Array(groups + 1);
  for (const [key, count] of counts) {
    const group = Math.floor(key / (values.length + 1));
    best[group] = Math.max(best[group]!, count);
  }
  const guessed = overall.reduce((most, count) => Math.max(most, count), 0);
  const known = best.reduce((sum, count) => sum + count, 0);
  return guessed === codes.length ? 0 : (known - guessed) / (codes.length - guessed);
}

/** Each item's most frequent value, and others that enough users met it with. */
export function attributeOfItem(
  column: number,
  item: Int32Array,
  items: number,
  userOf: Int32Array,
  { codes, values }: Coded,
  support: number,
): ItemAttribute {
  const found = Array.from(
    { length: items + 1 },
    () => new Map<number, { count: number; users: number; last: number }>(),
  );
  item.forEach((of, at) => {
    const met = found[of < 0 ? items : of]!;
    const value = met.get(codes[at]!) ?? { count: 0, users: 0, last: -1 };
    value.count++;
    if (value.last !== userOf[at]) value.users++;
    value.last = userOf[at]!;
    met.set(codes[at]!, value);
  });
  const kept = found.map((met) =>
    [...met]
      .sort(([, a], [, b]) => b.count - a.count)
      .filter(([, { users }], rank) => rank === 0 || users >= support),
  );
  return {
    column,
    values: [...values],
    codes: kept.map((pairs) => pairs.map(([code]) => code)),
    counts: kept.map((pairs) => pairs.map(([, { count }]) => count)),
  };
}
