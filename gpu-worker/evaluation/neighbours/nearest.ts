import type { KdTree } from './kd-tree.js';
import { MISMATCH, type Points } from './points.js';

/** Queries between two pauses: a few milliseconds' work. */
const QUERIES_A_PAUSE = 64;
/** Numbers between two looks at whether a point is too far already. */
const STRETCH = 8;

export interface NearestOptions {
  /** Neighbours of each query. */
  readonly count: number;
  /** The queries are the tree's own points, and none is its own neighbour. */
  readonly leaveOut?: boolean;
  /** Called between stretches of work with the share done; may throw or reject to stop. */
  readonly pause: (fraction: number) => Promise<void>;
}

/** Of each query `count` neighbours, the nearest first. */
export interface Neighbours {
  readonly count: number;
  /** Euclidean; Infinity where the tree has too few points. */
  readonly distances: Float64Array;
  /** Rows of the tree's points; −1 where it has too few. */
  readonly rows: Int32Array;
}

/**
 * The nearest points of the tree to each query: exact, though most points are never looked at. Both sets of points must
 * be of the same space. Equally near points stand in the order in which the tree meets them.
 */
export async function nearest(tree: KdTree, queries: Points, options: NearestOptions): Promise<Neighbours> {
  const { count, leaveOut = false, pause } = options;
  const found = {
    count,
    distances: new Float64Array(queries.rows * count).fill(Infinity),
    rows: new Int32Array(queries.rows * count).fill(-1),
  };
  const search = searching(tree, queries, count);
  for (let query = 0; query < queries.rows; query++) {
    if (query % QUERIES_A_PAUSE === 0) await pause(query / queries.rows);
    search(query, leaveOut ? query : -1, found);
  }
  for (let i = 0; i < found.distances.length; i++) found.distances[i] = Math.sqrt(found.distances[i]!);
  return found;
}

function searching({ points, order, ...tree }: KdTree, queries: Points, count: number) {
  const { numbers: width, categories } = points.dimensions;
  const { numbers, codes } = points;
  const { numbers: queryNumbers, codes: queryCodes } = queries;
  const isLeaf = (node: number) => tree.dimension[node]! < 0;
  /** By dimension, the least squared distance to the region that is being looked at. */
  const owed = new Float64Array(width + categories);
  let query = 0;
  let skipped = -1;
  /** Squared distances of the best so far, the nearest first, and their rows. */
  const best = new Float64Array(count);
  const bestRows = new Int32Array(count);

  return (at: number, leftOut: number, found: Neighbours): void => {
    [query, skipped] = [at, leftOut];
    best.fill(Infinity);
    bestRows.fill(-1);
    if (points.rows > 0) visit(0, 0);
    found.distances.set(best, at * count);
    found.rows.set(bestRows, at * count);
  };

  /** `least`: squared distance to the node's region; nothing in it is nearer. */
  function visit(node: number, least: number): void {
    if (isLeaf(node)) return lookAt(tree.left[node]!, tree.right[node]!, least);
    const dimension = tree.dimension[node]!;
    const [toLeft, toRight] = borders(node, dimension);
    const paid = owed[dimension]!;
    const children =
      toLeft <= toRight
        ? ([node + 1, toLeft, tree.rightChild[node]!, toRight] as const)
        : ([tree.rightChild[node]!, toRight, node + 1, toLeft] as const);
    enter(children[0], least, paid, Math.max(paid, children[1]), dimension);
    enter(children[2], least, paid, Math.max(paid, children[3]), dimension);
  }

  function enter(node: number, least: number, paid: number, price: number, dimension: number): void {
    const bound = least - paid + price;
    if (bound >= best[count - 1]!) return;
    owed[dimension] = price;
    visit(node, bound);
    owed[dimension] = paid;
  }

  /** Squared distances along the dimension to what lies left and right of the border. */
  function borders(node: number, dimension: number): [number, number] {
    if (dimension >= width) {
      const code = queryCodes[query * categories + dimension - width]!;
      return [code > tree.left[node]! ? MISMATCH : 0, code < tree.right[node]! ? MISMATCH : 0];
    }
    const value = queryNumbers[query * width + dimension]!;
    return [Math.max(0, value - tree.left[node]!) ** 2, Math.max(0, tree.right[node]! - value) ** 2];
  }

  function lookAt(from: number, to: number, least: number): void {
    for (let i = from; i < to; i++) {
      // So a leaf of a million equal points costs a few.
      if (least >= best[count - 1]!) return;
      const row = order[i]!;
      if (row !== skipped) offer(row, distanceTo(row, best[count - 1]!));
    }
  }

  /** Squared distance, or anything from `enough` on once it can't be less. */
  function distanceTo(row: number, enough: number): number {
    let sum = 0;
    for (let at = row * categories, from = query * categories; at < (row + 1) * categories; at++, from++) {
      if (codes[at] !== queryCodes[from]) sum += MISMATCH;
    }
    const end = (row + 1) * width;
    for (let at = row * width, from = query * width; at < end && sum < enough;) {
      // Looking at the sum more often costs more than it saves.
      for (const stop = Math.min(at + STRETCH, end); at < stop; at++, from++) {
        const difference = numbers[at]! - queryNumbers[from]!;
        sum += difference * difference;
      }
    }
    return sum;
  }

  function offer(row: number, distance: number): void {
    if (!(distance < best[count - 1]!)) return;
    let place = count - 1;
    for (; place > 0 && best[place - 1]! > distance; place--) {
      best[place] = best[place - 1]!;
      bestRows[place] = bestRows[place - 1]!;
    }
    best[place] = distance;
    bestRows[place] = row;
  }
}
