/**
 * How good a ranked list is. A list is given as the gains of its items, best rank first; what was judged but isn't in the
 * list counts as if it came last.
 */

/**
 * Normalised discounted cumulative gain of the first `k`, 0–1: Σ gain / log₂(rank + 1), by what the best order of all
 * `judged` gains would have (Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002, in the form
 * in which the first rank counts whole). NaN where nothing has a gain.
 */
export function ndcg(gains: readonly number[], judged: readonly number[], k: number): number {
  const ideal = dcg(
    [...judged].sort((a, b) => b - a),
    k,
  );
  return ideal > 0 ? dcg(gains, k) / ideal : NaN;
}

function dcg(gains: readonly number[], k: number): number {
  return gains.slice(0, k).reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}

/** 1 / rank of the first item with at least that gain; 0 where none is in the list. Its mean is the MRR. */
export function reciprocalRank(gains: readonly number[], relevantFrom: number): number {
  const at = gains.findIndex((gain) => gain >= relevantFrom);
  return at < 0 ? 0 : 1 / (at + 1);
}

/** Share of the relevant among `judged` that is in the first `k`. NaN where nothing is relevant. */
export function recall(
  gains: readonly number[],
  judged: readonly number[],
  k: number,
  relevantFrom: number,
): number {
  const relevant = (all: readonly number[]): number => all.filter((gain) => gain >= relevantFrom).length;
  return relevant(judged) > 0 ? relevant(gains.slice(0, k)) / relevant(judged) : NaN;
}

/**
 * Mean distance between two items of a list (Smyth and McClave, "Similarity vs. diversity", 2001, section 3.1), over all
 * pairs. NaN for a list of one.
 */
export function intraListDiversity<Item>(
  items: readonly Item[],
  distance: (a: Item, b: Item) => number,
): number {
  let sum = 0;
  for (let a = 0; a < items.length; a++) for (let b = 0; b < a; b++) sum += distance(items[a]!, items[b]!);
  return sum / ((items.length * (items.length - 1)) / 2);
}

/** 1 − |a ∩ b| / |a ∪ b| (Jaccard), 0–1; 0 between two empty sets. */
export function jaccardDistance(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const element of a) if (b.has(element)) shared++;
  const union = a.size + b.size - shared;
  return union > 0 ? 1 - shared / union : 0;
}
