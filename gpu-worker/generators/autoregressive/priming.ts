import { columnsByRank, type Layout } from './layout.js';
import type { BinnedRows } from './training.js';

/** Rows that a code of a pair counts for beside the ones it has, spread as the column is: rare pairs then start near independence. */
const PRIOR_ROWS = 5;
/** Rows that dependence is measured on. */
const MOST_ROWS = 50_000;
/** Nats that a pair must tell, beyond what chance tells, to be worth a start. */
const LEAST_INFORMATION = 0.005;

/** What one earlier column tells of a column. */
export interface Dependence {
  /** The earlier column that tells most; absent where none tells more than chance does. */
  readonly from?: number;
  /** Share of the column's entropy that this one leaves open: 0 when it decides the column, 1 when it tells nothing. */
  readonly open: number;
}

/**
 * The tree of Chow and Liu ("Approximating discrete probability distributions with dependence trees", 1968), in which each
 * column depends on the one earlier column, by rank, that tells most of it.
 */
export function dependenceTree(layout: Layout, table: BinnedRows, rows: Uint32Array): Dependence[] {
  const some = rows.subarray(0, MOST_ROWS);
  const byRank = columnsByRank(layout);
  const tree: Dependence[] = layout.widths.map(() => ({ open: 1 }));
  for (let place = 1; place < byRank.length; place++) {
    const to = byRank[place]!;
    let most = LEAST_INFORMATION;
    for (const from of byRank.slice(0, place)) {
      const counts = pairCounts(table, some, from, to, layout.widths);
      const { information, entropy } = informationOf(counts, layout.widths[to]!);
      if (information <= most) continue;
      most = information;
      tree[to] = { from, open: Math.max(0, 1 - information / entropy) };
    }
  }
  return tree;
}

/**
 * First direct weights of a tree's pairs, log p(to | from) / p(to), row-major [bins of from, bins of to]. From zero, pairs of
 * rare values are not learnt within the steps of a fit.
 */
export function primedWeights(
  layout: Layout,
  tree: readonly Dependence[],
  table: BinnedRows,
  rows: Uint32Array,
): { readonly from: number; readonly to: number; readonly weights: Float64Array }[] {
  return tree.flatMap(({ from }, to) => {
    if (from === undefined) return [];
    const counts = pairCounts(table, rows, from, to, layout.widths);
    return [{ from, to, weights: logRatios(counts, layout.widths[to]!) }];
  });
}

/** Row-major [bins of from, bins of to]. */
function pairCounts(
  { bins }: BinnedRows,
  rows: Uint32Array,
  from: number,
  to: number,
  widths: readonly number[],
): Float64Array {
  const columns = widths.length;
  const width = widths[to]!;
  const counts = new Float64Array(widths[from]! * width);
  for (const row of rows) counts[bins[row * columns + from]! * width + bins[row * columns + to]!]!++;
  return counts;
}

/** Mutual information, less what as many cells show by chance (Miller and Madow, 1955), and the entropy of `to`, in nats. */
function informationOf(
  counts: Float64Array,
  width: number,
): { readonly information: number; readonly entropy: number } {
  const { ofFrom, ofTo, total } = sums(counts, width);
  let information = 0;
  let cells = 0;
  counts.forEach((count, at) => {
    if (count === 0) return;
    cells++;
    const [a, b] = [Math.floor(at / width), at % width];
    information += (count / total) * Math.log((count * total) / (ofFrom[a]! * ofTo[b]!));
  });
  const [froms, tos] = [ofFrom, ofTo].map((of) => of.filter((count) => count > 0).length);
  const entropy = ofTo.reduce(
    (sum, count) => sum - (count === 0 ? 0 : (count / total) * Math.log(count / total)),
    0,
  );
  return { information: information - Math.max(0, cells - froms! - tos! + 1) / (2 * total), entropy };
}

function logRatios(counts: Float64Array, width: number): Float64Array {
  const { ofFrom, ofTo, total } = sums(counts, width);
  return counts.map((count, at) => {
    const [a, b] = [Math.floor(at / width), at % width];
    const share = ofTo[b]! / total;
    if (share === 0) return 0;
    return Math.log((count + PRIOR_ROWS * share) / (ofFrom[a]! + PRIOR_ROWS) / share);
  });
}

function sums(counts: Float64Array, width: number) {
  const ofFrom = new Float64Array(counts.length / width);
  const ofTo = new Float64Array(width);
  let total = 0;
  counts.forEach((count, at) => {
    ofFrom[Math.floor(at / width)]! += count;
    ofTo[at % width]! += count;
    total += count;
  });
  return { ofFrom, ofTo, total };
}
