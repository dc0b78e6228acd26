import type { BinnedColumn } from '../../evaluation/boosting/binned-features.js';
import type { BoostedTrees } from '../../evaluation/boosting/boosted-trees.js';
import type { Tree } from '../../evaluation/boosting/tree.js';

/** Exact Shapley values of one row. */
export interface TreeShapley {
  /** By column; their sum is what the model says of the row − `base`. */
  readonly values: Float64Array;
  /** The model's mean over the background rows. */
  readonly base: number;
}

/**
 * Shapley values of the game worth(S) = mean over background rows b of model(row's columns in S, b's others): interventional
 * TreeSHAP (Lundberg et al., "From local explanations to global understanding with explainable AI for trees", 2020). Exact. Costs background · trees · leaves that either row can reach with some of its columns.
 */
export function treeShapley(
  model: BoostedTrees,
  columns: readonly BinnedColumn[],
  row: number,
  background: Int32Array,
  output = 0,
): TreeShapley {
  const values = new Float64Array(columns.length);
  let base = model.start[output]!;
  for (const grown of model.trees)
    for (const other of background) {
      const share = model.rate / background.length;
      base += share * addTree(grown[output]!, columns, row, other, share, values);
    }
  return { values, base };
}

/** Where a column's value is taken from along a path; absent where both rows go the same way. */
const OWN = 1;
const OTHER = 2;

/** Adds share × the tree's Shapley values for the row against another one; answers what the tree says of the other one. */
function addTree(
  tree: Tree,
  columns: readonly BinnedColumn[],
  row: number,
  other: number,
  share: number,
  values: Float64Array,
): number {
  const from = new Uint8Array(columns.length);
  const owns: number[] = [];
  const others: number[] = [];
  let ofOther = 0;
  visit(0);
  return ofOther;

  function visit(node: number): void {
    const column = tree.column[node]!;
    if (column < 0) return leaf(tree.answer[node]!);
    const { bins, ordered } = columns[column]!;
    const next = (of: number): number => {
      const goesLeft = ordered ? bins[of]! <= tree.bin[node]! : bins[of]! === tree.bin[node]!;
      return goesLeft ? tree.left[node]! : tree.right[node]!;
    };
    const [own, foreign] = [next(row), next(other)];
    if (own === foreign) return visit(own);
    if (from[column] === OWN) return visit(own);
    if (from[column] === OTHER) return visit(foreign);
    follow(column, OWN, own, owns);
    follow(column, OTHER, foreign, others);
  }

  function follow(column: number, side: number, node: number, path: number[]): void {
    from[column] = side;
    path.push(column);
    visit(node);
    path.pop();
    from[column] = 0;
  }

  /** The leaf is reached by coalitions that have all of `owns` and none of `others`. */
  function leaf(answer: number): void {
    if (owns.length === 0) ofOther += answer;
    const gain = share * answer;
    if (owns.length > 0) {
      const each = gain * factorialShare(owns.length - 1, others.length);
      for (const column of owns) values[column]! += each;
    }
    if (others.length > 0) {
      const each = gain * factorialShare(others.length - 1, owns.length);
      for (const column of others) values[column]! -= each;
    }
  }
}

/** a! b! / (a + b + 1)! */
function factorialShare(a: number, b: number): number {
  let share = 1 / (a + b + 1);
  for (let factor = 1; factor <= b; factor++) share *= factor / (a + factor);
  return share;
}
