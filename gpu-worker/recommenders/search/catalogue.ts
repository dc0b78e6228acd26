import { UserFailure } from '../../failure.js';
import { wordsOf } from './text/analysis.js';
import { PRODUCT_FIELDS, type Product } from './search-ranker.js';

/**
 * Throws UserFailure INVALID_CONFIG naming an id that comes twice, and INSUFFICIENT_DATA for a catalogue in which no product
 * has a word: every query would find nothing.
 */
export function requireSearchable(products: readonly Product[]): void {
  const rows = new Map<string, number>();
  for (const [row, { id }] of products.entries()) {
    const first = rows.get(id);
    if (first !== undefined) {
      throw new UserFailure(
        'INVALID_CONFIG',
        `The catalogue has two products with the id "${id}", at the places ${first + 1} and ${row + 1}. Keep one of each id.`,
      );
    }
    rows.set(id, row);
  }
  if (products.some((product) => PRODUCT_FIELDS.some((field) => wordsOf(product[field] ?? '').length > 0)))
    return;
  throw new UserFailure(
    'INSUFFICIENT_DATA',
    `None of the catalogue's ${products.length.toLocaleString('en')} products has a word in its ` +
      `${PRODUCT_FIELDS.slice(0, -1).join(', ')} or ${PRODUCT_FIELDS.at(-1)}. Name the columns that hold its texts.`,
  );
}
