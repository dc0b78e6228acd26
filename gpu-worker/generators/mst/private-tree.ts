import type { ColumnSchema } from '../../../schema/messages/column.js';
import type { MstConfig } from '../../../schema/messages/generator-options/mst.js';
import { partOf, type Pause } from '../../evaluation/pause.js';
import { DiscreteGaussian } from '../../privacy/discrete-gaussian.js';
import type { RandomBits } from '../../privacy/secret-bits.js';
import type { Table } from '../../tables/table.js';
import { binCount, encodeColumn } from '../discretisation/column-bins.js';
import type { ColumnCodes } from '../discretisation/column-codes.js';
import { budgetOf, rowCountDeviation, type MstBudget, type PrivateTraining } from './budget.js';
import { measureColumn } from './private-bins.js';
import { beliefsOf, rootedTree, type Potentials, type Tree } from './tree.js';
import { inferPotentials } from './tree-inference.js';
import { choosePairs, pairCounts, pairScores } from './tree-selection.js';

/** What a table looks like through noise. */
export interface PrivateTree {
  readonly columns: readonly ColumnSchema[];
  /** How each column becomes bins; none is refined further. */
  readonly codes: readonly ColumnCodes[];
  /** Over the columns with more than one bin, in their order. */
  readonly tree: Tree;
  /** Shares of its bins and pairs of bins. */
  readonly shares: Potentials;
  /** Rows of the table, about. */
  readonly rows: number;
  readonly budget: MstBudget;
  /** What the budget leaves room for. */
  readonly training?: PrivateTraining;
}

/**
 * All that looks at the table, unless a training follows. `trainingOf` says how that will go, given about how many rows there
 * are. What it answers is protected by what `budget.spent` says.
 */
export async function fitTree(
  table: Table,
  config: MstConfig,
  bits: RandomBits,
  pause: Pause,
  trainingOf?: (rows: number) => PrivateTraining,
): Promise<PrivateTree> {
  const rows = Math.max(1, table.rows + new DiscreteGaussian(rowCountDeviation(config), bits).draw());
  const training = trainingOf?.(rows);
  const looked = table.columns.filter(({ schema }) => schema.kind !== 'ID').length;
  const budget = budgetOf(config, looked, training);
  const columnNoise = new DiscreteGaussian(budget.columnDeviation, bits);
  const pairNoise = new DiscreteGaussian(budget.pairDeviation, bits);
  // So many that a cell of a pair holds, on average, as many rows as its noise.
  const most = Math.min(config.bins, Math.max(2, Math.round(Math.sqrt(rows / budget.pairDeviation))));
  const measure = partOf(pause, 0, 0.4);
  const measured = [];
  for (const [index, column] of table.columns.entries()) {
    measured.push(
      measureColumn(column, {
        most,
        rows,
        noise: columnNoise,
        delta: budget.categoryDelta,
        publicCategories: config.publicCategories,
      }),
    );
    await measure((index + 1) / table.columns.length);
  }

  const modelled = measured.flatMap((column, index) =>
    binCount(column.bins) > 1 ? [{ ...column, index }] : [],
  );
  const codes = modelled.map(({ bins, index }) => encodeColumn(bins, table.columns[index]!));
  const shares = modelled.map(({ counts }) => sharesOf(counts));
  await pause(0.45);
  const scores = pairScores(codes, shares, rows, budget.pairDeviation);
  await pause(0.5);
  const pairs = choosePairs(modelled.length, scores, budget.choiceEpsilon, bits);
  const widths = shares.map(({ length }) => length);
  const tree = rootedTree(widths, pairs);
  const pairMeasurements = tree.edges.map(({ parent, child }) => ({
    counts: pairCounts(codes[parent]!, codes[child]!, widths[parent]!, widths[child]!).map(
      (count) => count + pairNoise.draw(),
    ),
    variance: budget.pairDeviation ** 2,
  }));
  await pause(0.6);
  const potentials = await inferPotentials(
    tree,
    { columns: modelled, pairs: pairMeasurements, rows },
    partOf(pause, 0.6, 1),
  );
  return {
    columns: table.columns.map(({ schema }) => schema),
    codes: measured.map(({ bins }) => ({ bins, refinement: { type: 'none' } })),
    tree,
    shares: beliefsOf(tree, potentials),
    rows,
    budget,
    ...(training && { training }),
  };
}

/** Noisy counts as shares: none below zero. */
function sharesOf(counts: Float64Array): Float64Array {
  const kept = counts.map((count) => Math.max(0, count));
  const total = kept.reduce((sum, count) => sum + count, 0);
  return kept.map((count) => (total > 0 ? count / total : 1 / kept.length));
}
