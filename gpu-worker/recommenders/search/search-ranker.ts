import type { z } from 'zod';
import { PRODUCT_FIELDS, type ProductField } from '../../../schema/search/columns.js';
import type { FitSession } from '../../generators/generator.js';

export { PRODUCT_FIELDS, type ProductField };

/** A product of a catalogue. Texts that it doesn't have are left out or empty. */
export interface Product extends Partial<Readonly<Record<ProductField, string>>> {
  /** Unique in its catalogue. */
  readonly id: string;
}

/** How well a product answers a query. */
export interface Judgement {
  readonly product: string;
  /** From 0, of no use, to 1, what was asked for. */
  readonly gain: number;
}

/** A query of which people, or purchases, have said what answers it. */
export interface JudgedQuery {
  readonly query: string;
  /** Products that aren't named count as gain 0. */
  readonly judgements: readonly Judgement[];
}

export interface RankedProduct {
  readonly id: string;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
}

/** A ranker with a catalogue: answers queries. */
export interface FittedSearchRanker {
  /** Ids of the catalogue, in its order. */
  readonly products: readonly string[];
  /**
   * The best `k` products for a query, best first; equal ones in the catalogue's order. Fewer where fewer match; none for
   * a query without a letter or a digit. Leaves out the ids of `exclude`, such as of deleted products, which the model need
   * not know. Takes a few milliseconds for 10,000 products, and no engine. Throws RangeError for a `k` that isn't a whole number above 0.
   */
  rank(query: string, k: number, exclude?: ReadonlySet<string>): readonly RankedProduct[];
  /**
   * The same model over another catalogue: what was learnt stays, the products are new. Throws UserFailure as `fit` does
   * for a catalogue that can't be searched.
   */
  over(products: readonly Product[]): FittedSearchRanker;
  /** A safetensors file: model and catalogue. Unlike a generator's, it holds the products' ids, which it answers with. */
  save(): Uint8Array;
}

/** What a ranker learns from. */
export interface SearchTraining {
  readonly products: readonly Product[];
  /** Judgements of products that the catalogue lacks are passed over. */
  readonly queries?: readonly JudgedQuery[];
}

/** A way of finding products by text; `search-rankers.ts` is the catalogue of them by name. */
export interface SearchRanker<Config = unknown> {
  /** Such as `bm25`. */
  readonly name: string;
  /** One sentence for users who choose among rankers. */
  readonly summary: string;
  /** Every option with its range, default and meaning (`.describe`); unknown keys are refused. */
  readonly config: z.ZodType<Config>;
  /**
   * Learns, and takes the products as its catalogue. Throws UserFailure INSUFFICIENT_DATA for a catalogue without a
   * product that has text, and INVALID_CONFIG for one in which an id comes twice.
   */
  fit(training: SearchTraining, config: Config, session: FitSession): Promise<FittedSearchRanker>;
  load(file: Uint8Array): Promise<FittedSearchRanker>;
}
