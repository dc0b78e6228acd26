import { z } from 'zod';
import { MOST_EXCLUDED, MOST_RANKED, RankingRequest, UNANSWERED } from './ranking-request.js';

/** Longest query, in UTF-16 code units; people type tens. */
export const LONGEST_QUERY = 1_000;

/** What somebody looks for. */
export const SearchQuery = z.object({
  query: z.string().max(LONGEST_QUERY),
  k: z.int().min(1).max(MOST_RANKED),
  /** Ids of products that are kept out of the answer. */
  exclude: z.array(z.string().min(1).max(1_000)).max(MOST_EXCLUDED).optional(),
});
export type SearchQuery = z.infer<typeof SearchQuery>;

/** On `synthcart.search.<pool>`: find products with a search ranker. Otherwise as a RankingRequest. */
export const SearchRequest = RankingRequest.omit({ query: true }).extend({ query: SearchQuery });
export type SearchRequest = z.infer<typeof SearchRequest>;

/** How a word of the query and one of the product are alike: the same; its beginning; one typing error apart. */
export const WordMatchKind = z.enum(['EXACT', 'BEGINNING', 'MISSPELT']);
export type WordMatchKind = z.infer<typeof WordMatchKind>;

/** In which text of the product the word is. */
export const MatchedField = z.enum(['TITLE', 'BRAND', 'CATEGORY', 'DESCRIPTION']);

/** A word of the query that the product has. Words are as they are compared: in lower case, without accents. */
export const WordMatch = z.object({
  queryWord: z.string(),
  productWord: z.string(),
  field: MatchedField,
  match: WordMatchKind,
});
export type WordMatch = z.infer<typeof WordMatch>;

export const FoundProduct = z.object({
  product: z.string(),
  score: z.number(),
  /** Absent where the product has no such text. */
  title: z.string().optional(),
  brand: z.string().optional(),
  category: z.string().optional(),
  reasons: z.array(WordMatch),
});
export type FoundProduct = z.infer<typeof FoundProduct>;

export const SearchReply = z.discriminatedUnion('answer', [
  z.object({
    answer: z.literal('FOUND'),
    /** Name of the ranker that the file is of, such as `fused`. */
    ranker: z.string(),
    /** Best first; fewer than k where no more are found. */
    products: z.array(FoundProduct),
    /** Words of the query that no product has. */
    unknownWords: z.array(z.string()),
  }),
  ...UNANSWERED,
]);
export type SearchReply = z.infer<typeof SearchReply>;
