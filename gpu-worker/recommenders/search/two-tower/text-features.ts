import { characterNgrams, hashedTerm, wordsOf } from '../text/analysis.js';
import { PRODUCT_FIELDS, type Product } from '../search-ranker.js';

/** Features of many texts, one text after the other. */
export interface TextFeatures {
  /** Those of text i are at starts[i]…starts[i+1]−1. */
  readonly starts: Int32Array;
  /** Buckets, 0…buckets−1. */
  readonly buckets: Int32Array;
  /** Places in PRODUCT_FIELDS. */
  readonly fields: Uint8Array;
}

const NGRAM_LENGTHS = [3, 4];
/** How much of a text's beginning is a feature, in characters without spaces: queries often begin as what they ask for. */
const BEGINNINGS = [3, 5, 7, 9, 12, 15, 18, 22, 26, 30];
/** What is read of one text: beyond it, the cost of a step grows and its vector hardly moves. */
const MOST_FEATURES = { title: 192, brand: 32, category: 64, description: 224 };
/** Of a query. */
export const MOST_QUERY_FEATURES = MOST_FEATURES.title;

/**
 * Buckets of a text: its words, its beginning at several lengths, pairs of neighbouring words, and runs of 3 and 4
 * characters within words and of 3 across two words, so that `t light` and `tlight` share some. At most `most`, the
 * words first.
 */
export function textFeatures(text: string, buckets: number, most: number): Int32Array {
  const words = wordsOf(text);
  const terms = words.map((word) => `w ${word}`);
  const whole = words.join('');
  for (const length of BEGINNINGS) if (whole.length >= length) terms.push(`b ${whole.slice(0, length)}`);
  for (const [at, word] of words.entries()) {
    if (terms.length >= most) break;
    for (const length of NGRAM_LENGTHS)
      for (const gram of characterNgrams(word, length)) terms.push(`c ${gram}`);
    const next = words[at + 1];
    if (next === undefined) continue;
    terms.push(`p ${word} ${next}`);
    if (word.length > 1) terms.push(`c ${word.slice(-2)}${next[0]!}`);
    if (next.length > 1) terms.push(`c ${word.at(-1)!}${next.slice(0, 2)}`);
  }
  return Int32Array.from(terms.slice(0, most), (term) => hashedTerm(term, buckets));
}

export function productFeatures(products: readonly Product[], buckets: number): TextFeatures {
  const starts = new Int32Array(products.length + 1);
  const found: number[] = [];
  const fields: number[] = [];
  for (const [index, product] of products.entries()) {
    for (const [place, field] of PRODUCT_FIELDS.entries()) {
      for (const bucket of textFeatures(product[field] ?? '', buckets, MOST_FEATURES[field])) {
        found.push(bucket);
        fields.push(place);
      }
    }
    starts[index + 1] = found.length;
  }
  return { starts, buckets: Int32Array.from(found), fields: Uint8Array.from(fields) };
}

/** The most features that a text of these has. */
export function longest({ starts }: TextFeatures): number {
  let most = 1;
  for (let index = 1; index < starts.length; index++)
    most = Math.max(most, starts[index]! - starts[index - 1]!);
  return most;
}

/** Features that stand in the same place of every text add up to a mean times the root of how many there are. */
export const featureScale = (features: number): number => (features > 0 ? 1 / Math.sqrt(features) : 0);
