import { wordsOf, characterNgrams } from '../text/analysis.js';
import { PRODUCT_FIELDS, type Product, type ProductField } from '../search-ranker.js';

/**
 * What an index is made of: whole words; the runs of three characters within them; or a text's beginnings, each of which is a
 * term, as queries begin like what they ask for while they are typed.
 */
export const TERM_KINDS = ['words', 'trigrams', 'beginnings'] as const;
export type TermKind = (typeof TERM_KINDS)[number];

/** Lengths of beginnings, in characters without spaces. */
const SHORTEST_BEGINNING = 2;
const LONGEST_BEGINNING = 32;

/** The terms of a text, in order, with repeats. */
export function termsOf(text: string, kind: TermKind): string[] {
  const words = wordsOf(text);
  switch (kind) {
    case 'words':
      return words;
    case 'trigrams':
      return words.flatMap((word) => characterNgrams(word, 3));
    case 'beginnings':
      return beginningsOf([...words.join('')]);
  }
}

function beginningsOf(characters: readonly string[]): string[] {
  const longest = Math.min(characters.length, LONGEST_BEGINNING);
  return Array.from({ length: Math.max(0, longest - SHORTEST_BEGINNING + 1) }, (_, at) =>
    characters.slice(0, at + SHORTEST_BEGINNING).join(''),
  );
}

/** How a term's occurrences are weighed. */
export interface Bm25Options {
  readonly terms: TermKind;
  /** Where repeats of a term stop counting, above 0. */
  readonly k1: number;
  /** How much a long text's occurrences count for less, 0–1. */
  readonly b: number;
  /** What an occurrence in that field is worth, 0 or more. */
  readonly weights: Readonly<Record<ProductField, number>>;
}

/** For each term, the products that have it and what it adds to their scores. */
export interface InvertedIndex {
  /** Places of terms, 0…terms−1. */
  readonly dictionary: ReadonlyMap<string, number>;
  /** Postings of term t are at starts[t]…starts[t+1]−1; length: terms + 1. */
  readonly starts: Int32Array;
  /** Places of products in the catalogue, rising within a term. */
  readonly products: Int32Array;
  /** BM25 weight of the posting's term in its product, 0 or more. */
  readonly weights: Float32Array;
}

/**
 * Indexes a catalogue for BM25F (Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009,
 * section 3.6). With term frequency tf and field length l in each field f, whose mean over the catalogue is l̄:
 *
 *     tf̃ = Σ_f weight_f · tf_f / (1 − b + b · l_f / l̄_f)      weight = idf · tf̃ / (k1 + tf̃)
 *
 * idf is ln(1 + (N − n + ½) / (n + ½)) of a term in n of N products: the paper's with a 1 added, as Lucene
 * has it, so that a word which most products have can't count against them.
 */
export function indexProducts(catalogue: readonly Product[], options: Bm25Options): InvertedIndex {
  const fields = PRODUCT_FIELDS.filter((field) => options.weights[field] > 0);
  const texts = catalogue.map((product) =>
    fields.map((field) => termsOf(product[field] ?? '', options.terms)),
  );
  const meanLengths = fields.map(
    (_, field) => texts.reduce((sum, text) => sum + text[field]!.length, 0) / catalogue.length,
  );
  const dictionary = new Map<string, number>();
  const holders: number[][] = [];
  const frequencies: number[][] = [];
  for (const [product, text] of texts.entries()) {
    const found = new Map<string, number>();
    for (const [field, terms] of text.entries()) {
      const share = terms.length / meanLengths[field]!;
      const each = options.weights[fields[field]!] / (1 - options.b + options.b * share);
      for (const term of terms) found.set(term, (found.get(term) ?? 0) + each);
    }
    for (const [term, frequency] of found) {
      const place = dictionary.get(term) ?? dictionary.size;
      if (place === dictionary.size) {
        dictionary.set(term, place);
        holders.push([]);
        frequencies.push([]);
      }
      holders[place]!.push(product);
      frequencies[place]!.push(frequency);
    }
  }
  const starts = new Int32Array(holders.length + 1);
  for (const [term, of] of holders.entries()) starts[term + 1] = starts[term]! + of.length;
  const products = new Int32Array(starts.at(-1)!);
  const weights = new Float32Array(products.length);
  for (const [term, of] of holders.entries()) {
    const idf = Math.log(1 + (catalogue.length - of.length + 0.5) / (of.length + 0.5));
    products.set(of, starts[term]);
    weights.set(
      frequencies[term]!.map((frequency) => (idf * frequency) / (options.k1 + frequency)),
      starts[term],
    );
  }
  return { dictionary, starts, products, weights };
}

/** Adds to each product's score what a query's terms are worth in it; a term that comes twice counts twice. */
export function addScores(index: InvertedIndex, terms: readonly string[], into: Float32Array): void {
  const { dictionary, starts, products, weights } = index;
  for (const term of terms) {
    const place = dictionary.get(term);
    if (place === undefined) continue;
    for (let at = starts[place]!; at < starts[place + 1]!; at++) into[products[at]!]! += weights[at]!;
  }
}
