import type { AlignedColumn } from '../align.js';
import { quantile } from '../detection.js';
import { growKdTree } from '../neighbours/kd-tree.js';
import { nearest } from '../neighbours/nearest.js';
import { takePoints, type Space } from '../neighbours/points.js';
import { sortedValues } from '../shape.js';

/** Columns that are attacked, each on its own: those that are hardest to guess. */
export const COLUMNS_ATTACKED = 5;
/** A guessed number is right when it is off by no more than this share of the span of most real values. */
const TOLERANCE = 0.05;
/** A number is as hard to guess as its bins of equal weight. */
const BINS = 10;

export interface Inference {
  /** Share of right guesses about training records, 0–1, on average over the columns attacked. */
  readonly ofMembers: number;
  /** The same about records that the generator never saw: what the table tells about anyone. */
  readonly ofOthers: number;
}

/** Records of either table; both of columns that are aligned with the same real table. */
export interface Attacked {
  readonly space: Space;
  /** Real and synthetic. */
  readonly columns: readonly AlignedColumn[];
  /** Real and holdout. */
  readonly holdout: readonly AlignedColumn[];
  /** Rows of the real side and of the holdout whose column is guessed. */
  readonly members: Int32Array;
  readonly others: Int32Array;
}

/**
 * An attacker knows all of a record but one column, and takes that from the synthetic row that is nearest in the others. What is
 * guessed better about training records than about others is a leak; the rest is knowledge that makes a table useful.
 *
 * @returns undefined when no column can be attacked: there is only one, or none holds two values
 */
export async function attributeInference(
  attacked: Attacked,
  pause: (fraction: number) => Promise<void>,
): Promise<Inference | undefined> {
  const { columns, holdout, space, members, others } = attacked;
  const targets = columns.length < 2 ? [] : hardest(columns);
  if (targets.length === 0) return undefined;
  let [ofMembers, ofOthers] = [0, 0];
  for (const [done, target] of targets.entries()) {
    const known = space.without(target);
    const tree = growKdTree(known.points(columns, 'other'));
    const rightGuesses = async (
      queried: readonly AlignedColumn[],
      side: 'real' | 'other',
      rows: Int32Array,
    ) => {
      const queries = takePoints(known.points(queried, side), rows);
      const found = await nearest(tree, queries, {
        count: 1,
        pause: (fraction) => pause((done + fraction / 2 + (side === 'real' ? 0 : 0.5)) / targets.length),
      });
      const isRight = judging(columns[target]!, queried[target]!, side);
      let right = 0;
      rows.forEach((row, query) => (right += isRight(found.rows[query]!, row) ? 1 : 0));
      return right / rows.length;
    };
    ofMembers += await rightGuesses(columns, 'real', members);
    ofOthers += await rightGuesses(holdout, 'other', others);
  }
  return { ofMembers: ofMembers / targets.length, ofOthers: ofOthers / targets.length };
}

/** Whether the synthetic row's value is that of the record. */
function judging(
  guessed: AlignedColumn,
  wanted: AlignedColumn,
  side: 'real' | 'other',
): (synthetic: number, record: number) => boolean {
  if (guessed.type === 'categories' && wanted.type === 'categories') {
    const truth = wanted[side];
    return (row, record) => guessed.labels[guessed.other[row]!] === wanted.labels[truth[record]!];
  }
  const sorted = sortedValues(guessed.real as Float64Array);
  const span = sorted.length === 0 ? 0 : quantile(sorted, 0.95) - quantile(sorted, 0.05);
  const truth = wanted[side];
  return (row, record) => {
    const [guess, value] = [guessed.other[row]!, truth[record]!];
    if (Number.isNaN(guess) || Number.isNaN(value)) return Number.isNaN(guess) && Number.isNaN(value);
    return Math.abs(guess - value) <= TOLERANCE * span;
  };
}

/** Places of the columns of highest entropy; those that hold one value tell nothing. */
function hardest(columns: readonly AlignedColumn[]): number[] {
  return columns
    .map((column, place) => ({ place, entropy: entropyOf(column) }))
    .filter(({ entropy }) => entropy > 0)
    .sort((left, right) => right.entropy - left.entropy || left.place - right.place)
    .slice(0, COLUMNS_ATTACKED)
    .map(({ place }) => place);
}

function entropyOf(column: AlignedColumn): number {
  const counts = new Map<number, number>();
  const cuts = column.type === 'numbers' ? cutsOf(sortedValues(column.real)) : [];
  for (const cell of column.real) {
    const bin =
      column.type === 'numbers' && !Number.isNaN(cell) ? cuts.filter((cut) => cut < cell).length : cell;
    counts.set(bin, (counts.get(bin) ?? 0) + 1);
  }
  let entropy = 0;
  for (const count of counts.values()) {
    entropy -= (count / column.real.length) * Math.log(count / column.real.length);
  }
  return entropy;
}

function cutsOf(sorted: Float64Array): number[] {
  if (sorted.length === 0) return [];
  return Array.from({ length: BINS - 1 }, (_, cut) => quantile(sorted, (cut + 1) / BINS));
}
