import type { Random } from '../../compute/random.js';
import { everybody, nobody, type Coalition } from '../game.js';
import type { EventWorlds } from './event-worlds.js';

/** How an item's place changes while events go, or come, in the order of an attribution. */
export interface FaithfulnessCurves {
  /** Gain at each of `GRID` [11]: the events that are held to matter most taken away first. Faithful attributions make it fall soon. */
  readonly deletion: Float64Array;
  /** Of nothing but those that matter most, then more. Faithful ones make it rise soon. */
  readonly insertion: Float64Array;
}

/** Shares of the events that are gone, or there. */
export const GRID: readonly number[] = Array.from({ length: 11 }, (_, step) => step / 10);

/** What a place in a list is worth, as NDCG has it for one item: 1 at the top, 0.5 at rank 3. */
export const gainOf = (rank: number): number => 1 / Math.log2(1 + rank);

/** Players by an attribution to them, the highest first; of equal ones, the newest. */
export function orderBy(attribution: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: attribution.length }, (_, player) => player).sort(
    (a, b) => attribution[b]! - attribution[a]! || b - a,
  );
}

/**
 * Deletion and insertion curves (Petsiuk, Das and Saenko, "RISE", 2018) of the gain of one item's rank. Costs at most
 * 2 · players worlds.
 */
export async function faithfulnessCurves(
  worlds: EventWorlds,
  item: number,
  order: Uint32Array,
): Promise<FaithfulnessCurves> {
  const [left, put] = [everybody(order.length), nobody(order.length)];
  const deleting: Coalition[] = [left.slice()];
  const inserting: Coalition[] = [put.slice()];
  for (const player of order) {
    left[player] = 0;
    put[player] = 1;
    deleting.push(left.slice());
    inserting.push(put.slice());
  }
  const found = await worlds.of([...deleting, ...inserting]);
  const gains = found.map(({ ranks }) => gainOf(ranks[item]!));
  return {
    deletion: onGrid(gains.slice(0, deleting.length)),
    insertion: onGrid(gains.slice(deleting.length)),
  };
}

/** The mean of the curves of random orders. */
export async function randomCurves(
  worlds: EventWorlds,
  item: number,
  orders: number,
  random: Random,
): Promise<FaithfulnessCurves> {
  const all: FaithfulnessCurves[] = [];
  for (let order = 0; order < orders; order++)
    all.push(await faithfulnessCurves(worlds, item, random.derive(order).permutation(worlds.players.length)));
  return {
    deletion: meanCurve(all.map((one) => one.deletion)),
    insertion: meanCurve(all.map((one) => one.insertion)),
  };
}

/** Point by point. */
export function meanCurve(curves: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(
    GRID,
    (_, at) => curves.reduce((sum, curve) => sum + curve[at]!, 0) / curves.length,
  );
}

/** Area under a curve, by trapezoids: the mean gain. */
export function areaUnder(curve: ArrayLike<number>): number {
  let area = 0;
  for (let at = 1; at < GRID.length; at++)
    area += ((GRID[at]! - GRID[at - 1]!) * (curve[at]! + curve[at - 1]!)) / 2;
  return area;
}

/** In straight lines between the points of one more event each. */
function onGrid(gains: readonly number[]): Float64Array {
  const last = gains.length - 1;
  return Float64Array.from(GRID, (share) => {
    const below = Math.floor(share * last + 1e-9);
    const above = Math.min(last, below + 1);
    return gains[below]! + (share * last - below) * (gains[above]! - gains[below]!);
  });
}
