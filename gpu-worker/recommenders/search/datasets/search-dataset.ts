import type { JudgedQuery, Judgement, Product } from '../search-ranker.js';

/** A catalogue with judged queries, some to learn from and some to test on. */
export interface SearchDataset {
  readonly products: readonly Product[];
  readonly training: readonly JudgedQuery[];
  readonly test: readonly JudgedQuery[];
}

/** Judgements one after the other, gathered query by query. */
export class QueryGathering {
  readonly #queries = new Map<string, { readonly query: string; readonly judgements: Judgement[] }>();

  /** `key` tells queries apart, which may have the same text. */
  add(key: string, query: string, judgement: Judgement): void {
    const found = this.#queries.get(key);
    if (found) found.judgements.push(judgement);
    else this.#queries.set(key, { query, judgements: [judgement] });
  }

  queries(): JudgedQuery[] {
    return [...this.#queries.values()];
  }
}
