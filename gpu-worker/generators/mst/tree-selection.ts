import { chooseByScore } from '../../privacy/exponential-mechanism.js';
import type { RandomBits } from '../../privacy/secret-bits.js';

export interface PairScore {
  readonly pair: readonly [number, number];
  /** One row changes it by at most 1. */
  readonly score: number;
}

/**
 * A spanning tree of the columns whose pairs score high: Kruskal's algorithm with each choice made by the exponential mechanism
 * with `epsilon` among the pairs that close no circle. McKenna, Miklau and Sheldon, "Winning the NIST contest", 2021,
 * algorithm 1, line 5. Makes `columns` − 1 choices.
 */
export function choosePairs(
  columns: number,
  scores: readonly PairScore[],
  epsilon: number,
  bits: RandomBits,
): (readonly [number, number])[] {
  const partOf = Array.from({ length: columns }, (_, column) => column);
  const chosen: (readonly [number, number])[] = [];
  while (chosen.length < columns - 1) {
    const open = scores.filter(({ pair: [a, b] }) => partOf[a] !== partOf[b]);
    const { pair } =
      open[
        chooseByScore(
          open.map(({ score }) => score),
          epsilon,
          bits,
        )
      ]!;
    chosen.push(pair);
    const [kept, joined] = [partOf[pair[0]]!, partOf[pair[1]]!];
    partOf.forEach((part, column) => {
      if (part === joined) partOf[column] = kept;
    });
  }
  return chosen;
}

/**
 * Of each pair of columns, how far its counts are from what independent columns would show, as Σ |count − expected|, less what
 * noise of the deviation with which the pair would be measured shows by itself: a pair that noise would drown isn't worth its
 * measurement (McKenna et al., "AIM", 2022, section 3.2). `shares` are each column's, and `rows` how many there are, as far as
 * noise tells.
 */
export function pairScores(
  codes: readonly Uint16Array[],
  shares: readonly Float64Array[],
  rows: number,
  deviation: number,
): PairScore[] {
  return shares.flatMap((ofB, b) =>
    shares.slice(0, b).map((ofA, a) => {
      const counts = pairCounts(codes[a]!, codes[b]!, ofA.length, ofB.length);
      let distance = 0;
      counts.forEach((count, cell) => {
        const [binA, binB] = [Math.floor(cell / ofB.length), cell % ofB.length];
        distance += Math.abs(count - rows * ofA[binA]! * ofB[binB]!);
      });
      const drowned = Math.sqrt(2 / Math.PI) * deviation * counts.length;
      return { pair: [a, b] as const, score: distance - drowned };
    }),
  );
}

/** Row-major [bins of a, bins of b]. */
export function pairCounts(a: Uint16Array, b: Uint16Array, widthA: number, widthB: number): Float64Array {
  const counts = new Float64Array(widthA * widthB);
  for (let row = 0; row < a.length; row++) counts[a[row]! * widthB + b[row]!]!++;
  return counts;
}
