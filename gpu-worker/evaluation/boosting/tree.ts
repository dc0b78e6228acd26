import type { BinnedColumn } from './binned-features.js';

export interface TreeLimits {
  /** Splits between the root and a leaf, at most. */
  readonly depth: number;
  /** Least sum of curvatures in a leaf; with squared error, its rows. */
  readonly leastWeight: number;
  /** Draws leaves towards 0: it is added to their sum of curvatures. */
  readonly shrinkage: number;
  /** A split into two leaves that gains less is taken back (XGBoost's gamma); 0 keeps all. */
  readonly leastGain: number;
}

/** Nodes in order of growth, the root first; the arrays run in parallel. */
export interface Tree {
  /** Column that a node splits on; −1 for a leaf. */
  readonly column: number[];
  /** Rows go left if their bin is at most this (ordered columns), or exactly this (others). */
  readonly bin: number[];
  readonly left: number[];
  readonly right: number[];
  /** Answer of a leaf. */
  readonly answer: number[];
}

interface Split {
  readonly column: number;
  readonly bin: number;
  readonly leftGradient: number;
  readonly leftCurvature: number;
  readonly gain: number;
}

/** A gain below this is rounding. */
const ROUNDING = 1e-9;

/**
 * Grows one tree on the derivatives of `rows` (both in their order), each split the one of highest gain. `answers`: what
 * the tree says of each row.
 */
