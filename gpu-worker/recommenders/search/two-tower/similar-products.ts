import type { Random } from '../../../compute/random.js';
import type { Product } from '../search-ranker.js';
import { wordsOf } from '../text/analysis.js';

/**
 * Products that are easily taken for another, to learn to tell apart: those that share a word of its title. Drawing one
 * takes no ranking, so that it costs the same in a long catalogue.
 */
export class SimilarProducts {
  readonly #titles: readonly (readonly string[])[];
  readonly #holders = new Map<string, number[]>();

  /** @param among places of the products that may be drawn, at least one */
  constructor(
    products: readonly Product[],
    private readonly among: Uint32Array,
  ) {
    this.#titles = products.map(({ title }) => [...new Set(wordsOf(title ?? ''))]);
    for (const place of among)
      for (const word of this.#titles[place]!) {
        const holders = this.#holders.get(word) ?? [];
        this.#holders.set(word, holders);
        holders.push(place);
      }
  }

  /** A product that shares a word, mostly a rare one; any one, the product itself too, where none does. */
  draw(product: number, random: Random): number {
    const words = this.#titles[product]!;
    if (words.length > 0) {
      const [one, other] = [words[random.integer(words.length)]!, words[random.integer(words.length)]!];
      const holders = [one, other]
        .map((word) => this.#holders.get(word) ?? [])
        .filter(({ length }) => length > 1);
      const fewest = holders.sort((a, b) => a.length - b.length)[0];
      if (fewest) return fewest[random.integer(fewest.length)]!;
    }
    return this.among[random.integer(this.among.length)]!;
  }
}
