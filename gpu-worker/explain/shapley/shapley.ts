import type { Random } from '../../compute/random.js';
import { everybody, nobody, type Coalition, type Game } from '../game.js';

/** Shapley values of a game; all [players, outputs] unless said otherwise. */
export interface ShapleyValues {
  /** For each output their sum is `whole` − `base`, up to rounding, whether exact or sampled. */
  readonly values: Float64Array;
  /** Standard errors; 0 where exact. */
  readonly errors: Float64Array;
  /** Worth of nobody, and of everybody [outputs]. */
  readonly base: Float64Array;
  readonly whole: Float64Array;
  readonly exact: boolean;
}

export interface ShapleyOptions {
  /** Pairs of random orders that are drawn where not all coalitions are asked. */
  readonly pairs: number;
  readonly random: Random;
}

/** By all coalitions where that costs no more than sampling would, 2^players against about 2 · pairs · players; else sampled. */
export async function shapleyValues(game: Game, { pairs, random }: ShapleyOptions): Promise<ShapleyValues> {
  return 2 ** game.players <= Math.max(2, 2 * pairs * game.players)
    ? exactShapley(game)
    : sampledShapley(game, pairs, random);
}

/**
 * φᵢ = Σ over S without i of |S|! (n − |S| − 1)! / n! · (worth(S ∪ i) − worth(S)) (Shapley, "A value for n-person games", 1953).
 * Costs 2^players worths; for up to about 16 players.
 */
export async function exactShapley(game: Game): Promise<ShapleyValues> {
  const { players, outputs } = game;
  const count = 2 ** players;
  const coalitions = Array.from({ length: count }, (_, bits) =>
    Uint8Array.from({ length: players }, (_, player) => (bits >>> player) & 1),
  );
  const worths = await game.worths(coalitions);
  const weights = orderWeights(players);
  const values = new Float64Array(players * outputs);
  for (let bits = 0; bits < count; bits++) {
    const size = coalitions[bits]!.reduce((sum, one) => sum + one, 0);
    for (let player = 0; player < players; player++) {
      if (coalitions[bits]![player]) continue;
      const joined = bits | (1 << player);
      for (let output = 0; output < outputs; output++)
        values[player * outputs + output]! +=
          weights[size]! * (worths[joined * outputs + output]! - worths[bits * outputs + output]!);
    }
  }
  return {
    values,
    errors: new Float64Array(players * outputs),
    base: worths.slice(0, outputs),
    whole: worths.slice((count - 1) * outputs),
    exact: true,
  };
}

/** Share of all orders in which a player comes right behind a given set of so many others. */
function orderWeights(players: number): Float64Array {
  const weights = new Float64Array(Math.max(1, players));
  weights[0] = 1 / Math.max(1, players);
  for (let size = 1; size < players; size++) weights[size] = (weights[size - 1]! * size) / (players - size);
  return weights;
}

/**
 * Means of what players add in random orders (Castro, Gómez and Tejada, "Polynomial calculation of the Shapley value based on
 * sampling", 2009), each order taken together with its reverse, which lowers the variance (Mitchell et al., "Sampling
 * permutations for Shapley value estimation", 2022). What all players add in one order is whole − base, so that
 * the sums hold exactly. Costs at most 2 · pairs · (players − 1) + 2 worths.
 */
export async function sampledShapley(game: Game, pairs: number, random: Random): Promise<ShapleyValues> {
  const { players, outputs } = game;
  const orders = Array.from({ length: pairs }, (_, pair) => random.derive(pair).permutation(players)).flatMap(
    (order) => [order, order.slice().reverse()],
  );
  const coalitions: Coalition[] = [nobody(players), everybody(players)];
  for (const order of orders) {
    const coalition = nobody(players);
    for (const player of order.subarray(0, Math.max(0, players - 1))) {
      coalition[player] = 1;
      coalitions.push(coalition.slice());
    }
  }
  const worths = await game.worths(coalitions);
  const at = (index: number): Float64Array => worths.subarray(index * outputs, (index + 1) * outputs);
  const sums = new Float64Array(players * outputs);
  const squares = new Float64Array(players * outputs);
  let next = 2;
  for (let pair = 0; pair < pairs; pair++) {
    const added = new Float64Array(players * outputs);
    for (const order of orders.slice(2 * pair, 2 * pair + 2)) {
      let before = at(0);
      order.forEach((player, place) => {
        const after = place === players - 1 ? at(1) : at(next++);
        for (let output = 0; output < outputs; output++)
          added[player * outputs + output]! += (after[output]! - before[output]!) / 2;
        before = after;
      });
    }
    added.forEach((value, index) => {
      sums[index]! += value;
      squares[index]! += value * value;
    });
  }
  const values = sums.map((sum) => sum / pairs);
  const errors = values.map((mean, index) =>
    pairs < 2 ? NaN : Math.sqrt(Math.max(0, squares[index]! / pairs - mean * mean) / (pairs - 1)),
  );
  return { values, errors, base: at(0).slice(), whole: at(1).slice(), exact: false };
}
