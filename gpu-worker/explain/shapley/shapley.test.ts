import { describe, expect, test } from '@jest/globals';
import { Random } from '../../compute/random.js';
import { binCategories, binNumbers } from '../../evaluation/boosting/binned-features.js';
import { fitBoostedTrees } from '../../evaluation/boosting/boosted-trees.js';
import type { Coalition, Game } from '../game.js';
import { exactShapley, sampledShapley, shapleyValues } from './shapley.js';
import { treeShapley } from './tree-shapley.js';

/** Any function of who takes part, with any number of outputs. */
function gameOf(players: number, ...worths: readonly ((coalition: Coalition) => number)[]): Game {
  return {
    ...{ players, outputs: worths.length },
    worths: async (coalitions) =>
      Float64Array.from(coalitions.flatMap((coalition) => worths.map((worth) => worth(coalition)))),
  };
}

/** A function without any structure: every coalition is worth something of its own. */
function wildGame(players: number, seed: number): Game {
  const table = Random.seeded(seed);
  const values = Float64Array.from({ length: 2 ** players }, () => table.normal());
  return gameOf(players, (coalition) => values[coalition.reduce((bits, one) => 2 * bits + one, 0)]!);
}

/** By the definition: the mean over all orders. */
async function byAllOrders(game: Game): Promise<number[]> {
  const orders = (rest: readonly number[]): number[][] =>
    rest.length === 0
      ? [[]]
      : rest.flatMap((one) => orders(rest.filter((x) => x !== one)).map((o) => [one, ...o]));
  const all = orders([...Array(game.players).keys()]);
  const sums = new Array<number>(game.players).fill(0);
  for (const order of all) {
    const coalition = new Uint8Array(game.players);
    for (const player of order) {
      const before = (await game.worths([coalition]))[0]!;
      coalition[player] = 1;
      sums[player]! += (await game.worths([coalition]))[0]! - before;
    }
  }
  return sums.map((sum) => sum / all.length);
}

const total = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, one) => sum + one, 0);
const near = (values: ArrayLike<number>, wanted: ArrayLike<number>, digits = 10): void => {
  expect(values).toHaveLength(wanted.length);
  for (let at = 0; at < wanted.length; at++) expect(values[at]).toBeCloseTo(wanted[at]!, digits);
};

describe('Shapley values', () => {
  test('are the mean over all orders of what a player adds', async () => {
    for (const players of [1, 2, 3, 5]) {
      const game = wildGame(players, players);
      near((await exactShapley(game)).values, await byAllOrders(game));
    }
  });

  test('add up to what everybody is worth above nobody, exact or sampled, whatever the game', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const game = wildGame(6, seed);
      const [nobody, everybody] = await game.worths([new Uint8Array(6), new Uint8Array(6).fill(1)]);
      for (const found of [await exactShapley(game), await sampledShapley(game, 3, Random.seeded(seed))]) {
        expect(total(found.values)).toBeCloseTo(everybody! - nobody!, 10);
        expect([found.base[0], found.whole[0]]).toEqual([nobody, everybody]);
      }
    }
  });

  test('are equal for players who are alike, and nothing for one who never matters', async () => {
    // 0 and 1 are alike, 3 is a dummy, 4 adds 0.5 whoever else is there.
    const game = gameOf(5, ([a, b, c, , e]) => Math.sqrt(a! + b!) + 3 * a! * b! * c! + 0.5 * e!);
    const { values } = await exactShapley(game);
    expect(values[0]).toBeCloseTo(values[1]!, 12);
    expect(values[3]).toBeCloseTo(0, 12);
    expect(values[4]).toBeCloseTo(0.5, 12);
    const sampled = await sampledShapley(game, 50, Random.seeded(1));
    expect(sampled.values[3]).toBe(0);
    expect(sampled.values[4]).toBeCloseTo(0.5, 12);
  });

  test('are found for all outputs of a game at once, as for each alone', async () => {
    const worths = [([a, b]: Coalition) => a! * b!, ([, b, c]: Coalition) => b! - 2 * c!];
    const both = (await exactShapley(gameOf(3, ...worths))).values;
    for (const [output, worth] of worths.entries()) {
      const alone = (await exactShapley(gameOf(3, worth))).values;
      near(
        [0, 1, 2].map((player) => both[player * 2 + output]!),
        alone,
      );
    }
  });

  test('come near the exact ones by sampling, within the standard errors that are told', async () => {
    let [outside, told] = [0, 0];
    for (let seed = 0; seed < 10; seed++) {
      const game = wildGame(8, seed);
      const exact = await exactShapley(game);
      const sampled = await sampledShapley(game, 200, Random.seeded(seed));
      sampled.values.forEach((value, player) => {
        expect(Math.abs(value - exact.values[player]!)).toBeLessThan(5 * sampled.errors[player]!);
        if (Math.abs(value - exact.values[player]!) > 2 * sampled.errors[player]!) outside++;
        told++;
      });
      const fewer = await sampledShapley(game, 10, Random.seeded(seed));
      expect(total(fewer.errors)).toBeGreaterThan(2 * total(sampled.errors));
    }
    // 5 % of normal errors are.
    expect(outside / told).toBeLessThan(0.15);
  });

  test('are the same for the same seed, and exact where that is cheaper', async () => {
    const game = wildGame(12, 3);
    const options = { pairs: 4, random: Random.seeded(9) };
    const found = await shapleyValues(game, options);
    expect(found.exact).toBe(false);
    expect(await shapleyValues(game, options)).toEqual(found);
    expect((await shapleyValues(wildGame(4, 3), options)).exact).toBe(true);
    expect((await shapleyValues(wildGame(1, 3), { ...options, pairs: 1 })).exact).toBe(true);
    const empty = await shapleyValues(
      gameOf(0, () => 7),
      options,
    );
    expect([empty.values.length, empty.base[0], empty.whole[0]]).toEqual([0, 7, 7]);
  });
});

