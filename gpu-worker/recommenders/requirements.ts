import { UserFailure } from '../failure.js';
import type { Interactions } from './interactions/interactions.js';

/** Throws UserFailure INSUFFICIENT_DATA for a catalogue without items, or without any event. */
export function requireInteractions({ items, item }: Interactions, recommender: string): void {
  if (items.length > 0 && item.length > 0) return;
  throw new UserFailure(
    'INSUFFICIENT_DATA',
    `There are ${item.length} interactions with ${items.length} items; the recommender "${recommender}" needs at least one to ` +
      'learn from. Check which columns and types of events it is given.',
  );
}

/** Throws UserFailure INSUFFICIENT_DATA where nothing follows on anything: no user has two events to learn from. */
export function requireSequences(sequences: number, recommender: string): void {
  if (sequences > 0) return;
  throw new UserFailure(
    'INSUFFICIENT_DATA',
    `Hardly a user has more than one interaction, so that nothing follows on anything; the recommender "${recommender}" learns from ` +
      'what comes next. Take "popularity" or "item-knn", or more types of events.',
  );
}
