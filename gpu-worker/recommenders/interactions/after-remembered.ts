import type { Knowledge } from '../model-file.js';
import { codeIn, lengthOf, type Interactions } from './interactions.js';

/** What a model remembers, and what happened since. */
export interface Continued {
  readonly interactions: Interactions;
  /** Whether something of a user is new. */
  readonly hasNew: (user: number) => boolean;
}

/**
 * What a log of new events tells, behind what a model remembers of the same users: its items stay in the catalogue, with their
 * codes, and the log's new ones come behind them. Times, types and platforms of what is remembered aren't known.
 */
export function afterRemembered(
  { items, types, platforms, users, starts, remembered }: Knowledge,
  log: Interactions,
): Continued {
  const [itemCodes, typeCodes, platformCodes, userCodes] = [items, types, platforms, users].map(
    (ids) => new Map(ids.map((id, code) => [id, code] as const)),
  ) as [Codes, Codes, Codes, Codes];
  const codes = {
    item: log.items.map((id) => codeIn(itemCodes, id)),
    type: log.types.map((id) => codeIn(typeCodes, id)),
    platform: log.platforms.map((id) => codeIn(platformCodes, id)),
  };
  const inLog = new Map<number, number>();
  log.users.forEach((id, user) => inLog.set(codeIn(userCodes, id), user));
  const ends = [0];
  const events = { item: [] as number[], type: [] as number[], platform: [] as number[] };
  for (let user = 0; user < userCodes.size; user++) {
    if (user < users.length) {
      for (let at = starts[user]!; at < starts[user + 1]!; at++) {
        events.item.push(remembered[at]!);
        events.type.push(-1);
        events.platform.push(-1);
      }
    }
    const since = inLog.get(user);
    if (since !== undefined) {
      for (let at = log.starts[since]!; at < log.starts[since + 1]!; at++) {
        for (const kind of ['item', 'type', 'platform'] as const) {
          const code = log[kind][at]!;
          events[kind].push(code < 0 ? code : codes[kind][code]!);
        }
      }
    }
    ends.push(events.item.length);
  }
  return {
    interactions: {
      users: [...userCodes.keys()],
      items: [...itemCodes.keys()],
      types: [...typeCodes.keys()],
      platforms: [...platformCodes.keys()],
      starts: Uint32Array.from(ends),
      item: Int32Array.from(events.item),
      type: Int32Array.from(events.type),
      platform: Int32Array.from(events.platform),
    },
    hasNew: (user) => {
      const since = inLog.get(user);
      return since !== undefined && lengthOf(log, since) > 0;
    },
  };
}

type Codes = Map<string, number>;