describe('Shapley values of trees', () => {
  const ROWS = 200;
  const random = Random.seeded(4);
  const numbers = Array.from({ length: 4 }, () =>
    Float64Array.from({ length: ROWS }, (_, row) => (row % 17 === 3 ? NaN : random.normal())),
  );
  const kinds = Int32Array.from({ length: ROWS }, () => random.integer(4) - 1);
  const columns = [...numbers.map((values) => binNumbers(values)), binCategories(kinds, 3)];
  const truth = Float64Array.from({ length: ROWS }, (_, row) => {
    const [a, b, c] = numbers.map((values) => values[row]! || 0);
    return a! * b! + (c! > 0 ? 2 : 0) * (kinds[row] === 1 ? 1 : -1);
  });
  const rows = Int32Array.from({ length: ROWS }, (_, row) => row);
  const fitting = {
    ...{ rounds: 12, rate: 0.4, pause: () => Promise.resolve() },
    limits: { depth: 4, leastWeight: 2, shrinkage: 1, leastGain: 0 },
  };
  const background = rows.subarray(0, 7);

  test('are those of the game in which missing columns are those of other rows, by all coalitions', async () => {
    const model = await fitBoostedTrees(columns, { loss: 'squared', truth }, rows, fitting);
    for (const row of [11, 20, 60, 150]) {
      const game: Game = {
        ...{ players: 5, outputs: 1 },
        worths: async (coalitions) =>
          Float64Array.from(coalitions, (coalition) => {
            // A row for each of the background, with the coalition's columns of the explained one.
            const mixed = columns.map((column, at) => ({
              ...column,
              bins: Uint8Array.from(background, (other) => column.bins[coalition[at] ? row : other]!),
            }));
            const scores = model.scores(mixed, Int32Array.from(background.keys()))[0]!;
            return total(scores) / scores.length;
          }),
      };
      const exact = await exactShapley(game);
      const found = treeShapley(model, columns, row, background);
      near(found.values, exact.values);
      expect(found.base).toBeCloseTo(exact.base[0]!, 10);
      const says = model.scores(columns, Int32Array.of(row))[0]![0]!;
      expect(found.base + total(found.values)).toBeCloseTo(says, 10);
    }
  });

  test('are each output’s own where a model has several', async () => {
    const classes = Float64Array.from(truth, (value) => (value < -1 ? 0 : value < 1 ? 1 : 2));
    const model = await fitBoostedTrees(
      columns,
      { loss: 'softmax', truth: classes, classes: 3 },
      rows,
      fitting,
    );
    for (const output of [0, 1, 2]) {
      const { values, base } = treeShapley(model, columns, 33, background, output);
      const says = model.scores(columns, Int32Array.of(33))[output]![0]!;
      expect(base + total(values)).toBeCloseTo(says, 10);
    }
  });

  test('are nothing for a column that no tree asks, and for a row against itself', async () => {
    const constant = [...columns, binNumbers(new Float64Array(ROWS).fill(1))];
    const model = await fitBoostedTrees(constant, { loss: 'squared', truth }, rows, fitting);
    expect(treeShapley(model, constant, 5, background).values[5]).toBe(0);
    expect(total(treeShapley(model, constant, 5, Int32Array.of(5)).values.map(Math.abs))).toBe(0);
  });
});
