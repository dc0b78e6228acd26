import type { BinnedColumn } from './binned-features.js';
import { gradientsOf, outputsOf, startOf, type Objective } from './objectives.js';
import { growTree, scoreByTree, type Tree, type TreeLimits } from './tree.js';

export interface BoostingOptions {
  /** Rounds at most; each adds a tree per output. */
  readonly rounds: number;
  /** Share of each tree's answer that is added, 0–1. */
  readonly rate: number;
  readonly limits: TreeLimits;
  /** Called between trees; may throw or reject to stop. */
  readonly pause: () => Promise<void>;
}

export interface BoostedTrees {
  /** Constant score of each output, to which each round adds `rate` × the answer of the output's tree [rounds, outputs]. */
  readonly start: readonly number[];
  readonly rate: number;
  readonly trees: readonly (readonly Tree[])[];
  /**
   * Of each output (one; one a class for softmax) the score of each row: log-odds, log-weights, or the number itself. With
   * `rounds`, by the first of them only: what a model of fewer rounds would say.
   */
  scores(columns: readonly BinnedColumn[], rows: Int32Array, rounds?: number): Float64Array[];
}

/**
 * Gradient boosting of regression trees by second-order steps (Chen and Guestrin, XGBoost, 2016, section 2) on
 * histograms of binned features (Ke et al., LightGBM, 2017, algorithm 1). Nothing in it is random.
 */
export async function fitBoostedTrees(
  columns: readonly BinnedColumn[],
  objective: Objective,
  training: Int32Array,
  { rounds, rate, limits, pause }: BoostingOptions,
): Promise<BoostedTrees> {
  const outputs = outputsOf(objective);
  const start = startOf(objective, training);
  const margins = start.map((value) => new Float64Array(training.length).fill(value));
  const gradients = Array.from({ length: outputs }, () => new Float64Array(training.length));
  const curvatures = Array.from({ length: outputs }, () => new Float64Array(training.length));
  const trees: Tree[][] = [];

  for (let round = 1; round <= rounds; round++) {
    gradientsOf(objective, training, margins, gradients, curvatures);
    const grown: Tree[] = [];
    for (let output = 0; output < outputs; output++) {
      const { tree, answers } = growTree(columns, training, gradients[output]!, curvatures[output]!, limits);
      const margin = margins[output]!;
      for (let i = 0; i < margin.length; i++) margin[i]! += rate * answers[i]!;
      grown.push(tree);
      await pause();
    }
    trees.push(grown);
  }
  return {
    ...{ start, rate, trees },
    scores(sample, rows, first = trees.length) {
      const sums = start.map((value) => new Float64Array(rows.length).fill(value));
      for (const grown of trees.slice(0, first)) {
        grown.forEach((tree, output) => scoreByTree(tree, sample, rows, rate, sums[output]!));
      }
      return sums;
    },
  };
}
