import type { Interactions } from '../interactions/interactions.js';

/** What lists of recommendations are like, whoever they are for; see README.md for the formulas. */
export interface ListTraits {
  /** Share of the catalogue that is in a list at all, 0–1. */
  readonly coverage: number;
  /** Gini coefficient of how often items are shown, 0 (all alike) to 1 (one item takes all). */
  readonly gini: number;
  /** Mean over lists (1,000 of them, evenly spaced) of the mean distance of their pairs of items, 0–1; NaN where lists have one item. */
  readonly diversity: number;
  /** Mean over what is shown of −log₂ of the share of users who interacted with it, in bits. */
  readonly novelty: number;
  /** Mean share of users who interacted with what is shown, by that with what the same users had before: 1 is as popular. */
  readonly popularityLift: number;
}

/** Which users interacted with each item, and how alike items are therefore. */
export class ItemAudience {
  /** Users of each item, rising, without repeats. */
  readonly #users: readonly Int32Array[];
  readonly #userCount: number;

  constructor({ users, items, starts, item }: Interactions) {
    const found: number[][] = items.map(() => []);
    let active = 0;
    for (let user = 0; user < users.length; user++) {
      const [from, to] = [starts[user]!, starts[user + 1]!];
      if (to > from) active++;
      for (const code of new Set(item.subarray(from, to))) found[code]!.push(user);
    }
    this.#users = found.map((of) => Int32Array.from(of));
    this.#userCount = Math.max(1, active);
  }

  get items(): number {
    return this.#users.length;
  }

  /** Share of the users with any event who interacted with the item, 0–1. */
  share(item: number): number {
    return this.#users[item]!.length / this.#userCount;
  }

  /** In bits; an item that nobody had counts as if one user had. */
  selfInformation(item: number): number {
    return -Math.log2(Math.max(1, this.#users[item]!.length) / this.#userCount);
  }

  /** 1 − cosine of the sets of users, 0–1; 1 where an item has none. */
  distance(a: number, b: number): number {
    const [first, second] = [this.#users[a]!, this.#users[b]!];
    if (first.length === 0 || second.length === 0) return 1;
    let [i, j, shared] = [0, 0, 0];
    while (i < first.length && j < second.length) {
      const difference = first[i]! - second[j]!;
      if (difference === 0) shared++;
      if (difference <= 0) i++;
      if (difference >= 0) j++;
    }
    return 1 - shared / Math.sqrt(first.length * second.length);
  }
}

/** Lists whose pairs are compared: the mean over more is hardly surer, and takes long where items have many users. */
const MOST_COMPARED = 1000;

/** Traits of lists (codes, best first) made for users with these histories; both in the same order. */
export function listTraits(
  lists: readonly (readonly number[])[],
  histories: readonly Int32Array[],
  audience: ItemAudience,
): ListTraits {
  const shown = new Float64Array(audience.items);
  const compareEvery = Math.ceil(lists.length / MOST_COMPARED);
  let [novelty, entries, diversity, varied] = [0, 0, 0, 0];
  let [ofLists, ofHistories, lifted] = [0, 0, 0];
  lists.forEach((list, index) => {
    for (const item of list) {
      shown[item]!++;
      entries++;
      novelty += audience.selfInformation(item);
    }
    if (list.length > 1 && index % compareEvery === 0) {
      diversity += meanDistance(list, audience);
      varied++;
    }
    const history = histories[index]!;
    if (list.length === 0 || history.length === 0) return;
    ofLists += mean(list, (item) => audience.share(item));
    ofHistories += mean([...history], (item) => audience.share(item));
    lifted++;
  });
  return {
    coverage: shown.filter((times) => times > 0).length / Math.max(1, audience.items),
    gini: giniOf(shown),
    diversity: varied > 0 ? diversity / varied : NaN,
    novelty: entries > 0 ? novelty / entries : NaN,
    popularityLift: lifted > 0 && ofHistories > 0 ? ofLists / ofHistories : NaN,
  };
}

function meanDistance(list: readonly number[], audience: ItemAudience): number {
  let sum = 0;
  for (let a = 0; a < list.length; a++)
    for (let b = 0; b < a; b++) sum += audience.distance(list[a]!, list[b]!);
  return sum / ((list.length * (list.length - 1)) / 2);
}

/** Of values from 0; 0 where all are 0. */
export function giniOf(values: Float64Array): number {
  const sorted = values.slice().sort();
  let [weighted, total] = [0, 0];
  sorted.forEach((value, index) => {
    weighted += (2 * (index + 1) - sorted.length - 1) * value;
    total += value;
  });
  return total > 0 ? weighted / (sorted.length * total) : 0;
}

function mean(items: readonly number[], value: (item: number) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0) / items.length;
}
