import type { Pause } from '../../../evaluation/pause.js';
import { intraListDiversity, jaccardDistance, ndcg, recall, reciprocalRank } from '../../metrics/ranking.js';
import { PRODUCT_FIELDS, type FittedSearchRanker, type JudgedQuery, type Product } from '../search-ranker.js';
import { wordsOf } from '../text/analysis.js';

/** Of each query, in their order; NaN where a metric isn't defined. */
export interface QueryScores {
  /** NDCG at the cutoff, by graded gains. */
  readonly ndcg: Float64Array;
  /** 1 / rank of the first relevant product, however deep it is, as far as the ranker finds it. */
  readonly reciprocalRank: Float64Array;
  /** Share of the relevant products within the cutoff. */
  readonly recall: Float64Array;
  /** Mean Jaccard distance of the words of the products within the cutoff. */
  readonly diversity: Float64Array;
}

export interface EvaluationOptions {
  /** How many results count; 10 where left out. */
  readonly cutoff?: number;
  /** A product is relevant from that gain on; 1, what was asked for, where left out. */
  readonly relevantFrom?: number;
  /**
   * What is ranked: the whole catalogue, in which a product without a judgement has gain 0; or the judged products of each
   * query, as ESCI's ranking task has it. Those that the ranker doesn't find come last.
   */
  readonly among?: 'catalogue' | 'judged';
  /** Places of a list that are looked at for the first relevant product; all of the catalogue, where left out. */
  readonly depth?: number;
}

/** Ranks all queries over the products, which are the ranker's catalogue, and scores the lists. */
export async function evaluateRanker(
  ranker: FittedSearchRanker,
  products: readonly Product[],
  queries: readonly JudgedQuery[],
  pause: Pause,
  { cutoff = 10, relevantFrom = 1, among = 'catalogue', depth = products.length }: EvaluationOptions = {},
): Promise<QueryScores> {
  const words = new Map(products.map((product) => [product.id, wordSet(product)]));
  const column = (): Float64Array => new Float64Array(queries.length);
  const scores = { ndcg: column(), reciprocalRank: column(), recall: column(), diversity: column() };
  for (const [index, { query, judgements }] of queries.entries()) {
    const gains = new Map(judgements.map(({ product, gain }) => [product, gain]));
    const found = ranker.rank(query, depth).map(({ id }) => id);
    const list = among === 'judged' ? judgedFirst(found, gains) : found;
    const listed = list.map((id) => gains.get(id) ?? 0);
    const judged = [...gains.values()];
    scores.ndcg[index] = ndcg(listed, judged, cutoff);
    scores.reciprocalRank[index] = reciprocalRank(listed, relevantFrom);
    scores.recall[index] = recall(listed, judged, cutoff, relevantFrom);
    scores.diversity[index] = intraListDiversity(
      list.slice(0, cutoff).map((id) => words.get(id) ?? new Set<string>()),
      jaccardDistance,
    );
    await pause((index + 1) / queries.length);
  }
  return scores;
}

function judgedFirst(found: readonly string[], gains: ReadonlyMap<string, number>): string[] {
  const ranked = found.filter((id) => gains.has(id));
  const seen = new Set(ranked);
  // The worst first, so that a ranker gains nothing by not finding.
  const missed = [...gains].filter(([id]) => !seen.has(id)).sort(([, a], [, b]) => a - b);
  return [...ranked, ...missed.map(([id]) => id)];
}

function wordSet(product: Product): ReadonlySet<string> {
  return new Set(
    PRODUCT_FIELDS.flatMap((field) => (field === 'description' ? [] : wordsOf(product[field] ?? ''))),
  );
}
