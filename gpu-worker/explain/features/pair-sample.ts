import type { Engine } from '../../compute/program.js';
import type { Random } from '../../compute/random.js';
import { attributesFor, type Catalogue } from '../../recommenders/features/catalogue.js';
import { itemsOf, lengthOf } from '../../recommenders/interactions/interactions.js';
import { similaritiesOf, type Similarities } from '../../recommenders/item-knn/similarities.js';
import type { FittedRecommender } from '../../recommenders/recommender.js';
import { topPlaces } from '../../recommenders/top-items.js';
import { requestOf, type KnownLog } from '../log-histories.js';
import type { Sample } from '../surrogate/global-surrogate.js';

const MOST_USERS = 200;
/** Of a user: so many of the first items, among the first so many, and as many of the whole catalogue. */
const ITEMS_A_USER = 15;
const FIRST_ITEMS = 50;
/** Users who aren't learnt from. */
const HELD_SHARE = 0.3;
/** Below these, what is found isn't worth telling. */
const LEAST_USERS = 10;
const LEAST_ITEMS = 10;
const SHRINKAGE = 10;
const NEIGHBOURS = 200;
const DAY_MS = 86_400_000;

/**
 * Pairs of users and items with what people can understand of them, and the share of the catalogue that the recommender ranks the item
 * above (0–1), of items that the user hasn't had. Half the items are from the top of the list, where it matters. Undefined for
 * too few users or items. Costs one scoring of the catalogue a user.
 */
export async function pairSample(
  model: FittedRecommender,
  log: KnownLog,
  catalogue: Catalogue | undefined,
  random: Random,
  engine: Engine | undefined,
  pause: () => Promise<void>,
): Promise<Sample | undefined> {
  const { interactions } = log;
  const all = [...interactions.users.keys()].filter((user) => lengthOf(interactions, user) > 0);
  if (all.length < LEAST_USERS || model.items.length < LEAST_ITEMS) return undefined;
  const users = [...random.derive('users').permutation(all.length)]
    .slice(0, MOST_USERS)
    .map((place) => all[place]!);
  const held = Math.max(1, Math.round(HELD_SHARE * users.length));
  const describe = describer(model, log, catalogue);
  const rows: Float64Array[] = [];
  const answers: number[] = [];
  let firstHeld = 0;
  for (const [index, user] of users.entries()) {
    if (index === users.length - held) firstHeld = rows.length;
    const scores = await model.scores([model.historyOf(requestOf(log, user, 1))], engine);
    const seen = new Set(itemsOf(interactions, user));
    for (const item of seen) scores[item] = -Infinity;
    const sorted = scores.filter((score) => score > -Infinity).sort();
    const own = random.derive('items', user);
    const first = topPlaces(scores, FIRST_ITEMS);
    const chosen = new Set<number>();
    for (const place of own.permutation(first.length).subarray(0, ITEMS_A_USER)) chosen.add(first[place]!);
    for (let draw = 0; draw < ITEMS_A_USER; draw++) chosen.add(own.integer(model.items.length));
    for (const item of chosen) {
      if (seen.has(item)) continue;
      rows.push(describe.of(user, item));
      answers.push(shareBelow(sorted, scores[item]!));
    }
    await pause();
  }
  if (firstHeld === 0 || firstHeld === rows.length) return undefined;
  const columns = describe.names.map((_, column) => Float64Array.from(rows, (row) => row[column]!));
  // What is the same, or unknown, for all pairs explains nothing.
  const telling = columns.map((values) => new Set(values).size > 1);
  return {
    names: describe.names.filter((_, column) => telling[column]),
    columns: columns.filter((_, column) => telling[column]),
    answers: Float64Array.from(answers),
    training: Int32Array.from({ length: firstHeld }, (_, row) => row),
    held: Int32Array.from({ length: rows.length - firstHeld }, (_, row) => firstHeld + row),
  };
}

/** Of equal ones, half. */
function shareBelow(sorted: Float32Array, score: number): number {
  const bound = (isBefore: (other: number) => boolean): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(sorted[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return (bound((other) => other < score) + bound((other) => other <= score)) / 2 / sorted.length;
}

function describer(
  model: FittedRecommender,
  { interactions, now }: KnownLog,
  catalogue: Catalogue | undefined,
) {
  const similarities = similaritiesOf(interactions, SHRINKAGE, NEIGHBOURS);
  const { price, category } = attributesFor(catalogue, model.items);
  const { starts, time } = interactions;
  const near = new Map<number, { last: Map<number, number>; all: Map<number, number> }>();
  const nearOf = (user: number) => {
    const found = near.get(user) ?? {
      last: neighboursOf(similarities, itemsOf(interactions, user).slice(-1)),
      all: neighboursOf(similarities, itemsOf(interactions, user)),
    };
    near.set(user, found);
    return found;
  };
  return {
    names: [
      "item's interactions",
      'similarity to the last item',
      'similarity to the history',
      "user's events",
      "days since the user's last event",
      "item's price",
      "item's price by the user's mean",
      "share of the history in the item's category",
    ],
    of(user: number, item: number): Float64Array {
      const history = itemsOf(interactions, user);
      const prices = Array.from(history, (one) => price[one]!).filter((value) => !Number.isNaN(value));
      const mean = prices.reduce((sum, value) => sum + value, 0) / prices.length;
      const alike = history.filter((one) => category[one] === category[item]).length;
      return Float64Array.of(
        model.counts[item]!,
        nearOf(user).last.get(item) ?? 0,
        nearOf(user).all.get(item) ?? 0,
        history.length,
        time ? (now - time[starts[user + 1]! - 1]!) / DAY_MS : NaN,
        price[item]!,
        mean > 0 ? price[item]! / mean : NaN,
        category[item] === undefined ? NaN : alike / history.length,
      );
    },
  };
}

function neighboursOf({ starts, neighbours, weights }: Similarities, items: Int32Array): Map<number, number> {
  const near = new Map<number, number>();
  for (const item of items)
    for (let at = starts[item]!; at < starts[item + 1]!; at++)
      near.set(neighbours[at]!, (near.get(neighbours[at]!) ?? 0) + weights[at]!);
  return near;
}
