import { codeIn, lengthOf, type Interactions } from './interactions.js';

/**
 * The users of another log behind those of the first, over the first's catalogue and in its codes. Events on items that the
 * catalogue lacks are left out and counted, and so are users that have no other. A user of both logs is two users.
 * Users are taken in their order, up to `most` of their events on known items (≥ 1); the first is taken in any case.
 */
export function withUsers(
  base: Interactions,
  others: Interactions,
  most = Infinity,
): { readonly interactions: Interactions; readonly unknownItems: number } {
  const itemCodes = codesOf(base.items);
  const [typeCodes, platformCodes] = [codesOf(base.types), codesOf(base.platforms)];
  const types = others.types.map((type) => codeIn(typeCodes, type));
  const platforms = others.platforms.map((platform) => codeIn(platformCodes, platform));
  const items = others.items.map((item) => itemCodes.get(item) ?? -1);
  const taken = new Set(base.users);
  const users: string[] = [];
  const starts = [base.item.length];
  const kept: number[] = [];
  let unknownItems = 0;
  for (let user = 0; user < others.users.length; user++) {
    const before = kept.length;
    for (let at = others.starts[user]!; at < others.starts[user + 1]!; at++) {
      if (items[others.item[at]!]! >= 0) kept.push(at);
    }
    if (before > 0 && kept.length > most) {
      kept.length = before;
      break;
    }
    unknownItems += lengthOf(others, user) - (kept.length - before);
    if (kept.length === before && lengthOf(others, user) > 0) continue;
    const id = others.users[user]!;
    users.push(taken.has(id) ? `${id} (another)` : id);
    starts.push(base.item.length + kept.length);
  }
  const joined = (of: 'item' | 'type' | 'platform', codes: readonly number[]): Int32Array => {
    const all = new Int32Array(base[of].length + kept.length);
    all.set(base[of]);
    kept.forEach((at, index) => {
      const code = others[of][at]!;
      all[base[of].length + index] = code < 0 ? code : codes[code]!;
    });
    return all;
  };
  return {
    interactions: {
      users: [...base.users, ...users],
      items: base.items,
      types: [...typeCodes.keys()],
      platforms: [...platformCodes.keys()],
      starts: Uint32Array.from([...base.starts.subarray(0, -1), ...starts]),
      item: joined('item', items),
      type: joined('type', types),
      platform: joined('platform', platforms),
      // Where one of the logs has no times, the order is all that is known.
      ...(base.time && others.time && { time: times(base.time, others.time, kept) }),
    },
    unknownItems,
  };
}

/** The same users and codes, without an event. */
export function withoutEvents(all: Interactions): Interactions {
  const none = new Int32Array(0);
  return {
    ...all,
    starts: new Uint32Array(all.starts.length),
    ...{ item: none, type: none, platform: none },
    ...(all.time && { time: new Float64Array(0) }),
  };
}

const codesOf = (ids: readonly string[]): Map<string, number> =>
  new Map(ids.map((id, code) => [id, code] as const));

function times(base: Float64Array, others: Float64Array, kept: readonly number[]): Float64Array {
  const all = new Float64Array(base.length + kept.length);
  all.set(base);
  kept.forEach((at, index) => (all[base.length + index] = others[at]!));
  return all;
}
