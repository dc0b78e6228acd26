import { z } from 'zod';
import type { Catalogue } from './catalogue.js';

/** How attributes of items become numbers; fitted once, and stored with a model, so that serving encodes as training did. */
export const ItemEncoding = z.strictObject({
  /** Of the logarithm of prices, 1 added. */
  priceMean: z.number(),
  priceDeviation: z.number().positive(),
  /** The most frequent ones, as feature and as a user's interest; others count as one. */
  categories: z.array(z.string()),
  /** Places that words of a text are hashed to; 0 where no item has a text. */
  buckets: z.int().min(0),
});
export type ItemEncoding = z.infer<typeof ItemEncoding>;

/** Items as numbers. */
export interface ItemFeatures {
  /** Numbers of each item. */
  readonly width: number;
  /** [items, width]: price, whether it is known, one-hot category, hashed words. */
  readonly values: Float32Array;
  /** Standardised logarithm of the price; 0 where it isn't known [items]. */
  readonly price: Float32Array;
  /** Place in `categories`, one behind for others; −1 where it isn't known [items]. */
  readonly category: Int32Array;
}

const MOST_CATEGORIES = 64;

export function fitItemEncoding(
  { price, category, text }: Required<Catalogue>,
  buckets: number,
): ItemEncoding {
  const logs = [...price].filter((value) => !Number.isNaN(value)).map(logPrice);
  const mean = logs.reduce((sum, value) => sum + value, 0) / Math.max(1, logs.length);
  const variance = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, logs.length);
  const counts = new Map<string, number>();
  for (const name of category) if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  return {
    priceMean: mean,
    priceDeviation: Math.sqrt(variance) || 1,
    categories: [...counts]
      .sort(([a, ofA], [b, ofB]) => ofB - ofA || (a < b ? -1 : 1))
      .slice(0, MOST_CATEGORIES)
      .map(([name]) => name),
    buckets: text.some((words) => words !== '') ? buckets : 0,
  };
}

/** Popularity isn't among them: it is of the interactions, and a new item has none. */
export function itemFeatures(
  { priceMean, priceDeviation, categories, buckets }: ItemEncoding,
  { ids, price, category, text }: Required<Catalogue>,
): ItemFeatures {
  const width = 2 + categories.length + 1 + buckets;
  const values = new Float32Array(ids.length * width);
  const places = new Map(categories.map((name, place) => [name, place]));
  const prices = Float32Array.from(price, (value) =>
    Number.isNaN(value) ? 0 : (logPrice(value) - priceMean) / priceDeviation,
  );
  const codes = Int32Array.from(category, (name) =>
    name === undefined ? -1 : (places.get(name) ?? categories.length),
  );
  for (let item = 0; item < ids.length; item++) {
    const own = values.subarray(item * width, (item + 1) * width);
    own[0] = prices[item]!;
    own[1] = Number.isNaN(price[item]!) ? 0 : 1;
    if (codes[item]! >= 0) own[2 + codes[item]!] = 1;
    if (buckets === 0) continue;
    const words = wordsOf(text[item]!);
    for (const word of words)
      own[3 + categories.length + (hash(word) % buckets)]! += 1 / Math.sqrt(words.length);
  }
  return { width, values, price: prices, category: codes };
}

/** Returns are negative. */
const logPrice = (price: number): number => Math.log1p(Math.max(0, price));

/** Runs of letters and digits, in lower case. */
const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** FNV-1a, 32 bits (Fowler, Noll and Vo). */
function hash(word: string): number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(word)) state = Math.imul(state ^ byte, 0x01000193);
  return state >>> 0;
}
