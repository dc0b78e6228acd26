import type { Random } from '../../compute/random.js';
import type { Transitions } from '../../events/transitions.js';

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
    private readonly random: Random,
  ) {
    this.left = transitions.weights.slice();
  }

  /**
   * A follower of `from`, each card of the deck as likely as `preference` says, which is 0 for one that is refused. −1 where
   * nothing follows or all is refused.
   */
  deal(from: number, preference: (item: number) => number): number {
    const { followers, starts, weights } = this.transitions;
    const [start, end] = [starts[from]!, starts[from + 1]!];
    const preferences = Float64Array.from(followers.subarray(start, end), preference);
    const drawn = (of: Float32Array): number => {
      const chances = preferences.map((chance, place) => chance * of[start + place]!);
      return chances.some((chance) => chance > 0) ? start + this.random.categorical(chances) : -1;
    };
    const at = drawn(this.left);
    // What is left of the deck may all be refused: then any card that isn't, which is not taken from it.
    if (at < 0) {
      const other = drawn(weights);
      return other < 0 ? -1 : followers[other]!;
    }
    this.left[at]!--;
    const left = this.left.subarray(start, end);
    if (left.every((cards) => cards === 0)) left.set(weights.subarray(start, end));
    return followers[at]!;
  }
}
