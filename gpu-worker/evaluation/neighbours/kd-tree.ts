import { MISMATCH, type Points } from './points.js';

/** A leaf holds so many points at most, unless they are all the same. */
const LEAF = 12;

/**
 * A k-d tree (Bentley, 1975) whose nodes part points by a number or by the code of a category. The latter part best: whoever
 * crosses such a border pays a whole mismatch. Nodes in order of growth, the root first; the arrays run in parallel.
 */
export interface KdTree {
  readonly points: Points;
  /** Rows of `points`, those of a leaf side by side. */
  readonly order: Int32Array;
  /** Dimension that a node parts by, numbers first, then categories; −1 for a leaf. */
  readonly dimension: readonly number[];
  /** The largest number or code on the left. Leaves: where their rows begin in `order`. */
  readonly left: readonly number[];
  /** The least number or code on the right. Leaves: where their rows end. */
  readonly right: readonly number[];
  /** Node of the right child; the left child follows its parent. */
  readonly rightChild: readonly number[];
}

interface Split {
  readonly dimension: number;
  /** Rows below it go left. */
  readonly at: number;
}

export function growKdTree(points: Points): KdTree {
  const { rows, numbers, codes } = points;
  const { numbers: width, categories } = points.dimensions;
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const kept = new Int32Array(rows);
  const sorted = new Float64Array(rows);
  const tree = { dimension: [], left: [], right: [], rightChild: [] } as Record<
    'dimension' | 'left' | 'right' | 'rightChild',
    number[]
  >;
  grow(0, rows);
  return { points, order, ...tree };

  function grow(from: number, to: number): void {
    const node = tree.dimension.length;
    const split = to - from > LEAF ? widest(from, to) : undefined;
    tree.dimension.push(split ? split.dimension : -1);
    tree.left.push(from);
    tree.right.push(to);
    tree.rightChild.push(0);
    if (!split) return;
    const middle = part(from, to, split, node);
    grow(from, middle);
    tree.rightChild[node] = tree.dimension.length;
    grow(middle, to);
  }

  /** The dimension that parts the rows furthest; undefined when they are all the same. */
  function widest(from: number, to: number): Split | undefined {
    let most = 0;
    let best: Split | undefined;
    for (let index = 0; index < width; index++) {
      const variance = Math.min(varianceOf(from, to, index), 1);
      // Equal variances count, so that rows too near for a variance above 0 are parted, too.
      if (variance < most) continue;
      const at = cutOf(from, to, index);
      if (at !== undefined) [most, best] = [variance, { dimension: index, at }];
    }
    for (let index = width; index < width + categories; index++) {
      const at = cutOf(from, to, index);
      if (at === undefined) continue;
      const share = shareBelow(from, to, index, at);
      const variance = MISMATCH * share * (1 - share);
      if (variance >= most) [most, best] = [variance, { dimension: index, at }];
    }
    return best;
  }

  function varianceOf(from: number, to: number, index: number): number {
    let [mean, squares] = [0, 0];
    for (let i = from; i < to; i++) {
      const value = numbers[order[i]! * width + index]!;
      const distance = value - mean;
      mean += distance / (i - from + 1);
      squares += distance * (value - mean);
    }
    return squares / (to - from);
  }

  function valueOf(row: number, dimension: number): number {
    return dimension < width
      ? numbers[row * width + dimension]!
      : codes[row * categories + dimension - width]!;
  }

  /** The value nearest to the median that has others below it; undefined when all are equal. */
  function cutOf(from: number, to: number, dimension: number): number | undefined {
    const values = sorted.subarray(0, to - from);
    for (let i = from; i < to; i++) values[i - from] = valueOf(order[i]!, dimension);
    values.sort();
    if (values[0] === values.at(-1)) return undefined;
    const middle = values.length >> 1;
    for (let away = 0; ; away++) {
      for (const place of [middle + away, middle - away]) {
        if (place > 0 && place < values.length && values[place]! > values[place - 1]!) return values[place]!;
      }
    }
  }

  function shareBelow(from: number, to: number, dimension: number, at: number): number {
    let below = 0;
    for (let i = from; i < to; i++) if (valueOf(order[i]!, dimension) < at) below++;
    return below / (to - from);
  }

  /** Orders the node's rows, the left child's first; answers where the right one's begin, and notes the border. */
  function part(from: number, to: number, { dimension, at }: Split, node: number): number {
    let left = from;
    let right = 0;
    let [below, above] = [-Infinity, Infinity];
    for (let i = from; i < to; i++) {
      const row = order[i]!;
      const value = valueOf(row, dimension);
      if (value < at) {
        below = Math.max(below, value);
        order[left++] = row;
      } else {
        above = Math.min(above, value);
        kept[right++] = row;
      }
    }
    order.set(kept.subarray(0, right), left);
    tree.left[node] = below;
    tree.right[node] = above;
    return left;
  }
}
