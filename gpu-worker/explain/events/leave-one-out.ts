import { changed, everybody } from '../game.js';
import type { EventWorlds } from './event-worlds.js';

/** What changes when one player's events hadn't happened, all [players, items]. */
export interface LeaveOneOut {
  /** By how much the evidence for an item falls. */
  readonly drops: Float64Array;
  /** Where the item would stand. */
  readonly ranks: Float64Array;
}

/** Costs one world a player. */
export async function leaveOneOut(worlds: EventWorlds): Promise<LeaveOneOut> {
  const { players, outputs } = worlds.game;
  const all = everybody(players);
  const [whole, ...others] = await worlds.of([
    all,
    ...Array.from({ length: players }, (_, player) => changed(all, player, false)),
  ]);
  const drops = new Float64Array(players * outputs);
  const ranks = new Float64Array(players * outputs);
  others.forEach((world, player) => {
    for (let item = 0; item < outputs; item++)
      drops[player * outputs + item] = whole!.evidence[item]! - world.evidence[item]!;
    ranks.set(world.ranks, player * outputs);
  });
  return { drops, ranks };
}
