import { setImmediate } from 'node:timers/promises';
import type { RankingReason } from '../../schema/messages/ranking-request.js';
import type { FittedRecommender, HistoryEvent, Ranking, RankRequest } from '../recommenders/recommender.js';
import { EventWorlds } from './events/event-worlds.js';
import { leaveOneOut } from './events/leave-one-out.js';
import { eventInWords } from './in-words.js';

/** Newest events that are looked at one by one; those before them are one together. Bounds the cost to so many rankings and two. */
export const EVENTS_LOOKED_AT = 10;

/**
 * Why each item of a ranking is there, in a bounded time: by how much less speaks for it without each of the newest events. Weights are
 * shares of what all events that speak for the item add (0–1), the most first. An item that no event speaks for has one reason, of no
 * event. `now`: when the list is shown, in ms since 1970.
 */
export async function reasonsFor(
  model: FittedRecommender,
  request: RankRequest,
  { items, basis }: Ranking,
  most: number,
  now: number,
): Promise<RankingReason[][]> {
  const without = (text: string): RankingReason[][] => items.map(() => [{ weight: 1, text }]);
  if (basis === 'POPULARITY' || model.evidenceUnit === 'COUNT') return without('popular');
  if (basis === 'FEATURES') return without(`goes with the platform ${request.platform}`);
  const history = model.historyOf(request);
  const codeOf = new Map(items.map(({ item }) => [item, -1]));
  model.items.forEach((id, code) => codeOf.has(id) && codeOf.set(id, code));
  const codes = Int32Array.from(items, ({ item }) => codeOf.get(item)!);
  const worlds = new EventWorlds(model, history, codes, {
    mostEvents: EVENTS_LOOKED_AT,
    // Others who ask meanwhile wait for one ranking, not for a dozen.
    ...{ worldsAtOnce: 1, pause: () => setImmediate() },
  });
  const { drops } = await leaveOneOut(worlds);
  const events = eventsOf(model, request, history.remembered?.events ?? 0, history.item);
  return items.map((_, item) => {
    const speaking = worlds.players
      .map((places, player) => ({
        event: { ...events[places.at(-1)!]!, events: places.length },
        drop: drops[player * items.length + item]!,
      }))
      .filter(({ drop }) => drop > 0)
      .sort((a, b) => b.drop - a.drop);
    const total = speaking.reduce((sum, { drop }) => sum + drop, 0);
    if (speaking.length === 0)
      return [
        { weight: 1, text: model.evidenceUnit === 'SIMILARITY' ? 'popular' : 'the history as a whole' },
      ];
    return speaking.slice(0, most).map(({ event, drop }) => ({
      item: event.item,
      ...(event.type !== undefined && { event: event.type }),
      ...(event.time !== undefined && { time: event.time }),
      weight: drop / total,
      text: `because of ${eventInWords(event, now)}`,
    }));
  });
}

/** The events of the history as the model sees it: of those that it remembers, only the items are known. */
function eventsOf(
  { items }: FittedRecommender,
  { history = [] }: RankRequest,
  remembered: number,
  codes: Int32Array,
): HistoryEvent[] {
  const known = new Set(Array.from(codes, (code) => items[code]!));
  const since = history
    .map((event) => (typeof event === 'string' ? { item: event } : event))
    .filter(({ item }) => known.has(item));
  return [...Array.from(codes.subarray(0, remembered), (code) => ({ item: items[code]! })), ...since];
}
