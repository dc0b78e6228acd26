import type { FoundProduct, SearchQuery } from '../../../schema/messages/search-request.js';
import type { ServedRanker } from './served-ranker.js';
import { wordsOf } from './text/analysis.js';
import { wordMatches } from './word-matches.js';

/** The best products for a query with what is shown of them, and the query's words that no product has. */
export function foundProducts(
  { model, words, textsOf }: ServedRanker,
  { query, k, exclude }: SearchQuery,
): { readonly products: FoundProduct[]; readonly unknownWords: string[] } {
  const asked = wordsOf(query);
  const products = model.rank(query, k, exclude && new Set(exclude)).map(({ id, score }): FoundProduct => {
    const texts = textsOf(id);
    const { title, brand, category } = texts;
    return {
      ...{ product: id, score },
      ...(title && { title }),
      ...(brand && { brand }),
      ...(category && { category }),
      reasons: wordMatches(asked, texts),
    };
  });
  return { products, unknownWords: [...new Set(asked)].filter((word) => !words.has(word)) };
}
