import type { FeatureImportance, Surrogate } from '../../schema/messages/explanation.js';
import { sorted } from './summary.js';
import { treeShapley } from './shapley/tree-shapley.js';
import { boostedSurrogate, treeSurrogate, type Sample } from './surrogate/global-surrogate.js';

/** Rows whose Shapley values are averaged, and rows that they are told against. */
const EXPLAINED_ROWS = 80;
const BACKGROUND_ROWS = 30;

/** Models that stand in for a recommender, with their fidelity; and what matters in the closer one, by exact Shapley values. */
export async function standIns(
  sample: Sample,
  depth: number,
  pause: () => Promise<void>,
): Promise<{ readonly surrogates: Surrogate[]; readonly importances: FeatureImportance[] }> {
  const { rules, fidelity } = await treeSurrogate(sample, depth, pause);
  const boosted = await boostedSurrogate(sample, pause);
  const background = evenly(sample.training, BACKGROUND_ROWS);
  const explained = evenly(sample.held, EXPLAINED_ROWS);
  const sums = new Float64Array(sample.names.length);
  for (const row of explained) {
    const { values } = treeShapley(boosted.model, boosted.binned, row, background);
    values.forEach((value, column) => (sums[column]! += Math.abs(value)));
    await pause();
  }
  return {
    surrogates: [
      {
        kind: 'TREE',
        fidelity,
        rules: rules.map((rule) => ({ ...rule, conditions: [...rule.conditions] })),
      },
      { kind: 'BOOSTED_TREES', fidelity: boosted.fidelity, rules: [] },
    ],
    importances: sorted(
      sample.names.map((feature, column) => ({
        ...{ feature, source: 'SURROGATE' },
        importance: sums[column]! / explained.length,
      })),
    ),
  };
}

/** So many at most, from all over the list. */
const evenly = (rows: Int32Array, most: number): Int32Array =>
  rows.length <= most
    ? rows
    : Int32Array.from({ length: most }, (_, index) => rows[Math.floor((index * rows.length) / most)]!);
