import type { MstConfig } from '../../../schema/messages/generator-options/mst.js';
import { leastNoise, spentEpsilon, type Mechanism } from '../../privacy/accountant.js';

/** What each look at the table may show. */
export interface MstBudget {
  /** Of the noise in a column's counts, and in the number of rows. */
  readonly columnDeviation: number;
  /** Of the noise in a pair's counts. */
  readonly pairDeviation: number;
  /** ε of each choice of a pair. */
  readonly choiceEpsilon: number;
  /** Probability that a category which one row alone has is told, for each column. */
  readonly categoryDelta: number;
  /** What all of it protects a row with, when a table with it is told from one without it. */
  readonly spent: { readonly epsilon: number; readonly delta: number };
}

/** Shares of the whole, in ρ of concentrated differential privacy: for columns, for choices, and for pairs. */
const SHARES = { columns: 0.3, choices: 0.1, pairs: 0.6 };

/** Deals (ε, δ) out to the looks at a table of so many columns: one at each, a choice and a look for each edge of their tree. */
export function budgetOf({ epsilon, delta, publicCategories }: MstConfig, columns: number): MstBudget {
  // Half of δ is for categories: the noise may let one through that a single row has.
  const spentOnCategories = publicCategories ? 0 : delta / 2;
  const looks = columns + 1;
  const edges = Math.max(1, columns - 1);
  const deviationsAt = (noise: number) => ({
    columnDeviation: noise * Math.sqrt(looks / (2 * SHARES.columns)),
    pairDeviation: noise * Math.sqrt(edges / (2 * SHARES.pairs)),
    choiceEpsilon: Math.sqrt((8 * SHARES.choices) / edges) / noise,
  });
  const mechanismsAt = (noise: number): Mechanism[] => {
    const { columnDeviation, pairDeviation, choiceEpsilon } = deviationsAt(noise);
    return [
      { type: 'gaussian', deviation: columnDeviation, times: looks },
      { type: 'exponential', epsilon: choiceEpsilon, times: edges },
      { type: 'gaussian', deviation: pairDeviation, times: edges },
    ];
  };
  const noise = leastNoise(epsilon, delta - spentOnCategories, mechanismsAt);
  return {
    ...deviationsAt(noise),
    categoryDelta: spentOnCategories / Math.max(1, columns),
    spent: { epsilon: spentEpsilon(mechanismsAt(noise), delta - spentOnCategories), delta },
  };
}
