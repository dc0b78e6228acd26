/**
 * Ranks, from 1, of targets (distinct items) among all items by score, rising. An item that isn't a target and has a target's
 * score ranks before it: a model gains nothing by not deciding. Items of score −∞ or NaN are last; a target of such a score
 * has the rank Infinity, since it is never shown.
 */
export function ranksOf(scores: Float32Array, targets: Int32Array): Float64Array {
  const isTarget = new Set(targets);
  const ordered = [...targets].sort((a, b) => scores[b]! - scores[a]! || a - b);
  return Float64Array.from(ordered, (target, before) => {
    const own = scores[target]!;
    if (!(own > -Infinity)) return Infinity;
    let others = 0;
    for (let item = 0; item < scores.length; item++)
      if (scores[item]! >= own && !isTarget.has(item)) others++;
    return others + before + 1;
  });
}

/** What ranks of one list's targets are worth; all 0–1. */
export interface ListScores {
  /** 1 where a target is among the first k. */
  readonly hit: number;
  /** Share of the targets among the first k. */
  readonly recall: number;
  /**
   * Σ 1 / log₂(rank + 1) over targets among the first k, by the most that as many targets allow (Järvelin and Kekäläinen,
   * "Cumulated gain-based evaluation of IR techniques", 2002, with gains of 0 and 1).
   */
  readonly ndcg: number;
}

/** `ranks` as `ranksOf` gives them. */
export function listScores(ranks: Float64Array, k: number): ListScores {
  let [found, gain, ideal] = [0, 0, 0];
  ranks.forEach((rank, index) => {
    if (rank <= k) {
      found++;
      gain += 1 / Math.log2(rank + 1);
    }
    if (index < k) ideal += 1 / Math.log2(index + 2);
  });
  return { hit: found > 0 ? 1 : 0, recall: found / ranks.length, ndcg: gain / ideal };
}

/** 1 / the best rank over the whole catalogue; its mean is the MRR (Voorhees, "The TREC-8 question answering track report", 1999). */
export function reciprocalRank(ranks: Float64Array): number {
  return 1 / ranks[0]!;
}
