import { columnsByRank, type Layout } from './layout.js';
import type { BinnedRows } from './training.js';

/** Rows that a code of a pair counts for beside the ones it has, spread as the column is: rare pairs then start near independence. */
const PRIOR_ROWS = 5;
/** Rows that dependence is measured on. */
const MOST_ROWS = 50_000;
/** Nats that a pair must tell, beyond what chance tells, to be worth a start. */
const LEAST_INFORMATION = 0.005;

/**
 * First direct weights [units, units]: the network starts as a tree (Chow and Liu, "Approximating discrete probability
 * distributions with dependence trees", 1968), in which each column depends on the one earlier column that tells most of it.
 * Weights are log p(to | from) / p(to). From zero, pairs of rare values are not learnt within the steps of a fit.
 */
export function primedWeights(
  layout: Layout,
  table: BinnedRows,
  rows: Uint32Array,
): { readonly from: number; readonly to: number; readonly weights: Float64Array }[] {
  const columns = layout.widths.length;
  const some = rows.subarray(0, MOST_ROWS);
  const byRank = columnsByRank(layout);
  const primed: { from: number; to: number; weights: Float64Array }[] = [];
  for (let place = 1; place < columns; place++) {
    const to = byRank[place]!;
    let best: { from: number; information: number } | undefined;
    for (const from of byRank.slice(0, place)) {
      const information = informationOf(pairCounts(table, some, from, to, layout.widths), layout.widths[to]!);
      if (information > (best?.information ?? LEAST_INFORMATION)) best = { from, information };
    }
    if (!best) continue;
    const counts = pairCounts(table, rows, best.from, to, layout.widths);
    primed.push({ from: best.from, to, weights: logRatios(counts, layout.widths[to]!) });
  }
  return primed;
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

/** Mutual information in nats, less what as many cells show by chance (Miller and Madow, 1955). */
function informationOf(counts: Float64Array, width: number): number {
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
  return information - Math.max(0, cells - froms! - tos! + 1) / (2 * total);
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
