import { changed, everybody } from '../game.js';
import type { EventWorlds, World } from './event-worlds.js';

/** Events without which an item wouldn't be on the list. */
export interface Counterfactual {
  /** Players whose events are taken away, rising; none of them can be left in without the item coming back onto the list. */
  readonly without: readonly number[];
  /** Where the item would stand, beyond k. */
  readonly rank: number;
}

/**
 * A small set of events without which an item drops out of the top k: at each step the event goes whose loss puts the item furthest
 * back (of equal ones, the one that spoke most for it), then whatever turns out not to be needed comes back. Greedy: there may be a
 * smaller set. Undefined where none of up to `most` players is found. Costs at most most · players worlds.
 */
export async function counterfactual(
  worlds: EventWorlds,
  item: number,
  k: number,
  most: number,
): Promise<Counterfactual | undefined> {
  const { players } = worlds.game;
  let kept = everybody(players);
  const without: number[] = [];
  let rank = 0;
  while (rank <= k) {
    const left = [...kept.keys()].filter((player) => kept[player]);
    if (left.length === 0 || without.length === most) return undefined;
    const found = await worlds.of(left.map((player) => changed(kept, player, false)));
    const isFurther = (a: World, b: World): boolean =>
      a.ranks[item]! > b.ranks[item]! ||
      (a.ranks[item] === b.ranks[item] && a.evidence[item]! < b.evidence[item]!);
    const best = left.reduce(
      (furthest, _, at) => (isFurther(found[at]!, found[furthest]!) ? at : furthest),
      0,
    );
    without.push(left[best]!);
    kept = changed(kept, left[best]!, false);
    rank = found[best]!.ranks[item]!;
  }
  for (const player of without.slice(0, -1)) {
    const [world] = await worlds.of([changed(kept, player, true)]);
    if (world!.ranks[item]! <= k) continue;
    without.splice(without.indexOf(player), 1);
    kept = changed(kept, player, true);
    rank = world!.ranks[item]!;
  }
  return { without: without.sort((a, b) => a - b), rank };
}
