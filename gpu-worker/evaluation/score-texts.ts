import type { Score, ScoreName } from '../../schema/messages/scores.js';

/** How to read each score; that of `utility` depends on its target. */
export const SCORE_TEXTS: Readonly<
  Record<Exclude<ScoreName, 'utility'>, Pick<Score, 'better' | 'unit' | 'meaning'>>
> = {
  shapeError: {
    better: 'lower',
    unit: 'percent',
    meaning: 'How far the distribution of a single column is from the real one, on average over all columns.',
  },
  trendError: {
    better: 'lower',
    unit: 'percent',
    meaning: 'How far the relation between two columns is from the real one, on average over all pairs.',
  },
  logisticDetection: {
    better: 'higher',
    unit: 'share',
    meaning:
      'How hard it is for a logistic regression to tell synthetic rows from real ones: 1 is impossible, 0 is always.',
  },
  boostedDetection: {
    better: 'higher',
    unit: 'share',
    meaning:
      'The same for boosted trees, which also see single values, gaps and how columns depend on each other: a far harder test.',
  },
  missingError: {
    better: 'lower',
    unit: 'percent',
    meaning:
      'How far the share of missing cells of a column is from the real one, on average over all columns.',
  },
  exactCopies: {
    better: 'lower',
    unit: 'percent',
    meaning:
      'Synthetic rows that equal a real row; common rows recur by chance, so compare with the same share of unseen real rows.',
  },
  duplicates: {
    better: 'lower',
    unit: 'percent',
    meaning: 'Synthetic rows that repeat another synthetic row; good is about as many as in the real table.',
  },
};
