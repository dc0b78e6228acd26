import type { ItemFeatures } from './item-features.js';

/**
 * What is known of a user as sums over events, so that it can be stored in place of the events, and events since then be added:
 * [events, spend, events with a known price, standardised log prices, time of the last event or NaN, by category, by
 * platform, by type].
 */
export type UserState = Float64Array;

/** Lengths of the parts that differ between shops. */
export interface UserLayout {
  /** Categories that are told apart, others counted as one more. */
  readonly categories: number;
  readonly platforms: number;
  readonly types: number;
}

/** One thing that a user did; codes of the training data, −1 where it isn't told. */
export interface UserEvent {
  readonly item: number;
  readonly type: number;
  readonly platform: number;
  /** In ms since 1970; NaN where it isn't told. */
  readonly time: number;
}

const [EVENTS, SPEND, PRICED, PRICES, LAST, COUNTS] = [0, 1, 2, 3, 4, 5];
const DAY_MS = 86_400_000;

export function stateLength({ categories, platforms, types }: UserLayout): number {
  return COUNTS + categories + 1 + platforms + types;
}

export function noState(layout: UserLayout): UserState {
  const state = new Float64Array(stateLength(layout));
  state[LAST] = NaN;
  return state;
}

/** Adds an event. `prices` in money, by item; NaN where one isn't known. */
export function addEvent(
  state: UserState,
  { categories, platforms }: UserLayout,
  { item, type, platform, time }: UserEvent,
  { price, category }: Pick<ItemFeatures, 'price' | 'category'>,
  prices: ArrayLike<number>,
): void {
  state[EVENTS]!++;
  if (!Number.isNaN(prices[item]!)) {
    state[SPEND]! += Math.max(0, prices[item]!);
    state[PRICED]!++;
    state[PRICES]! += price[item]!;
  }
  if (!Number.isNaN(time)) state[LAST] = time;
  if (category[item]! >= 0) state[COUNTS + category[item]!]!++;
  if (platform >= 0) state[COUNTS + categories + 1 + platform]!++;
  if (type >= 0) state[COUNTS + categories + 1 + platforms + type]!++;
}

export function featureCount({ categories, platforms, types }: UserLayout): number {
  return 5 + categories + 1 + 2 * platforms + types;
}

/**
 * A user as numbers of about −3…3 [featureCount]: recency (days since the last event, and whether it is known), frequency,
 * spend, mean price level, shares of categories, of platforms and of types, and on which platform a list will be shown.
 *
 * @param now in ms since 1970; NaN where it isn't known
 * @param shownOn code of a platform; −1 where it isn't told
 */
export function userFeatures(
  state: UserState,
  { categories, platforms, types }: UserLayout,
  now: number,
  shownOn: number,
): Float32Array {
  const features = new Float32Array(featureCount({ categories, platforms, types }));
  const events = Math.max(1, state[EVENTS]!);
  const days = (now - state[LAST]!) / DAY_MS;
  features[0] = Number.isNaN(days) ? 0 : Math.log1p(Math.max(0, days)) / 3;
  features[1] = Number.isNaN(days) ? 0 : 1;
  features[2] = Math.log1p(state[EVENTS]!) / 3;
  features[3] = Math.log1p(state[SPEND]!) / 5;
  features[4] = meanPrice(state);
  const counts = categories + 1 + platforms + types;
  for (let at = 0; at < counts; at++) features[5 + at] = state[COUNTS + at]! / events;
  if (shownOn >= 0) features[5 + counts + shownOn] = 1;
  return features;
}

/** A name for each number of `userFeatures`, by which those of two shops, or of a shop at two times, can be matched. */
export function userFeatureNames(
  { categories }: UserLayout,
  { platforms, types }: { readonly platforms: readonly string[]; readonly types: readonly string[] },
): readonly string[] {
  const numbered = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name} ${at}`);
  return [
    ...numbered('number', 5),
    ...numbered('category', categories + 1),
    ...platforms.map((name) => `platform ${name}`),
    ...types.map((name) => `type ${name}`),
    ...platforms.map((name) => `shown on ${name}`),
  ];
}

/** Features that say one thing together: places from `from` up to `to`. */
export interface FeatureGroup {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** What the numbers of `userFeatures` are about; none of what the shop's log doesn't tell. */
export function userFeatureGroups({ categories, platforms, types }: UserLayout): readonly FeatureGroup[] {
  const lengths: readonly (readonly [name: string, length: number, told: boolean])[] = [
    ['recency', 2, true],
    ['frequency', 1, true],
    ['spend', 1, true],
    ['price level', 1, true],
    ['categories', categories + 1, categories > 0],
    ['platforms', platforms, platforms > 0],
    ['types of events', types, types > 1],
    ['shown on', platforms, platforms > 0],
  ];
  let from = 0;
  return lengths.flatMap(([name, length, told]) => {
    const group = { name, from, to: (from += length) };
    return told ? [group] : [];
  });
}

/** Mean standardised price of what the user had; 0 where none is known. */
export function meanPrice(state: UserState): number {
  return state[PRICED]! > 0 ? state[PRICES]! / state[PRICED]! : 0;
}

/** How a user and an item go together, for the ranking network. */
export const CROSS_FEATURES = 4;

/** Price level against the user's own, either way and as a distance; how much of the user's is of the category; popularity. */
export function crossFeatures(
  state: UserState,
  item: number,
  { price, category }: Pick<ItemFeatures, 'price' | 'category'>,
  popularity: ArrayLike<number>,
  into: Float32Array,
  at: number,
): void {
  const gap = state[PRICED]! > 0 ? price[item]! - meanPrice(state) : 0;
  into[at] = gap;
  into[at + 1] = Math.abs(gap);
  into[at + 2] = category[item]! >= 0 ? state[COUNTS + category[item]!]! / Math.max(1, state[EVENTS]!) : 0;
  into[at + 3] = popularity[item]!;
}
