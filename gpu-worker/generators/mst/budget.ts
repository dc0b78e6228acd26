import type { MstConfig } from '../../../schema/messages/generator-options/mst.js';
import { leastNoise, spentEpsilon, type Mechanism } from '../../privacy/accountant.js';

/** What each look at the table may show. */
export interface MstBudget {
  /** Of the noise in a column's counts. */
  readonly columnDeviation: number;
  /** Of the noise in a pair's counts. */
  readonly pairDeviation: number;
  /** Of the noise in each step of a training, in units of the length that gradients are clipped to. */
  readonly gradientDeviation: number;
  /** ε of each choice of a pair. */
  readonly choiceEpsilon: number;
  /** Probability that a category which one row alone has is told, for each column. */
  readonly categoryDelta: number;
  /** What all of it protects a row with, when a table with it is told from one without it. */
  readonly spent: { readonly epsilon: number; readonly delta: number };
}

/** A training on clipped gradients that follows; each of its steps sees each row with the probability `rate`. */
export interface PrivateTraining {
  readonly rate: number;
  readonly steps: number;
}

/** Shares of the whole, about, in ρ of concentrated differential privacy. */
const WITHOUT_TRAINING = { columns: 0.3, choices: 0.1, pairs: 0.6, training: 0 };
const WITH_TRAINING = { columns: 0.2, choices: 0.05, pairs: 0.35, training: 0.4 };
/** For the number of rows alone, on which depends how the rest is dealt out. */
const SHARE_OF_ROW_COUNT = 0.01;

type Promised = Pick<MstConfig, 'epsilon' | 'delta' | 'publicCategories'>;

/** Half of δ is for categories, unless they are public: the noise may let one through that a single row has. */
const deltaOfCategories = ({ delta, publicCategories }: Promised): number =>
  publicCategories ? 0 : delta / 2;

/** Of the noise in the number of rows. */
export function rowCountDeviation(promise: Promised): number {
  const alone = leastNoise(promise.epsilon, promise.delta - deltaOfCategories(promise), (deviation) => [
    { type: 'gaussian', deviation },
  ]);
  return alone / Math.sqrt(SHARE_OF_ROW_COUNT);
}

/**
 * Deals (ε, δ) out to the looks at a table of so many columns: the number of rows, each column, a choice and a look for each
 * edge of their tree, and the steps of a training, if there is one.
 */
export function budgetOf(promise: Promised, columns: number, training?: PrivateTraining): MstBudget {
  const shares = training ? WITH_TRAINING : WITHOUT_TRAINING;
  const delta = promise.delta - deltaOfCategories(promise);
  const rowCount: Mechanism = { type: 'gaussian', deviation: rowCountDeviation(promise) };
  const looks = Math.max(1, columns);
  const edges = Math.max(1, columns - 1);
  const deviationsAt = (noise: number) => ({
    columnDeviation: noise * Math.sqrt(looks / (2 * shares.columns)),
    pairDeviation: noise * Math.sqrt(edges / (2 * shares.pairs)),
    choiceEpsilon: Math.sqrt((8 * shares.choices) / edges) / noise,
    // A step on a small sample costs about rate² / deviation² (Abadi et al., 2016, section 3).
    gradientDeviation: training ? noise * training.rate * Math.sqrt(training.steps / shares.training) : 0,
  });
  const mechanismsAt = (noise: number): Mechanism[] => {
    const { columnDeviation, pairDeviation, choiceEpsilon, gradientDeviation } = deviationsAt(noise);
    return [
      rowCount,
      { type: 'gaussian', deviation: columnDeviation, times: looks },
      { type: 'exponential', epsilon: choiceEpsilon, times: edges },
      { type: 'gaussian', deviation: pairDeviation, times: edges },
      ...(training
        ? [
            {
              type: 'gaussian' as const,
              deviation: gradientDeviation,
              rate: training.rate,
              times: training.steps,
            },
          ]
        : []),
    ];
  };
  const noise = leastNoise(promise.epsilon, delta, mechanismsAt);
  return {
    ...deviationsAt(noise),
    categoryDelta: deltaOfCategories(promise) / Math.max(1, columns),
    spent: { epsilon: spentEpsilon(mechanismsAt(noise), delta), delta: promise.delta },
  };
}
