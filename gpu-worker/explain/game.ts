/** Who takes part: 1, or 0 for who is missing [players]. */
export type Coalition = Uint8Array;

/**
 * A black box as a game in coalitions: players are events or features, and a coalition is worth what the model says when it
 * knows of these players alone. Several outputs, such as the items of one list, are asked for at once.
 */
export interface Game {
  readonly players: number;
  readonly outputs: number;
  /** Worth of each coalition by output [coalitions, outputs], row by row. */
  worths(coalitions: readonly Coalition[]): Promise<Float64Array>;
}

export const nobody = (players: number): Coalition => new Uint8Array(players);
export const everybody = (players: number): Coalition => new Uint8Array(players).fill(1);

/** A coalition without one of its players, or with one more. */
export function changed(coalition: Coalition, player: number, takesPart: boolean): Coalition {
  const other = coalition.slice();
  other[player] = takesPart ? 1 : 0;
  return other;
}

/** The same coalitions have the same key. */
export const keyOf = (coalition: Coalition): string => coalition.join('');
