import { eventsOf, type Interactions } from '../recommenders/interactions/interactions.js';
import type { FittedRecommender, HistoryEvent, RankRequest } from '../recommenders/recommender.js';

/** A log as a recommender sees it. */
export interface KnownLog {
  /** Without events on items that the recommender doesn't know; codes of items are the recommender's. */
  readonly interactions: Interactions;
  /** Events that are left out. */
  readonly unknownEvents: number;
  /** Latest time of the log, in ms since 1970; NaN where it has none. */
  readonly now: number;
}

export function knownLog(log: Interactions, model: Pick<FittedRecommender, 'items'>): KnownLog {
  const codes = new Map(model.items.map((id, code) => [id, code]));
  const known = Int32Array.from(log.items, (id) => codes.get(id) ?? -1);
  const kept = eventsOf(log, (at) => known[log.item[at]!]! >= 0);
  return {
    interactions: {
      ...kept,
      items: model.items,
      item: kept.item.map((item) => known[item]!),
    },
    unknownEvents: log.item.length - kept.item.length,
    now: log.time ? log.time.reduce((a, b) => Math.max(a, b), -Infinity) : NaN,
  };
}

/** A request whose history is told event by event. */
export type EventsRequest = Omit<RankRequest, 'history'> & { readonly history: readonly HistoryEvent[] };

/** What is asked for a user of the log: what they did, shown when the log ends. What a model remembers of the user isn't asked. */
export function requestOf({ interactions, now }: KnownLog, user: number, k: number): EventsRequest {
  const { starts, item, items, type, types, platform, platforms, time } = interactions;
  const history: HistoryEvent[] = [];
  for (let at = starts[user]!; at < starts[user + 1]!; at++)
    history.push({
      item: items[item[at]!]!,
      type: types[type[at]!],
      platform: platforms[platform[at]!],
      time: time?.[at],
    });
  return { history, k, ...(!Number.isNaN(now) && { now }) };
}
