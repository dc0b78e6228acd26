import { isComparable, takeRows, type AlignedTables } from './align.js';
import { quantile } from './detection.js';
import { growKdTree } from './neighbours/kd-tree.js';
import { nearest } from './neighbours/nearest.js';
import { spaceOf, type Points } from './neighbours/points.js';
import { randomNumbers, shuffledIndices } from './random.js';

/** Levels from 0 to 1 at which the curves are read. */
const LEVELS = 30;

export interface Faithfulness {
  /** α-precision: whether synthetic rows lie where the real ones do, 0–1. */
  readonly precision: number;
  /** β-recall: whether all sorts of real rows have synthetic ones near them; real rows against real rows give 0.5. */
  readonly recall: number;
}

/**
 * α-precision and β-recall (Alaa et al., How Faithful is your Synthetic Data?, 2022, section 3) without an embedding, as synthcity
 * computes them under the name "naive". The α-support of the real rows is the ball around their mean that holds the share α of
 * them. Precision compares with α the share of the others in it. A real row is covered at β when the nearest other row is
 * no further than the nearest real one, and lies in the β-support of such nearest rows; recall compares the share of covered
 * rows with β. Either is 1 − Σ|share − level| / Σ level.
 *
 * Both depend on how many rows there are on either side: the longer is cut to the shorter.
 *
 * @returns undefined for fewer than 2 rows on a side, or no comparable column
 */
export async function faithfulness(
  tables: AlignedTables,
  { mostRows, seed, pause }: { mostRows: number; seed: number; pause: (fraction: number) => Promise<void> },
): Promise<Faithfulness | undefined> {
  const rows = Math.min(tables.realRows, tables.otherRows, mostRows);
  const random = randomNumbers(seed);
  const cut = (length: number) =>
    length > rows ? shuffledIndices(length, random).subarray(0, rows).sort() : undefined;
  const columns = takeRows(tables, cut(tables.realRows), cut(tables.otherRows)).columns.filter(isComparable);
  if (rows < 2 || columns.length === 0) return undefined;

  const space = spaceOf([columns]);
  const real = space.points(columns, 'real');
  const other = space.points(columns, 'other');
  const amongReal = await nearest(growKdTree(real), real, {
    ...{ count: 1, leaveOut: true },
    pause: (fraction) => pause(fraction / 2),
  });
  const amongOther = await nearest(growKdTree(other), real, {
    count: 1,
    pause: (fraction) => pause(0.5 + fraction / 2),
  });

  const realCentre = centreOf(real);
  const reach = levelsOf(distancesTo(realCentre, real));
  const otherReach = distancesTo(realCentre, other);
  const fromOtherCentre = distancesTo(centreOf(other), other);
  const nearestOther = Float64Array.from(amongOther.rows, (row) => fromOtherCentre[row]!);
  const supports = levelsOf(nearestOther);
  const covered = nearestOther.filter((_, row) => amongOther.distances[row]! <= amongReal.distances[row]!);
  return {
    precision: agreement((level) => countWithin(otherReach, reach[level]!) / rows),
    recall: agreement((level) => countWithin(covered, supports[level]!) / rows),
  };
}

const levelAt = (level: number): number => level / (LEVELS - 1);

/** 1 − Σ|share − level| / Σ level, 0 at least. */
function agreement(shareAt: (level: number) => number): number {
  let [difference, sum] = [0, 0];
  for (let level = 0; level < LEVELS; level++) {
    difference += Math.abs(shareAt(level) - levelAt(level));
    sum += levelAt(level);
  }
  return Math.max(0, 1 - difference / sum);
}

function levelsOf(values: Float64Array): number[] {
  const sorted = values.slice().sort();
  return Array.from({ length: LEVELS }, (_, level) => quantile(sorted, levelAt(level)));
}

function countWithin(values: Float64Array, bound: number): number {
  let count = 0;
  for (const value of values) if (value <= bound) count++;
  return count;
}

/** The mean of points; of a category the share of each code, as the mean of one-hot vectors is. */
interface Centre {
  readonly numbers: Float64Array;
  readonly shares: readonly ReadonlyMap<number, number>[];
}

function centreOf({ rows, dimensions, numbers, codes }: Points): Centre {
  const means = new Float64Array(dimensions.numbers);
  const shares = Array.from({ length: dimensions.categories }, () => new Map<number, number>());
  for (let row = 0; row < rows; row++) {
    means.forEach((mean, index) => {
      means[index] = mean + (numbers[row * dimensions.numbers + index]! - mean) / (row + 1);
    });
    shares.forEach((ofColumn, index) => {
      const code = codes[row * dimensions.categories + index]!;
      ofColumn.set(code, (ofColumn.get(code) ?? 0) + 1 / rows);
    });
  }
  return { numbers: means, shares };
}

function distancesTo(centre: Centre, { rows, dimensions, numbers, codes }: Points): Float64Array {
  const squares = centre.shares.map((shares) =>
    [...shares.values()].reduce((sum, share) => sum + share ** 2, 0),
  );
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    centre.numbers.forEach((mean, index) => {
      sum += (numbers[row * dimensions.numbers + index]! - mean) ** 2;
    });
    centre.shares.forEach((shares, index) => {
      // |e − p|² of a unit vector e and the shares p is 1 − 2 p(e) + |p|².
      sum += 1 - 2 * (shares.get(codes[row * dimensions.categories + index]!) ?? 0) + squares[index]!;
    });
    return Math.sqrt(sum);
  });
}
