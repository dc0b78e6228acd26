import { z } from 'zod';

const Columns = z.array(z.string().min(1)).min(1).max(20);

/** Columns of a catalogue by their roles; those left out are guessed (`schema/search/columns.ts`). */
export const CatalogueColumns = z.strictObject({
  /** Says which product. */
  id: z.string().min(1).optional(),
  /** Texts that are searched; those of several columns are joined. */
  title: Columns.optional(),
  brand: Columns.optional(),
  category: Columns.optional(),
  description: Columns.optional(),
  /** Says for which locale a row is. */
  locale: z.string().min(1).optional(),
});
export type CatalogueColumns = z.infer<typeof CatalogueColumns>;

/** Columns of searches by their roles; those left out are guessed. */
export const SearchesColumns = z.strictObject({
  /** What was typed. */
  query: z.string().min(1).optional(),
  /** Id of the query, where its text is in a table of queries. */
  queryId: z.string().min(1).optional(),
  /** Which product, as in the catalogue. */
  product: z.string().min(1).optional(),
  /** How well the product answers the query: a label or a number. Without it, each row is an answer. */
  relevance: z.string().min(1).optional(),
  /** `test` for what is held out; anything else is for learning. */
  split: z.string().min(1).optional(),
  locale: z.string().min(1).optional(),
});
export type SearchesColumns = z.infer<typeof SearchesColumns>;
