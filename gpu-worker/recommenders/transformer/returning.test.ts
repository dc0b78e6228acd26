import { expect, test } from '@jest/globals';
import { massOf, returningFactor, withReturning } from './returning.js';

test('items of the history become as probable as users come back to them', () => {
  const masses = Array.from({ length: 1000 }, (_, user) => 0.1 + 0.2 * (user % 2));
  const returned = masses.map((_, user) => user % 5 === 0);
  const factor = returningFactor(masses, returned);
  const expected = masses.reduce((sum, mass) => sum + (factor * mass) / (1 + (factor - 1) * mass), 0);
  expect(expected).toBeCloseTo(200, 0);
  expect(
    returningFactor(
      masses,
      masses.map((mass, user) => (user % 100) / 100 < mass),
    ),
  ).toBeCloseTo(1, 0);
});

test('where nobody comes back, the history loses nearly all, and more so the more users show it', () => {
  const factorOf = (users: number) => returningFactor(Array(users).fill(0.2), Array(users).fill(false));
  expect(factorOf(1000)).toBeLessThan(0.01);
  expect(factorOf(1000)).toBeGreaterThan(0);
  expect(factorOf(10)).toBeGreaterThan(factorOf(1000));
  expect(returningFactor([], [])).toBeCloseTo(1, 6);
});

test('probabilities still add up to 1, and those of other items keep their proportions', () => {
  const scores = Float32Array.of(0.1, 0.2, 0.3, 0.4);
  withReturning(scores, Int32Array.of(1, 1, 2), 0.2);
  expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 6);
  expect(scores[3]! / scores[0]!).toBeCloseTo(4, 5);
  expect(massOf(scores, [1, 2])).toBeCloseTo(0.1 / 0.6, 6);
});
