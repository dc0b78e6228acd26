import { describe, expect, test } from '@jest/globals';
import { Random } from '../../compute/random.js';
import type { Coalition, Game } from '../game.js';
import { boostedSurrogate, treeSurrogate, type Sample } from './global-surrogate.js';
import { determination, localSurrogate } from './local-surrogate.js';

const gameOf = (players: number, ...worths: readonly ((coalition: Coalition) => number)[]): Game => ({
  ...{ players, outputs: worths.length },
  worths: async (coalitions) =>
    Float64Array.from(coalitions.flatMap((coalition) => worths.map((worth) => worth(coalition)))),
});

describe('the local surrogate', () => {
  test('finds what each player adds where that is all there is, and says that it fits', async () => {
    const linear = ([a, b, c]: Coalition) => 5 + 2 * a! - 3 * b! + 0.25 * c!;
    for (const players of [3, 16]) {
      const found = await localSurrogate(gameOf(players, linear), {
        coalitions: 200,
        random: Random.seeded(2),
      });
      expect(found.coalitions).toBe(players === 3 ? 8 : 200);
      [2, -3, 0.25].forEach((wanted, player) => expect(found.coefficients[player]).toBeCloseTo(wanted, 3));
      expect(found.intercepts[0]).toBeCloseTo(5, 2);
      expect(found.fit[0]).toBeGreaterThan(0.9999);
      for (const other of found.coefficients.subarray(3)) expect(other).toBeCloseTo(0, 3);
    }
  });

  test('says that it does not fit where players matter only together', async () => {
    const parity = (coalition: Coalition) => coalition.reduce((sum, one) => sum + one, 0) % 2;
    const { fit } = await localSurrogate(
      gameOf(
        10,
        parity,
        ([a]) => a!,
        () => 4,
      ),
      {
        coalitions: 300,
        random: Random.seeded(3),
      },
    );
    expect(fit[0]).toBeLessThan(0.3);
    expect(fit[1]).toBeGreaterThan(0.999);
    // What never varies is told without a mistake.
    expect(fit[2]).toBe(1);
  });

  test('is of no player at all where nothing happened', async () => {
    const { coefficients, intercepts, fit } = await localSurrogate(
      gameOf(0, () => 3),
      {
        coalitions: 10,
        random: Random.seeded(1),
      },
    );
    expect([coefficients.length, intercepts[0], fit[0]]).toEqual([0, 3, 1]);
  });

  test('is measured by R², which a wrong constant makes negative', () => {
    expect(determination([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(determination([1, 2, 3], [2, 2, 2])).toBe(0);
    expect(determination([1, 2, 3], [9, 9, 9])).toBeLessThan(-10);
    expect(determination([1, 2, 9], [1, 2, 3], [1, 1, 0])).toBe(1);
    expect(determination([4, 4], [5, 5])).toBe(0);
  });
});

describe('the global surrogate', () => {
  const random = Random.seeded(8);
  const ROWS = 1200;
  const price = Float64Array.from({ length: ROWS }, (_, row) =>
    row % 10 === 0 ? NaN : 20 * random.uniform(),
  );
  const fame = Float64Array.from({ length: ROWS }, () => random.uniform());
  const sampleOf = (answers: Float64Array): Sample => ({
    names: ['price', 'fame'],
    columns: [price, fame],
    answers,
    training: Int32Array.from({ length: 800 }, (_, row) => row),
    held: Int32Array.from({ length: 400 }, (_, row) => 800 + row),
  });
  const pause = () => Promise.resolve();

  test('reads a black box of two rules as these two rules, faithfully on rows it has not seen', async () => {
    const answers = price.map((value, row) => (value > 12 ? (fame[row]! > 0.5 ? 1 : 0.5) : 0));
    const { rules, fidelity } = await treeSurrogate(sampleOf(answers), 3, pause);
    expect(fidelity).toBeGreaterThan(0.97);
    expect(rules[0]!.answer).toBeCloseTo(1, 6);
    expect(rules[0]!.conditions.join(', ')).toMatch(/^price > (11\.9|12|12\.\d), fame > 0\.(49\d*|5\d*)$/);
    expect(rules.at(-1)!.conditions[0]).toMatch(/^price ≤ (11\.9|12|12\.\d) or unknown$/);
    expect(rules.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
  });

  test('has no fidelity to noise, and one leaf for a constant', async () => {
    const noise = await treeSurrogate(sampleOf(price.map(() => random.normal())), 3, pause);
    expect(noise.fidelity).toBeLessThan(0.1);
    const constant = await treeSurrogate(sampleOf(price.map(() => 7)), 3, pause);
    expect(constant).toEqual({ rules: [{ conditions: [], answer: 7, share: 1 }], fidelity: 1 });
  });

  test('tells apart what is unknown, and boosted comes closer than one tree', async () => {
    const unknown = await treeSurrogate(
      sampleOf(price.map((value) => (Number.isNaN(value) ? 1 : 0))),
      2,
      pause,
    );
    expect(unknown.rules.map(({ conditions }) => conditions)).toEqual([['price unknown'], ['price known']]);
    const smooth = sampleOf(price.map((value, row) => Math.sin((value || 0) / 3) * fame[row]!));
    const boosted = await boostedSurrogate(smooth, pause);
    expect(boosted.fidelity).toBeGreaterThan(0.95);
    expect(boosted.fidelity).toBeGreaterThan((await treeSurrogate(smooth, 3, pause)).fidelity);
  });
});
