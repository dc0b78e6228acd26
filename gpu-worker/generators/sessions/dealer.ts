import type { Random } from '../../compute/random.js';
import type { Transitions } from '../../events/transitions.js';

/**
 * Draws followers of items by their counts, as cards from a shuffled deck an item (systematic sampling without
 * replacement). Independent draws would miss a third of the transitions that were met once, and a recommender that learns from
 * the log would miss them too; of a deck, as many draws as there are cards give every transition its count.
 */
export class Dealer {
  private readonly decks = new Map<number, { readonly cards: Int32Array; next: number }>();

  /** The weights of `transitions` are whole numbers. */
  constructor(
    private readonly transitions: Transitions,
    private readonly random: Random,
  ) {}

  /** −1 where nothing follows. A refused card is left for another draw. */
  deal(from: number, refused: (item: number) => boolean): number {
    const deck = this.deckOf(from);
    const { cards } = deck;
    for (let at = deck.next; at < cards.length; at++) {
      const card = cards[at]!;
      if (refused(card)) continue;
      cards[at] = cards[deck.next]!;
      cards[deck.next++] = card;
      if (deck.next === cards.length) this.shuffle(deck);
      return card;
    }
    // What is left of the deck may all be refused: then any card that isn't.
    const others = cards.subarray(0, deck.next).filter((card) => !refused(card));
    return others.length === 0 ? -1 : others[this.random.integer(others.length)]!;
  }

  private deckOf(from: number): { readonly cards: Int32Array; next: number } {
    const known = this.decks.get(from);
    if (known) return known;
    const { starts, followers, weights, totals } = this.transitions;
    const cards = new Int32Array(Math.round(totals[from]!));
    let filled = 0;
    for (let at = starts[from]!; at < starts[from + 1]!; at++) {
      const end = filled + Math.round(weights[at]!);
      cards.fill(followers[at]!, filled, end);
      filled = end;
    }
    const deck = { cards, next: 0 };
    this.shuffle(deck);
    this.decks.set(from, deck);
    return deck;
  }

  private shuffle(deck: { readonly cards: Int32Array; next: number }): void {
    const { cards } = deck;
    for (let last = cards.length - 1; last > 0; last--) {
      const other = this.random.integer(last + 1);
      const held = cards[last]!;
      cards[last] = cards[other]!;
      cards[other] = held;
    }
    deck.next = 0;
  }
}
