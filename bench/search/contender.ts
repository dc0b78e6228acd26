import { searchRankerOf } from '../../gpu-worker/recommenders/search/search-rankers.js';

/** A ranker with options, and what it is called in tables. */
export interface Contender {
  readonly title: string;
  readonly ranker: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The second is the stronger baseline: it finds misspelt words, and learns nothing either. */
export const CONTENDERS: readonly Contender[] = [
  { title: 'bm25', ranker: 'bm25', options: {} },
  { title: 'bm25, trigrams', ranker: 'bm25', options: { terms: 'trigrams' } },
  { title: 'two-tower', ranker: 'two-tower', options: {} },
  { title: 'fused', ranker: 'fused', options: {} },
];

/** Those of the titles; throws RangeError for one that there isn't. */
export function contendersOf(titles: readonly string[]): readonly Contender[] {
  return titles.map((title) => {
    const found = CONTENDERS.find((contender) => contender.title === title);
    if (found) return found;
    return { title, ranker: searchRankerOf(title).name, options: {} };
  });
}
