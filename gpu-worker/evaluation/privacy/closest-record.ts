import { quantile } from '../detection.js';
import type { Neighbours } from '../neighbours/nearest.js';

/** The row of this rank stands for the most exposed ones: one in twenty lies nearer. */
const EXPOSED = 0.05;

export interface ClosestRecord {
  /** Distance to the closest record: that of the middle row, and that which a twentieth of the rows stays below. */
  readonly median: number;
  readonly low: number;
  /**
   * Nearest-neighbour distance ratio, 0–1, which a twentieth of the rows stays below. Near 0: a row stands beside one real row and
   * far from the next, which singles that one out.
   */
  readonly ratio: number;
}

/** `neighbours`: two of each row. Undefined without rows, or with fewer than two to be near to. */
export function closestRecord({ distances, count }: Neighbours): ClosestRecord | undefined {
  const rows = distances.length / count;
  if (rows === 0 || distances.includes(Infinity)) return undefined;
  const closest = Float64Array.from({ length: rows }, (_, row) => distances[row * count]!);
  // Beside two equal real rows a row singles out neither.
  const ratios = closest.map((first, row) => {
    const second = distances[row * count + 1]!;
    return second === 0 ? 1 : first / second;
  });
  closest.sort();
  ratios.sort();
  return {
    median: quantile(closest, 0.5),
    low: quantile(closest, EXPOSED),
    ratio: quantile(ratios, EXPOSED),
  };
}
