import type { History } from '../recommender.js';
import { eventsOf, itemsOf, lengthOf, type Interactions } from './interactions.js';

/** One list to make, and what should be in it. */
export interface RankingCase {
  /** Code of the user. */
  readonly user: number;
  /** What is known of the user; empty for one who is only in the test. */
  readonly history: History;
  /** Distinct codes of items, at least one. */
  readonly targets: Int32Array;
}

/** What a recommender learns from, and what it is tested on. Codes of users and items are those of the whole. */
export interface Split {
  readonly train: Interactions;
  /** 1 for each event of the whole that is held out [events]; the others are `train`. */
  readonly heldOut: Uint8Array;
  readonly cases: readonly RankingCase[];
  /** Users that can't be tested, since they have too few events or none behind the cut. */
  readonly untested: number;
}

/**
 * The last item of each user is the test, and all before it are learnt from. A user of one event is learnt from and not tested.
 * The validation item of the usual protocol, the second last, is the last of `train`: a recommender that needs one holds it out
 * itself, and has it in the histories that it is tested on.
 *
 * `testable` keeps users from the test whose last item can't be one, such as one that a model was trained with before.
 */
export function leaveOneOut(all: Interactions, testable: (user: number) => boolean = () => true): Split {
  const cases: RankingCase[] = [];
  for (let user = 0; user < all.users.length; user++) {
    if (lengthOf(all, user) < 2 || !testable(user)) continue;
    const items = itemsOf(all, user);
    cases.push({
      user,
      history: historyOf(all, all.starts[user]!, all.starts[user + 1]! - 1),
      targets: items.slice(-1),
    });
  }
  const heldOut = new Uint8Array(all.item.length);
  for (const { user } of cases) heldOut[all.starts[user + 1]! - 1] = 1;
  return { ...learntAndHeldOut(all, heldOut), cases, untested: all.users.length - cases.length };
}

/**
 * All events before a time are learnt from. Each user's distinct items from then on are the targets of one list, made from
 * what the user did before, which may be nothing.
 *
 * @throws RangeError for interactions without times, and for a time that leaves nothing to learn from or to test
 */
export function timeSplit(all: Interactions, from: number): Split {
  const { time } = all;
  if (!time) throw new RangeError("interactions without times can't be split by time");
  const parts = learntAndHeldOut(
    all,
    Uint8Array.from(time, (at) => (at >= from ? 1 : 0)),
  );
  const { train, heldOut } = parts;
  const later = eventsOf(all, (at) => heldOut[at] === 1);
  const cases: RankingCase[] = [];
  for (let user = 0; user < all.users.length; user++) {
    if (lengthOf(later, user) === 0) continue;
    cases.push({
      user,
      history: {
        ...historyOf(train, train.starts[user]!, train.starts[user + 1]!),
        now: later.time![later.starts[user]!]!,
      },
      targets: Int32Array.from(new Set(itemsOf(later, user))),
    });
  }
  if (train.item.length === 0 || cases.length === 0) {
    throw new RangeError(
      `the time ${from} leaves ${train.item.length} events to learn from and ${cases.length} users to test`,
    );
  }
  return { ...parts, cases, untested: all.users.length - cases.length };
}

const learntAndHeldOut = (all: Interactions, heldOut: Uint8Array) => ({
  heldOut,
  train: eventsOf(all, (at) => heldOut[at] === 0),
});

/** Events from one place up to another as a history, and the time of the event behind it as now. */
export function historyOf({ item, type, platform, time }: Interactions, from: number, to: number): History {
  return {
    item: item.slice(from, to),
    type: type.slice(from, to),
    platform: platform.slice(from, to),
    ...(time && { time: time.slice(from, to), ...(to < time.length && { now: time[to]! }) }),
  };
}

/** The time before which a share of all events lies, 0–1. */
export function timeAt({ time }: Interactions, share: number): number {
  if (!time || time.length === 0) throw new RangeError('interactions without times have no time of a share');
  return time.slice().sort()[Math.min(time.length - 1, Math.floor(share * time.length))]!;
}
