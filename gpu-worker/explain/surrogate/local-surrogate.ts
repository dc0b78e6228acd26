import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import type { Random } from '../../compute/random.js';
import { everybody, type Coalition, type Game } from '../game.js';

/** A straight line through what a game is worth near everybody. */
export interface LocalSurrogate {
  /** What each player's taking part adds [players, outputs]. */
  readonly coefficients: Float64Array;
  /** [outputs] */
  readonly intercepts: Float64Array;
  /** Weighted R² on the coalitions that it was fitted to, at most 1 [outputs]; 1 where the worth doesn't vary. */
  readonly fit: Float64Array;
  readonly coalitions: number;
}

export interface LocalSurrogateOptions {
  /** Coalitions that are asked; all, where there are no more. */
  readonly coalitions: number;
  readonly random: Random;
}

/** As the authors' package has it for text; distances are of 0…1. */
const KERNEL_WIDTH = 0.25;
/** So that players who always take part together have coefficients. */
const RIDGE = 1e-6;

/**
 * LIME (Ribeiro, Singh and Guestrin, "Why should I trust you?", 2016, section 3): a linear model of who takes part, by least
 * squares weighted with exp(−d² / width²), where d = 1 − √(share who take part) is the cosine distance to everybody. Of a drawn
 * coalition, first how many are missing is drawn uniformly, then who.
 */
export async function localSurrogate(
  game: Game,
  { coalitions: wanted, random }: LocalSurrogateOptions,
): Promise<LocalSurrogate> {
  const { players, outputs } = game;
  const coalitions = coalitionsNear(players, wanted, random);
  const worths = await game.worths(coalitions);
  const weights = coalitions.map((coalition) => {
    const distance = 1 - Math.sqrt(shareOf(coalition));
    return Math.exp(-(distance ** 2) / KERNEL_WIDTH ** 2);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // Of unknowns: the players, and the intercept last.
  const unknowns = players + 1;
  const left = Matrix.zeros(unknowns, unknowns);
  const right = Matrix.zeros(unknowns, outputs);
  coalitions.forEach((coalition, index) => {
    const present = [...coalition.keys()].filter((player) => coalition[player]);
    present.push(players);
    const weight = weights[index]! / total;
    for (const row of present) {
      for (const column of present) left.set(row, column, left.get(row, column) + weight);
      for (let output = 0; output < outputs; output++)
        right.set(row, output, right.get(row, output) + weight * worths[index * outputs + output]!);
    }
  });
  for (let player = 0; player < players; player++) left.set(player, player, left.get(player, player) + RIDGE);
  const solved = new CholeskyDecomposition(left).solve(right);
  const coefficients = new Float64Array(players * outputs);
  for (let player = 0; player < players; player++)
    for (let output = 0; output < outputs; output++)
      coefficients[player * outputs + output] = solved.get(player, output);
  const intercepts = Float64Array.from({ length: outputs }, (_, output) => solved.get(players, output));
  const fit = Float64Array.from({ length: outputs }, (_, output) => {
    const told = coalitions.map((coalition) =>
      coalition.reduce(
        (sum, present, player) => sum + (present ? coefficients[player * outputs + output]! : 0),
        intercepts[output]!,
      ),
    );
    const truth = coalitions.map((_, index) => worths[index * outputs + output]!);
    return determination(truth, told, weights);
  });
  return { coefficients, intercepts, fit, coalitions: coalitions.length };
}

/**
 * R²: 1 − Σ weight · (truth − told)² / Σ weight · (truth − mean)²; 1 where neither the truth varies nor what is told differs
 * from it. Weights are 1 unless given.
 */
export function determination(
  truth: ArrayLike<number>,
  told: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  let [total, sum] = [0, 0];
  for (let at = 0; at < truth.length; at++) {
    const weight = weights ? weights[at]! : 1;
    total += weight;
    sum += weight * truth[at]!;
  }
  const mean = sum / total;
  let [missed, varied] = [0, 0];
  for (let at = 0; at < truth.length; at++) {
    const weight = weights ? weights[at]! : 1;
    missed += weight * (truth[at]! - told[at]!) ** 2;
    varied += weight * (truth[at]! - mean) ** 2;
  }
  const least = 1e-12 * total * (1 + mean * mean);
  if (varied <= least) return missed <= Math.max(least, varied) ? 1 : 0;
  return 1 - missed / varied;
}

function coalitionsNear(players: number, wanted: number, random: Random): Coalition[] {
  const all = everybody(players);
  if (2 ** players <= wanted)
    return Array.from({ length: 2 ** players }, (_, bits) => all.map((_, player) => (bits >>> player) & 1));
  return [
    all,
    ...Array.from({ length: wanted - 1 }, () => {
      const coalition = all.slice();
      const missing = 1 + random.integer(players);
      for (const player of random.permutation(players).subarray(0, missing)) coalition[player] = 0;
      return coalition;
    }),
  ];
}

const shareOf = (coalition: Coalition): number =>
  coalition.length === 0 ? 1 : coalition.reduce((sum, one) => sum + one, 0) / coalition.length;