export function growTree(
  columns: readonly BinnedColumn[],
  rows: Int32Array,
  gradients: Float64Array,
  curvatures: Float64Array,
  limits: TreeLimits,
): { tree: Tree; answers: Float64Array } {
  const { depth, leastWeight, shrinkage, leastGain } = limits;
  const offsets = new Int32Array(columns.length + 1);
  columns.forEach(({ count }, index) => (offsets[index + 1] = offsets[index]! + count));
  const histogramLength = 2 * offsets[columns.length]!;
  const spare: Float64Array[] = [];

  const tree: Tree = { column: [], bin: [], left: [], right: [], answer: [] };
  const answers = new Float64Array(rows.length);
  /** Places in `rows`, which each split parts into those of the left child and those of the right. */
  const places = Int32Array.from(rows.keys());
  const kept = new Int32Array(rows.length);
  const nodeRows = new Int32Array(rows.length);
  const nodeGradients = new Float64Array(rows.length);
  const nodeCurvatures = new Float64Array(rows.length);

  let gradient = 0;
  let curvature = 0;
  for (let i = 0; i < rows.length; i++) {
    gradient += gradients[i]!;
    curvature += curvatures[i]!;
  }
  grow(0, rows.length, gradient, curvature, 0, depth > 0 ? histogramOf(0, rows.length) : undefined);
  return { tree, answers };

  /** Answers the node's index; takes `histogram` over. */
  function grow(
    from: number,
    to: number,
    gradient: number,
    curvature: number,
    level: number,
    histogram: Float64Array | undefined,
  ): number {
    const node = tree.column.length;
    const split = histogram && bestSplit(histogram, gradient, curvature);
    tree.column.push(split ? split.column : -1);
    tree.bin.push(split ? split.bin : 0);
    tree.left.push(0);
    tree.right.push(0);
    tree.answer.push(0);
    if (!split) {
      if (histogram) spare.push(histogram);
      return close(node);
    }
    const middle = part(from, to, split);
    const [leftHistogram, rightHistogram] =
      level + 1 < depth ? childHistograms(histogram, from, middle, to) : none(histogram);
    const { leftGradient, leftCurvature } = split;
    tree.left[node] = grow(from, middle, leftGradient, leftCurvature, level + 1, leftHistogram);
    const [g, h] = [gradient - leftGradient, curvature - leftCurvature];
    tree.right[node] = grow(middle, to, g, h, level + 1, rightHistogram);
    const isTwig = tree.column[tree.left[node]]! < 0 && tree.column[tree.right[node]]! < 0;
    return isTwig && split.gain < leastGain ? close(node) : node;

    /** Makes the node a leaf. */
    function close(leaf: number): number {
      tree.column[leaf] = -1;
      tree.answer[leaf] = -gradient / (curvature + shrinkage);
      for (let i = from; i < to; i++) answers[places[i]!] = tree.answer[leaf]!;
      return leaf;
    }
  }

  function none(histogram: Float64Array): [undefined, undefined] {
    spare.push(histogram);
    return [undefined, undefined];
  }

  /** Counts the smaller child only: the other is what remains of the parent. */
  function childHistograms(
    parent: Float64Array,
    from: number,
    middle: number,
    to: number,
  ): [Float64Array, Float64Array] {
    const leftIsSmaller = middle - from < to - middle;
    const smaller = leftIsSmaller ? histogramOf(from, middle) : histogramOf(middle, to);
    for (let i = 0; i < histogramLength; i++) parent[i]! -= smaller[i]!;
    return leftIsSmaller ? [smaller, parent] : [parent, smaller];
  }

  /** Sums of gradients (even) and curvatures (odd) of each bin of each column. */
  function histogramOf(from: number, to: number): Float64Array {
    const histogram = spare.pop()?.fill(0) ?? new Float64Array(histogramLength);
    const length = to - from;
    for (let i = 0; i < length; i++) {
      const place = places[from + i]!;
      nodeRows[i] = rows[place]!;
      nodeGradients[i] = gradients[place]!;
      nodeCurvatures[i] = curvatures[place]!;
    }
    for (let index = 0; index < columns.length; index++) {
      const { bins, count } = columns[index]!;
      const ofColumn = histogram.subarray(2 * offsets[index]!, 2 * (offsets[index]! + count));
      for (let i = 0; i < length; i++) {
        const at = 2 * bins[nodeRows[i]!]!;
        ofColumn[at]! += nodeGradients[i]!;
        ofColumn[at + 1]! += nodeCurvatures[i]!;
      }
    }
    return histogram;
  }

  function bestSplit(histogram: Float64Array, gradient: number, curvature: number): Split | undefined {
    const whole = (gradient * gradient) / (curvature + shrinkage);
    let bestGain = ROUNDING;
    let best: Split | undefined;
    for (let index = 0; index < columns.length; index++) {
      const { count, ordered } = columns[index]!;
      let at = 2 * offsets[index]!;
      let g = 0;
      let h = 0;
      for (let bin = 0; bin < count; bin++, at += 2) {
        g = ordered ? g + histogram[at]! : histogram[at]!;
        h = ordered ? h + histogram[at + 1]! : histogram[at + 1]!;
        const rest = curvature - h;
        if (h < leastWeight || rest < leastWeight) continue;
        const gain = (g * g) / (h + shrinkage) + (gradient - g) ** 2 / (rest + shrinkage) - whole;
        if (gain > bestGain) {
          bestGain = gain;
          best = { column: index, bin, leftGradient: g, leftCurvature: h, gain };
        }
      }
    }
    return best;
  }

  /** Orders the node's rows, the left child's first; answers where the right one's begin. Stable. */
  function part(from: number, to: number, { column, bin }: Split): number {
    const { bins, ordered } = columns[column]!;
    let left = from;
    let right = 0;
    for (let i = from; i < to; i++) {
      const place = places[i]!;
      const found = bins[rows[place]!]!;
      if (ordered ? found <= bin : found === bin) places[left++] = place;
      else kept[right++] = place;
    }
    places.set(kept.subarray(0, right), left);
    return left;
  }
}

/** Adds rate × the tree's answer for each row to `sums`. */
export function scoreByTree(
  { column, bin, left, right, answer }: Tree,
  columns: readonly BinnedColumn[],
  rows: Int32Array,
  rate: number,
  sums: Float64Array,
): void {
  for (let i = 0; i < rows.length; i++) {
    let node = 0;
    while (column[node]! >= 0) {
      const { bins, ordered } = columns[column[node]!]!;
      const found = bins[rows[i]!]!;
      node = (ordered ? found <= bin[node]! : found === bin[node]!) ? left[node]! : right[node]!;
    }
    sums[i]! += rate * answer[node]!;
  }
}
