import { expect, test } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { countTransitions } from '../../events/transitions.js';
import { Dealer } from './dealer.js';
import { Tastes, tasteVectors } from './taste.js';

/** Half of 200 users have some of the items 0–4, half some of 5–9; everybody has item 10, and nobody item 11. */
function twoCircles() {
  const random = Random.seeded(5);
  const item: number[] = [];
  const starts = [0];
  for (let user = 0; user < 200; user++) {
    for (let event = 0; event < 4; event++) item.push((user % 2) * 5 + random.integer(5));
    item.push(10, -1);
    starts.push(item.length);
  }
  return { item: Int32Array.from(item), starts: Uint32Array.from(starts) };
}

const VECTORS = tasteVectors(twoCircles(), 12, Random.seeded(1));
const ALL = Int32Array.from({ length: 12 }, (_, item) => item);
const NONE = () => false;

/** How often each item is drawn for someone with these items, of 2,000 draws. */
function drawn(items: readonly number[], coherence = 10): Float64Array {
  const tastes = new Tastes(VECTORS, coherence, 12);
  const taste = tastes.begin();
  for (const item of items) taste.add(item);
  const [counts, random] = [new Float64Array(12), Random.seeded(3)];
  const alike = new Float32Array(12).fill(1);
  for (let draw = 0; draw < 2000; draw++) counts[tastes.draw(taste, ALL, alike, NONE, random)]!++;
  return counts;
}

test('items that the same users have are chosen for each other, and one that nobody has is not', () => {
  const counts = drawn([1]);
  for (const own of [0, 2, 3, 4]) expect(counts[own]).toBeGreaterThan(10 * counts[own + 5]!);
  expect(counts[11]).toBeLessThan(50);
});

test('a taste is of all items that a user has met, each counted once', () => {
  expect(drawn([1, 6, 6, 6])).toEqual(drawn([1, 6]));
});

test('without a history, and without coherence, every item is as good as another', () => {
  for (const counts of [drawn([]), drawn([1], 0)])
    for (const count of counts) expect(count).toBeGreaterThan(120);
});

test('a refused item is never drawn, and none is where all are refused', () => {
  const tastes = new Tastes(VECTORS, 10, 12);
  const alike = new Float32Array(12).fill(1);
  const random = Random.seeded(3);
  const only = (wanted: number) => (item: number) => item !== wanted;
  expect(tastes.draw(tastes.begin(), ALL, alike, only(7), random)).toBe(7);
  expect(tastes.draw(tastes.begin(), ALL, alike, () => true, random)).toBe(-1);
});

const dealerOf = (items: readonly number[]) => {
  const log = { item: Int32Array.from(items), starts: Uint32Array.of(0, items.length) };
  const tastes = new Tastes(VECTORS, 100, 12);
  return { dealer: new Dealer(countTransitions(log, [0], 12, 1), tastes, Random.seeded(2)), tastes };
};

test('a deck deals each follower as often as it followed, to whom it goes with first', () => {
  const { dealer, tastes } = dealerOf([0, 6, 0, 6, 0, 2, 0, 6]);
  const taste = tastes.begin();
  taste.add(1);
  const dealt = () => [...Array(4).keys()].map(() => dealer.deal(0, taste, NONE));
  expect(dealt()).toEqual([2, 6, 6, 6]);
  expect(dealt()).toEqual([2, 6, 6, 6]);
});

test('a refused card stays in the deck, and nothing is dealt where all are refused or none is there', () => {
  const { dealer, tastes } = dealerOf([0, 6, 0, 2]);
  const anyone = tastes.begin();
  const notSix = (item: number) => item === 6;
  expect([dealer.deal(0, anyone, notSix), dealer.deal(0, anyone, notSix)]).toEqual([2, 2]);
  expect(dealer.deal(0, anyone, NONE)).toBe(6);
  expect(dealer.deal(0, anyone, () => true)).toBe(-1);
  expect(dealer.deal(3, anyone, NONE)).toBe(-1);
});
