import { groupByWidth, type Group } from '../encoding/groups.js';

/**
 * Where each column's bins lie in the network's input and output vectors, and which hidden unit may see which column.
 *
 * Columns of similar bin counts are padded to a common width and lie side by side, so that the softmax of a whole
 * group is one tensor operation. "Rank" is a column's place in the order in which columns are predicted, from 0.
 */
export interface Layout {
  /** Bins of each modelled column, each ≥ 2. */
  readonly widths: readonly number[];
  /** Rank of each column: a permutation of 0…columns−1. */
  readonly ranks: readonly number[];
  /** First unit of each column. */
  readonly offsets: Int32Array;
  readonly groups: readonly Group[];
  /** Length of the input and output vectors, padding included. */
  readonly units: number;
  /** Hidden units of a layer. */
  readonly hidden: number;
  /** Columns that each hidden unit may see: those of rank < degree. Ascending, 1…columns−1. Length: hidden. */
  readonly degrees: Int32Array;
}

export function layOut(widths: readonly number[], ranks: readonly number[], hidden: number): Layout {
  const { offsets, groups, units } = groupByWidth(widths);
  const highest = Math.max(1, widths.length - 1);
  const degrees = Int32Array.from({ length: hidden }, (_, unit) => 1 + Math.floor((unit * highest) / hidden));
  return { widths, ranks, offsets, groups, units, hidden, degrees };
}

/** Columns in the order in which they are predicted. */
export function columnsByRank({ ranks }: Pick<Layout, 'ranks'>): number[] {
  return [...ranks.keys()].sort((a, b) => ranks[a]! - ranks[b]!);
}

/** The degree of each input and output unit: its column's rank plus one. Padding has the degree of its column. */
export function unitDegrees({ widths, ranks, offsets, groups, units }: Layout): Int32Array {
  const degrees = new Int32Array(units);
  for (let column = 0; column < widths.length; column++) {
    const offset = offsets[column]!;
    const group = groups.find(
      (candidate) => offset < candidate.offset + candidate.columns * candidate.width,
    )!;
    degrees.fill(ranks[column]! + 1, offset, offset + group.width);
  }
  return degrees;
}

/** Hidden units of degree ≤ `degree`; they are the first ones, since degrees ascend. */
export function unitsUpTo({ degrees }: Layout, degree: number): number {
  let low = 0;
  let high = degrees.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (degrees[middle]! <= degree) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether each unit of the layout stands for a bin (1) or is padding (0). */
export function realUnits({ widths, offsets, units }: Layout): Uint8Array {
  const real = new Uint8Array(units);
  widths.forEach((width, column) => real.fill(1, offsets[column], offsets[column]! + width));
  return real;
}
