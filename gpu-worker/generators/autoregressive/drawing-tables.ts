import type * as tf from '@tensorflow/tfjs-core';
import { stored, type Stored, type StoredOf } from '../../compute/tensors.js';
import { DIRECT_WEIGHTS } from './network.js';
import { columnsByRank, unitsUpTo, type Layout } from './layout.js';

/**
 * The network's weights as drawing needs them: cut into what each column tells those after it, so that a run neither cuts nor
 * adds what no later column asks for.
 *
 * What columns are told, the sums over those already drawn, lies in one row of numbers, in the order in which it is asked for:
 * for each rank, first the sums of the hidden units that see no column of that rank or later but one before it, then the column's
 * logits from direct weights.
 */
export type DrawingTables = {
  /** [1, told]: biases, which is what columns are told before there is one. */
  readonly start: tf.Tensor2D;
  /** One a rank. */
  readonly columns: readonly {
    /** [bins, told after it]: what a column's bin adds for those after it; none for the last one. */
    readonly tells?: tf.Tensor2D;
    /** [hidden units so far, bins]; none before there is a unit. */
    readonly output?: tf.Tensor2D;
    /** Of the hidden units that this rank is the first to see: weights [units so far, units] and biases, layer by layer. */
    readonly hidden?: readonly { readonly weights: tf.Tensor2D; readonly bias: tf.Tensor1D }[];
  }[];
};

/** How much a rank takes of what columns are told. */
export interface Share {
  /** Hidden units that it is the first to see, and how many there are with those before. */
  readonly units: number;
  readonly unitsSoFar: number;
  readonly bins: number;
  /** What is left for later ranks. */
  readonly rest: number;
}

/** One a rank. */
export function sharesOf(layout: Layout): Share[] {
  const shares: Share[] = [];
  let rest = 0;
  columnsByRank(layout)
    .reverse()
    .forEach((column, fromLast, { length }) => {
      const rank = length - 1 - fromLast;
      const unitsSoFar = unitsUpTo(layout, rank);
      const units = unitsSoFar - (rank === 0 ? 0 : unitsUpTo(layout, rank - 1));
      const bins = layout.widths[column]!;
      shares.unshift({ units, unitsSoFar, bins, rest });
      rest += units + bins;
    });
  return shares;
}

/** `parameters` in the order of `parameterShapes`. */
export function drawingTables(
  layout: Layout,
  blocks: number,
  parameters: readonly Stored[],
): StoredOf<DrawingTables> {
  const { hidden, units } = layout;
  const [input, inputBias] = parameters.map(({ values }) => values);
  const direct = parameters[DIRECT_WEIGHTS]!.values;
  const deep = parameters.slice(DIRECT_WEIGHTS + 1, DIRECT_WEIGHTS + 1 + blocks * 4);
  const [output, outputBias] = parameters.slice(-2).map(({ values }) => values);
  const byRank = columnsByRank(layout);
  const shares = sharesOf(layout);

  /** What ranks from `first` on are told, from a row of hidden units and one of the output's. */
  const told = (
    first: number,
    ofHidden: (unit: number) => number,
    ofOutput: (unit: number) => number,
  ): number[] =>
    byRank.slice(first).flatMap((column, at) => {
      const { units: seen, unitsSoFar, bins } = shares[first + at]!;
      return [
        ...Array.from({ length: seen }, (_, unit) => ofHidden(unitsSoFar - seen + unit)),
        ...Array.from({ length: bins }, (_, bin) => ofOutput(layout.offsets[column]! + bin)),
      ];
    });

  const start = told(
    0,
    (unit) => inputBias![unit]!,
    (unit) => outputBias![unit]!,
  );
  return {
    start: stored([1, start.length], Float32Array.from(start)),
    columns: byRank.map((column, rank) => {
      const { units: seen, unitsSoFar, bins, rest } = shares[rank]!;
      const offset = layout.offsets[column]!;
      const tells = new Float32Array(bins * rest);
      if (rest > 0) {
        for (let bin = 0; bin < bins; bin++) {
          const row = offset + bin;
          tells.set(
            told(
              rank + 1,
              (unit) => input![row * hidden + unit]!,
              (unit) => direct[row * units + unit]!,
            ),
            bin * rest,
          );
        }
      }
      return {
        ...(rest > 0 && { tells: stored([bins, rest], tells) }),
        ...(unitsSoFar > 0 && { output: block(output!, units, [0, unitsSoFar], [offset, offset + bins]) }),
        ...(seen > 0 && {
          hidden: Array.from({ length: blocks * 2 }, (_, layer) => ({
            weights: block(deep[layer * 2]!.values, hidden, [0, unitsSoFar], [unitsSoFar - seen, unitsSoFar]),
            bias: stored(
              [seen],
              Float32Array.from(deep[layer * 2 + 1]!.values.slice(unitsSoFar - seen, unitsSoFar)),
            ),
          })),
        }),
      };
    }),
  };
}

/** Rows and columns, each from and up to but without, of a row-major matrix. */
function block(
  values: ArrayLike<number>,
  columns: number,
  [top, bottom]: readonly [number, number],
  [left, right]: readonly [number, number],
): Stored {
  const width = right - left;
  const cut = new Float32Array((bottom - top) * width);
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++)
      cut[(row - top) * width + column - left] = values[row * columns + column]!;
  return stored([bottom - top, width], cut);
}
