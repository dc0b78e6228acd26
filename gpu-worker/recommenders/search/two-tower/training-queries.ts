import type { Random } from '../../../compute/random.js';
import { splitRows } from '../../../generators/training/epochs.js';
import { PRODUCT_FIELDS, type Product, type SearchTraining } from '../search-ranker.js';
import { syntheticQuery } from '../synthetic-queries.js';
import { wordsOf } from '../text/analysis.js';

/** A query to learn from: a judged one, or one that is made anew each time of a product. */
export interface TrainingQuery {
  /** Place of the product that it asks for. */
  readonly product: number;
  /** What people typed; left out, one is made. */
  readonly text?: string;
  /** What it counts for, above 0. */
  readonly gain: number;
  /** Places of all that answers it. */
  readonly answers: ReadonlySet<number>;
}

/** A query to validate on, with the places of what answers it best. */
export interface ValidationQuery {
  readonly text: string;
  readonly answers: ReadonlySet<number>;
  /** Whether people typed it; else it was made. */
  readonly judged: boolean;
}

export interface TrainingQueries {
  /** Places of the products that may be learnt from, those with text. */
  readonly products: Uint32Array;
  readonly training: readonly TrainingQuery[];
  /** Of products that nothing is learnt from, where there are any. */
  readonly validation: readonly ValidationQuery[];
}

/** A product that answers a query only so well isn't what was asked for. */
const LEAST_GAIN = 0.5;
/** Products held out beyond this many would make validations long and hardly better. */
const MOST_HELD = 400;
/** Queries made of each product held out, and judged ones taken at most. */
const MADE_A_PRODUCT = 2;
const MOST_JUDGED = 400;

/**
 * Splits products into those to learn from and those held out, and the queries with them: a judged query belongs to the
 * side of the product that answers it best, and keeps only the answers of its side.
 */
export function trainingQueries(
  { products, queries = [] }: SearchTraining,
  {
    validationShare,
    queriesAProduct,
  }: { readonly validationShare: number; readonly queriesAProduct: number },
  random: Random,
): TrainingQueries {
  const alike = sameWords(products);
  const withText = Uint32Array.from(alike.keys());
  const split = splitRows(withText.length, validationShare, MOST_HELD, random.derive('split'));
  const learnt = split.training.map((at) => withText[at]!).sort();
  const held = split.validation.map((at) => withText[at]!).sort();
  const heldOut = new Set(held);
  const training: TrainingQuery[] = [];
  for (const product of learnt)
    for (let made = 0; made < queriesAProduct; made++)
      training.push({ product, gain: 1, answers: alike.get(product)! });
  const validation: ValidationQuery[] = [];
  const places = new Map(products.map(({ id }, place) => [id, place]));
  for (const { query, judgements } of queries) {
    const known = judgements
      .map(({ product, gain }) => ({ product: places.get(product) ?? -1, gain }))
      .filter(({ product, gain }) => alike.has(product) && gain >= LEAST_GAIN)
      .sort((a, b) => b.gain - a.gain);
    if (known.length === 0 || wordsOf(query).length === 0) continue;
    if (heldOut.has(known[0]!.product)) {
      const best = known.filter(({ gain }) => gain === known[0]!.gain).map(({ product }) => product);
      if (validation.length < MOST_JUDGED)
        validation.push({ text: query, answers: new Set(best), judged: true });
      continue;
    }
    const answers = new Set(known.flatMap(({ product }) => [...alike.get(product)!]));
    for (const { product, gain } of known)
      if (!heldOut.has(product)) training.push({ product, text: query, gain, answers });
  }
  // With one product, or two, none can be held out.
  for (const product of held.length > 0 ? held : learnt)
    for (let made = 0; made < MADE_A_PRODUCT; made++) {
      const text = syntheticQuery(products[product]!, random.derive('validation', product, made));
      validation.push({ text, answers: alike.get(product)!, judged: false });
    }
  return { products: learnt, training, validation };
}

/** Of each product that has words, the places of those with the same ones: no query can tell them apart. */
function sameWords(products: readonly Product[]): Map<number, ReadonlySet<number>> {
  const groups = new Map<string, Set<number>>();
  const found = new Map<number, ReadonlySet<number>>();
  for (const [place, product] of products.entries()) {
    const words = PRODUCT_FIELDS.map((field) => wordsOf(product[field] ?? '').join(' '));
    if (words.every((text) => text === '')) continue;
    const key = JSON.stringify(words);
    const group = groups.get(key) ?? new Set();
    groups.set(key, group.add(place));
    found.set(place, group);
  }
  return found;
}
