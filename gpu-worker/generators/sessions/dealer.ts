import type { Random } from '../../compute/random.js';
import type { Transitions } from '../../events/transitions.js';
import type { Taste, Tastes } from './taste.js';

/**
 * Draws followers of items by their counts, as cards from a deck an item (systematic sampling without replacement). Independent
 * draws would miss a third of the transitions that were met once, and a recommender that learns from the log would miss them
 * too; of a deck, as many draws as there are cards give every transition its count, whoever gets which.
 */
export class Dealer {
  /** Cards that are left of each item's followers. */
  private readonly left: Float32Array;

  /** The weights of `transitions` are whole numbers. */
  constructor(
    private readonly transitions: Transitions,
    private readonly tastes: Tastes,
    private readonly random: Random,
  ) {
    this.left = transitions.weights.slice();
  }

  /** A follower of `from` that isn't refused, those sooner that go with the taste; −1 where there is none. */
  deal(from: number, taste: Taste, refused: (item: number) => boolean): number {
    const { followers, starts, weights } = this.transitions;
    const [start, end] = [starts[from]!, starts[from + 1]!];
    const items = followers.subarray(start, end);
    const [left, all] = [this.left.subarray(start, end), weights.subarray(start, end)];
    const at = this.tastes.draw(taste, items, left, refused, this.random);
    if (at < 0) {
      // What is left of the deck is all refused: then any other card, which is not taken from it.
      const other = this.tastes.draw(taste, items, all, refused, this.random);
      return other < 0 ? -1 : items[other]!;
    }
    left[at]!--;
    if (left.every((cards) => cards === 0)) left.set(all);
    return items[at]!;
  }
}
