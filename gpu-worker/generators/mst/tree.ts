/** A tree over columns 0…n−1: every column but the root has one parent. */
export interface Tree {
  readonly root: number;
  /** Parents before their children. */
  readonly edges: readonly { readonly parent: number; readonly child: number }[];
  /** Bins of each column. */
  readonly widths: readonly number[];
}

/** Values of columns [bins] and of the tree's edges, row-major [bins of parent, bins of child]. */
export interface Potentials {
  readonly columns: readonly Float64Array[];
  readonly pairs: readonly Float64Array[];
}

/** Directs a spanning tree, given as pairs of columns, away from column 0. */
export function rootedTree(widths: readonly number[], pairs: readonly (readonly [number, number])[]): Tree {
  const edges: { parent: number; child: number }[] = [];
  const reached = new Set(widths.length > 0 ? [0] : []);
  for (const parent of reached) {
    for (const [a, b] of pairs) {
      const child = a === parent ? b : b === parent ? a : undefined;
      if (child === undefined || reached.has(child)) continue;
      reached.add(child);
      edges.push({ parent, child });
    }
  }
  if (reached.size !== widths.length) throw new RangeError('the pairs span no tree');
  return { root: 0, edges, widths };
}

/**
 * The shares of bins, and of pairs of bins along edges, under the distribution that is proportional to the exponential of the
 * sum of a row's potentials: belief propagation (Pearl, 1982), exact on a tree.
 */
export function beliefsOf(tree: Tree, { columns, pairs }: Potentials): Potentials {
  if (columns.length === 0) return { columns: [], pairs: [] };
  // What a column and all below it say about its bins, as logarithms.
  const below = columns.map((of) => Float64Array.from(of));
  const upward: Float64Array[] = [];
  for (let edge = tree.edges.length - 1; edge >= 0; edge--) {
    const { parent, child } = tree.edges[edge]!;
    const message = messageUp(pairs[edge]!, below[child]!, tree.widths[parent]!);
    upward[edge] = message;
    add(below[parent]!, message);
  }
  const shares: Float64Array[] = [];
  shares[tree.root] = normalised(below[tree.root]!);
  const pairShares = tree.edges.map(({ parent, child }, edge) => {
    const width = tree.widths[child]!;
    const pair = pairs[edge]!;
    const [ofParent, ofChild, message] = [shares[parent]!, below[child]!, upward[edge]!];
    const joint = new Float64Array(pair.length);
    const childShares = new Float64Array(width);
    for (let a = 0; a < ofParent.length; a++) {
      for (let b = 0; b < width; b++) {
        // The child's bin given the parent's, times the parent's share.
        const share = ofParent[a]! * Math.exp(pair[a * width + b]! + ofChild[b]! - message[a]!);
        joint[a * width + b] = share;
        childShares[b]! += share;
      }
    }
    shares[child] = childShares;
    return joint;
  });
  return { columns: shares, pairs: pairShares };
}

/** log Σ_b exp(pair[a, b] + below[b]) for each bin a of the parent. */
function messageUp(pair: Float64Array, below: Float64Array, parents: number): Float64Array {
  const width = below.length;
  return Float64Array.from({ length: parents }, (_, a) => {
    let highest = -Infinity;
    for (let b = 0; b < width; b++) highest = Math.max(highest, pair[a * width + b]! + below[b]!);
    let sum = 0;
    for (let b = 0; b < width; b++) sum += Math.exp(pair[a * width + b]! + below[b]! - highest);
    return highest + Math.log(sum);
  });
}

function add(to: Float64Array, values: Float64Array): void {
  for (let at = 0; at < to.length; at++) to[at]! += values[at]!;
}

function normalised(logs: Float64Array): Float64Array {
  const highest = logs.reduce((most, log) => Math.max(most, log), -Infinity);
  const weights = logs.map((log) => Math.exp(log - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
