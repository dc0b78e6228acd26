import type { Random } from '../../compute/random.js';
import { lengthOf, type Interactions } from './interactions.js';

/** Users whose last event is held out from learning, to decide when it ends. */
export interface HeldOutUsers {
  /** Codes, in random order. A user of one event has nothing to hold out. */
  readonly users: Uint32Array;
  /** Where each user's events to learn from end [users]. */
  readonly ends: Uint32Array;
}

/** A share of the users with two events or more, one at least and `most` at most. */
export function heldOutUsers(
  interactions: Interactions,
  share: number,
  most: number,
  random: Random,
): HeldOutUsers {
  const able = Uint32Array.from(interactions.users.keys()).filter((user) => lengthOf(interactions, user) > 1);
  const count = Math.min(most, Math.max(1, Math.round(share * able.length)));
  const users = random
    .permutation(able.length)
    .subarray(0, count)
    .map((place) => able[place]!);
  const ends = interactions.starts.slice(1);
  for (const user of users) ends[user]!--;
  return { users, ends };
}
