import type { BinnedColumn } from './binned-features.js';
import { gradientsOf, lossOf, outputsOf, startOf, type Objective } from './objectives.js';
import { growTree, scoreByTree, type Tree, type TreeLimits } from './tree.js';

export interface BoostingOptions {
  /** Rounds at most; each adds a tree per output. */
  readonly rounds: number;
  /** Share of each tree's answer that is added, 0–1. */
  readonly rate: number;
  readonly limits: TreeLimits;
  /** Rows whose loss tells when to stop: after `patience` rounds without a lower one; the best round's trees are kept. */
  readonly validation?: { readonly rows: Int32Array; readonly patience: number };
  /** Called between trees; may throw or reject to stop. */
  readonly pause: () => Promise<void>;
}

export interface BoostedTrees {
  /** Rounds that were kept. */
  readonly rounds: number;
  /** Of each output (one; one a class for softmax) the score of each row: log-odds, log-weights, or the number itself. */
  scores(columns: readonly BinnedColumn[], rows: Int32Array): Float64Array[];
}

/**
 * Gradient boosting of regression trees by second-order steps (Chen and Guestrin, XGBoost, 2016, section 2) on
 * histograms of binned features (Ke et al., LightGBM, 2017, algorithm 1). Nothing in it is random.
 */
export async function fitBoostedTrees(
  columns: readonly BinnedColumn[],
  objective: Objective,
  training: Int32Array,
  { rounds, rate, limits, validation, pause }: BoostingOptions,
): Promise<BoostedTrees> {
  const outputs = outputsOf(objective);
  const start = startOf(objective, training);
  const margins = start.map((value) => new Float64Array(training.length).fill(value));
  const held = validation && start.map((value) => new Float64Array(validation.rows.length).fill(value));
  const gradients = Array.from({ length: outputs }, () => new Float64Array(training.length));
  const curvatures = Array.from({ length: outputs }, () => new Float64Array(training.length));
  const trees: Tree[][] = [];
  const best = {
    rounds: 0,
    loss: validation && held ? lossOf(objective, validation.rows, held) : Infinity,
  };

  for (let round = 1; round <= rounds; round++) {
    gradientsOf(objective, training, margins, gradients, curvatures);
    const grown: Tree[] = [];
    for (let output = 0; output < outputs; output++) {
      const { tree, answers } = growTree(columns, training, gradients[output]!, curvatures[output]!, limits);
      const margin = margins[output]!;
      for (let i = 0; i < margin.length; i++) margin[i]! += rate * answers[i]!;
      if (validation && held) scoreByTree(tree, columns, validation.rows, rate, held[output]!);
      grown.push(tree);
      await pause();
    }
    trees.push(grown);
    if (!validation || !held) continue;
    const loss = lossOf(objective, validation.rows, held);
    if (loss < best.loss) Object.assign(best, { loss, rounds: round });
    if (round - best.rounds >= validation.patience) break;
  }
  const kept = validation ? trees.slice(0, best.rounds) : trees;
  return {
    rounds: kept.length,
    scores(sample, rows) {
      const sums = start.map((value) => new Float64Array(rows.length).fill(value));
      for (const grown of kept) {
        grown.forEach((tree, output) => scoreByTree(tree, sample, rows, rate, sums[output]!));
      }
      return sums;
    },
  };
}
