/** Who interacted with what, in order: compact histories by user. Codes are places in the lists of ids. */
export interface Interactions {
  /** Ids, in order of first appearance. A user may have no event. */
  readonly users: readonly string[];
  /** Ids of the catalogue; an item may have no event. */
  readonly items: readonly string[];
  readonly types: readonly string[];
  readonly platforms: readonly string[];
  /** Where each user's events begin, and the end of the last: users + 1. */
  readonly starts: Uint32Array;
  /** All per event, each user's oldest first; events of equal time keep the order in which they were given. */
  readonly item: Int32Array;
  /** Codes of `types`; −1: not told. */
  readonly type: Int32Array;
  /** Codes of `platforms`; −1: not told. */
  readonly platform: Int32Array;
  /** In milliseconds since 1970; left out where only the order is known. */
  readonly time?: Float64Array;
}

/** How many events of a user. */
export function lengthOf({ starts }: Interactions, user: number): number {
  return starts[user + 1]! - starts[user]!;
}

/** A user's items, oldest first; shares memory. */
export function itemsOf({ starts, item }: Interactions, user: number): Int32Array {
  return item.subarray(starts[user], starts[user + 1]);
}

/** Interactions with each item [items]. */
export function itemCounts({ items, item }: Interactions): Int32Array {
  const counts = new Int32Array(items.length);
  for (const code of item) counts[code]!++;
  return counts;
}

/** Of plain sequences: ids of items a user, oldest first. Repeats are kept. A user's id must come once. */
export function interactionsOfSequences(
  sequences: Iterable<readonly [user: string, items: readonly string[]]>,
): Interactions {
  const itemCodes = new Map<string, number>();
  const users = new Set<string>();
  const starts = [0];
  const item: number[] = [];
  for (const [user, items] of sequences) {
    if (users.has(user)) throw new RangeError(`the user "${user}" has two sequences`);
    users.add(user);
    for (const id of items) item.push(codeIn(itemCodes, id));
    starts.push(item.length);
  }
  return {
    users: [...users],
    items: [...itemCodes.keys()],
    types: ['event'],
    platforms: [],
    starts: Uint32Array.from(starts),
    item: Int32Array.from(item),
    type: new Int32Array(item.length),
    platform: new Int32Array(item.length).fill(-1),
  };
}

/** The events for which `keep` holds, by their places; users, items and codes stay, also those without an event. */
export function eventsOf(all: Interactions, keep: (at: number, user: number) => boolean): Interactions {
  const places: number[] = [];
  const starts = [0];
  for (let user = 0; user < all.users.length; user++) {
    for (let at = all.starts[user]!; at < all.starts[user + 1]!; at++) if (keep(at, user)) places.push(at);
    starts.push(places.length);
  }
  const at = (values: Int32Array): Int32Array => Int32Array.from(places, (place) => values[place]!);
  const { time } = all;
  return {
    ...all,
    starts: Uint32Array.from(starts),
    item: at(all.item),
    type: at(all.type),
    platform: at(all.platform),
    ...(time && { time: Float64Array.from(places, (place) => time[place]!) }),
  };
}

/** The code of an id, a new one where it has none. */
export function codeIn(codes: Map<string, number>, id: string): number {
  const code = codes.get(id) ?? codes.size;
  codes.set(id, code);
  return code;
}
