import { binNumbers, type BinnedColumn } from '../../evaluation/boosting/binned-features.js';
import { fitBoostedTrees, type BoostedTrees } from '../../evaluation/boosting/boosted-trees.js';
import type { Tree } from '../../evaluation/boosting/tree.js';
import { determination } from './local-surrogate.js';

/** Rows by named numbers, and what a black box says of each. */
export interface Sample {
  readonly names: readonly string[];
  /** By name, then row; NaN where a number isn't known. */
  readonly columns: readonly Float64Array[];
  /** By row. */
  readonly answers: Float64Array;
  /** Rows to learn from, and rows to be tested on. */
  readonly training: Int32Array;
  readonly held: Int32Array;
}

/** What holds in a leaf of a tree, and what the tree says there. */
export interface Rule {
  /** In words, such as `price ≤ 3.5`; none in a tree that is a leaf. */
  readonly conditions: readonly string[];
  readonly answer: number;
  /** Of all rows that the tree learnt from, 0–1. */
  readonly share: number;
}

export interface TreeSurrogate {
  /** The highest answers first. */
  readonly rules: readonly Rule[];
  /** R² on the rows that it hasn't seen. */
  readonly fidelity: number;
}

export interface BoostedSurrogate {
  readonly model: BoostedTrees;
  readonly binned: readonly BinnedColumn[];
  readonly fidelity: number;
}

/** A leaf holds at least this share of the rows: rules of a handful of rows are anecdotes. */
const LEAST_LEAF = 0.01;
const BOOSTING = { rounds: 120, rate: 0.1, depth: 4 };

/**
 * One regression tree that says what a black box says (Craven and Shavlik, "Extracting tree-structured representations of
 * trained networks", 1996, grown as CART is), with how much of the variance it explains on rows that it hasn't seen.
 */
export async function treeSurrogate(
  sample: Sample,
  depth: number,
  pause: () => Promise<void>,
): Promise<TreeSurrogate> {
  const { model, binned, fidelity } = await fitted(sample, { rounds: 1, rate: 1, depth }, pause);
  const [tree] = model.trees[0]!;
  return { fidelity, rules: rulesOf(tree!, model.start[0]!, binned, sample) };
}

/** The same by boosted trees: closer to the black box, and read by their Shapley values instead of as rules. */
export async function boostedSurrogate(
  sample: Sample,
  pause: () => Promise<void>,
): Promise<BoostedSurrogate> {
  return fitted(sample, BOOSTING, pause);
}

async function fitted(
  { columns, answers, training, held }: Sample,
  { rounds, rate, depth }: { readonly rounds: number; readonly rate: number; readonly depth: number },
  pause: () => Promise<void>,
): Promise<BoostedSurrogate> {
  const binned = columns.map((values) => binNumbers(values, training));
  const leastWeight = Math.max(1, LEAST_LEAF * training.length);
  const limits = { depth, leastWeight, shrinkage: 0, leastGain: 0 };
  const objective = { loss: 'squared', truth: answers } as const;
  const model = await fitBoostedTrees(binned, objective, training, { rounds, rate, limits, pause });
  const truth = Float64Array.from(held, (row) => answers[row]!);
  return { model, binned, fidelity: determination(truth, model.scores(binned, held)[0]!) };
}

/** Bounds of a number along a path. */
interface Bounds {
  readonly above?: number;
  readonly upTo?: number;
  /** Whether only rows that lack the number, or only those that have it, come here. */
  readonly missing?: boolean;
}

function rulesOf(
  tree: Tree,
  start: number,
  binned: readonly BinnedColumn[],
  { names, columns, training }: Sample,
): Rule[] {
  const rules: Rule[] = [];
  visit(0, training, new Map());
  return rules.sort((a, b) => b.answer - a.answer);

  function visit(node: number, rows: Int32Array, path: ReadonlyMap<number, Bounds>): void {
    const column = tree.column[node]!;
    if (column < 0) {
      rules.push({
        conditions: [...path].map(([at, bounds]) => inWords(names[at]!, bounds, hasMissing(columns[at]!))),
        answer: start + tree.answer[node]!,
        share: rows.length / training.length,
      });
      return;
    }
    const bin = tree.bin[node]!;
    const { bins, cuts } = binned[column]!;
    const before = path.get(column) ?? {};
    const cut = cuts![bin - 1];
    const along = (bounds: Bounds) => new Map(path).set(column, { ...before, ...bounds });
    visit(
      tree.left[node]!,
      rows.filter((row) => bins[row]! <= bin),
      along(cut === undefined ? { missing: true } : { upTo: cut }),
    );
    visit(
      tree.right[node]!,
      rows.filter((row) => bins[row]! > bin),
      along(cut === undefined ? { missing: false } : { above: cut, missing: false }),
    );
  }
}

const hasMissing = (values: Float64Array): boolean => values.some(Number.isNaN);
const shown = (value: number): string => String(Number(value.toPrecision(3)));

function inWords(name: string, { above, upTo, missing }: Bounds, mayLack: boolean): string {
  if (missing === true) return `${name} unknown`;
  if (above !== undefined && upTo !== undefined) return `${shown(above)} < ${name} ≤ ${shown(upTo)}`;
  if (above !== undefined) return `${name} > ${shown(above)}`;
  if (upTo !== undefined)
    return `${name} ≤ ${shown(upTo)}${mayLack && missing === undefined ? ' or unknown' : ''}`;
  return `${name} known`;
}
