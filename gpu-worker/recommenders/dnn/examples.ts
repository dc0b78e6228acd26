import type { Interactions } from '../interactions/interactions.js';
import type { ItemFeatures } from '../features/item-features.js';
import {
  addEvent,
  noState,
  stateLength,
  type UserLayout,
  type UserState,
} from '../features/user-features.js';

/** Choices that users made: each event but a user's first, with what was known before it. */
export interface Examples {
  readonly count: number;
  /** Place of the chosen item in the list of all events. */
  readonly at: Uint32Array;
  /** Where its user's events begin. */
  readonly from: Uint32Array;
  /** State of the user before it [count, stateLength]. */
  readonly states: Float64Array;
}

/** What states are made with. */
export interface StateContext {
  readonly layout: UserLayout;
  readonly features: Pick<ItemFeatures, 'price' | 'category'>;
  /** In money; NaN: not known. */
  readonly prices: ArrayLike<number>;
}

/** Of users up to where each one's events end; and each user's state at that end [users, stateLength]. */
export function examplesOf(
  { users, starts, item, type, platform, time }: Interactions,
  ends: Uint32Array,
  { layout, features, prices }: StateContext,
): { readonly examples: Examples; readonly states: Float64Array } {
  const length = stateLength(layout);
  const final = new Float64Array(users.length * length);
  let count = 0;
  users.forEach((_, user) => (count += Math.max(0, ends[user]! - starts[user]! - 1)));
  const made = {
    at: new Uint32Array(count),
    from: new Uint32Array(count),
    states: new Float64Array(count * length),
  };
  let next = 0;
  users.forEach((_, user) => {
    const state = noState(layout);
    for (let at = starts[user]!; at < ends[user]!; at++) {
      if (at > starts[user]!) {
        made.at[next] = at;
        made.from[next] = starts[user]!;
        made.states.set(state, next * length);
        next++;
      }
      const event = { item: item[at]!, type: type[at]!, platform: platform[at]!, time: time?.[at] ?? NaN };
      addEvent(state, layout, event, features, prices);
    }
    final.set(state, user * length);
  });
  return { examples: { count, ...made }, states: final };
}

/** One row of a matrix of states; shares memory. */
export function stateAt(states: Float64Array, layout: UserLayout, row: number): UserState {
  const length = stateLength(layout);
  return states.subarray(row * length, (row + 1) * length);
}

/**
 * What the last items of a history count in its mean, the newest last: each `decay` of the one after it, together 1. Items
 * further back count nothing.
 */
export function recencyWeights(items: number, decay: number): Float32Array {
  const weights = Float32Array.from({ length: items }, (_, place) => decay ** (items - 1 - place));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
