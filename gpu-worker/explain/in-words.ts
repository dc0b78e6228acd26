import type { EventAttribution, ItemExplanation } from '../../schema/messages/explanation.js';

/** An event, as people call it. */
type Told = Pick<EventAttribution, 'item' | 'type' | 'time'> & { readonly events?: number };

const DAY_MS = 86_400_000;
/** Events that a sentence names. */
const MOST_NAMED = 2;
/** Less of an item's evidence than this isn't worth telling, as a share of the most that any event has. */
const LEAST_SHARE = 0.1;

/** `view, 2 days ago`; undefined where neither is known. `now` in ms since 1970. */
export function detailsOf({ type, time }: Pick<Told, 'type' | 'time'>, now: number): string | undefined {
  const details = [
    ...(type === undefined || type === '' ? [] : [type]),
    ...(time === undefined || Number.isNaN(time) || Number.isNaN(now) ? [] : [agoInWords(now - time)]),
  ];
  return details.length > 0 ? details.join(', ') : undefined;
}

/** `A (view, 2 days ago)`. */
export function eventInWords(event: Told, now: number): string {
  const details = detailsOf(event, now);
  const earlier = (event.events ?? 1) > 1 ? `${event.events} events up to ` : '';
  return `${earlier}${event.item}${details === undefined ? '' : ` (${details})`}`;
}

export function agoInWords(milliseconds: number): string {
  const days = milliseconds / DAY_MS;
  if (days >= 1.5) return `${Math.round(days)} days ago`;
  if (days >= 0.75) return 'a day ago';
  const hours = Math.round(24 * days);
  if (hours >= 1) return hours === 1 ? 'an hour ago' : `${hours} hours ago`;
  return 'just now';
}

/** Why an item is on the list, in a sentence. */
export function itemInWords(
  { events, counterfactual }: Pick<ItemExplanation, 'events' | 'counterfactual'>,
  now: number,
): string {
  if (events.length === 0) return 'Because it is popular: nothing is known of the user.';
  const most = Math.max(...events.map(({ shapley }) => shapley));
  const named = events
    .filter(({ shapley }) => shapley > 0 && shapley >= LEAST_SHARE * most)
    .sort((a, b) => b.shapley - a.shapley)
    .slice(0, MOST_NAMED);
  const because =
    named.length === 0
      ? 'Whatever the user did: no event speaks for it.'
      : `Because of ${listed(named.map((event) => eventInWords(event, now)))}.`;
  return [because, ...(counterfactual ? [withoutInWords(events, counterfactual)] : [])].join(' ');
}

function withoutInWords(
  events: readonly EventAttribution[],
  { without, rank }: NonNullable<ItemExplanation['counterfactual']>,
): string {
  if (without.length === events.length)
    return `Without ${events.length === 1 ? 'this event' : 'any event'} it would stand at ${rank}.`;
  const names = without.map((at) => events[at]!.item);
  return `Without ${names.length > 3 ? `${names.length} of the events` : listed(names)} it would stand at ${rank}.`;
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
