import { expect, test } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { countTransitions } from '../../events/transitions.js';
import { Dealer } from './dealer.js';
import { Taste, tasteVectors } from './taste.js';

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

const CIRCLES = twoCircles();
const TASTES = tasteVectors(CIRCLES, 12, Random.seeded(1));

test('items that the same users have point the same way, and one that nobody has points nowhere', () => {
  const taste = new Taste(TASTES, 10);
  expect([...Array(12).keys()].map((item) => taste.preference(item))).toEqual(Array(12).fill(1));
  taste.add(1);
  for (const own of [0, 2, 3, 4])
    expect(taste.preference(own)).toBeGreaterThan(10 * taste.preference(own + 5));
  expect(taste.preference(11)).toBe(1);
});

test('a taste is of all items that a user has met, each counted once', () => {
  const [once, often] = [new Taste(TASTES, 5), new Taste(TASTES, 5)];
  for (const item of [1, 6]) once.add(item);
  for (const item of [1, 6, 6, 6]) often.add(item);
  expect(often.preference(7)).toBe(once.preference(7));
});

test('without coherence every item is as good as another', () => {
  const taste = new Taste(TASTES, 0);
  taste.add(1);
  expect(taste.preference(2)).toBe(taste.preference(7));
});

test('a deck deals each follower as often as it followed, to whom it goes with first', () => {
  const transitions = countTransitions(
    { item: Int32Array.from([0, 1, 0, 1, 0, 2, 0, 1]), starts: Uint32Array.of(0, 8) },
    [0],
    3,
    1,
  );
  const dealer = new Dealer(transitions, Random.seeded(2));
  const liking = (item: number) => (item === 2 ? 1e9 : 1);
  const dealt = () => [...Array(4).keys()].map(() => dealer.deal(0, liking));
  expect(dealt()).toEqual([2, 1, 1, 1]);
  expect(dealt()).toEqual([2, 1, 1, 1]);
});

test('a refused card stays in the deck, and nothing is dealt where all are refused or none is there', () => {
  const transitions = countTransitions(
    { item: Int32Array.from([0, 1, 0, 2]), starts: Uint32Array.of(0, 4) },
    [0],
    4,
    1,
  );
  const dealer = new Dealer(transitions, Random.seeded(2));
  const butOne = (item: number) => (item === 1 ? 0 : 1);
  expect([dealer.deal(0, butOne), dealer.deal(0, butOne)]).toEqual([2, 2]);
  expect(dealer.deal(0, () => 1)).toBe(1);
  expect(dealer.deal(0, () => 0)).toBe(-1);
  expect(dealer.deal(3, () => 1)).toBe(-1);
});
