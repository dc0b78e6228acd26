import type { WordMatch } from '../../../schema/messages/search-request.js';
import { PRODUCT_FIELDS, type ProductField } from './search-ranker.js';
import { wordsOf } from './text/analysis.js';

/** Shorter words are alike by chance; those that are to be misspelt as much as those that are unfinished. */
const SHORTEST_MISSPELT = 4;
const SHORTEST_BEGINNING = 2;

const FIELD_NAMES = {
  title: 'TITLE',
  brand: 'BRAND',
  category: 'CATEGORY',
  description: 'DESCRIPTION',
} as const satisfies Record<ProductField, WordMatch['field']>;

/**
 * What a product has of a query: for each of the query's words, in their order and each once, the product's word that is most like
 * it: the same, one that it begins, or one that is a typing error away; of equal ones, the first of title, brand, category and
 * description. Words of which it has none are left out.
 */
export function wordMatches(
  query: readonly string[],
  texts: Readonly<Record<ProductField, string>>,
): WordMatch[] {
  const words = PRODUCT_FIELDS.flatMap((field) =>
    wordsOf(texts[field]).map((word) => ({ word, field: FIELD_NAMES[field] })),
  );
  return [...new Set(query)].flatMap((queryWord): WordMatch[] => {
    const of = (match: WordMatch['match'], alike: (word: string) => boolean): WordMatch | undefined => {
      const found = words.find(({ word }) => alike(word));
      return found && { queryWord, productWord: found.word, field: found.field, match };
    };
    const found =
      of('EXACT', (word) => word === queryWord) ??
      of('BEGINNING', (word) => queryWord.length >= SHORTEST_BEGINNING && word.startsWith(queryWord)) ??
      of(
        'MISSPELT',
        (word) =>
          Math.min(word.length, queryWord.length) >= SHORTEST_MISSPELT && isOneErrorAway(word, queryWord),
      );
    return found ? [found] : [];
  });
}

/**
 * Whether two neighbours swapped, a letter too few, one too many or another one makes one word of the other (Damerau, "A technique
 * for computer detection and correction of spelling errors", 1964).
 */
export function isOneErrorAway(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1 || one === other) return false;
  let start = 0;
  while (start < Math.min(one.length, other.length) && one[start] === other[start]) start++;
  const rest = (word: string, from: number): string => word.slice(start + from);
  if (one.length > other.length) return rest(one, 1) === rest(other, 0);
  if (one.length < other.length) return rest(one, 0) === rest(other, 1);
  if (rest(one, 1) === rest(other, 1)) return true;
  return (
    one[start] === other[start + 1] && one[start + 1] === other[start] && rest(one, 2) === rest(other, 2)
  );
}
