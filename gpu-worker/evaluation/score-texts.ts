import type { Score, ScoreName } from '../../schema/messages/scores.js';

/** How to read each score; those of the utility scores depend on their target. */
export const SCORE_TEXTS: Readonly<
  Record<Exclude<ScoreName, 'utility' | 'augmentedUtility'>, Pick<Score, 'better' | 'unit' | 'meaning'>>
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
  missingError: {
    better: 'lower',
    unit: 'percent',
    meaning:
      'How far the share of missing cells of a column is from the real one, on average over all columns.',
  },
  alphaPrecision: {
    better: 'higher',
    unit: 'share',
    meaning:
      'Whether synthetic rows lie where real rows do, from the most typical to the rarest: 1 is in the same measure, less means odd or all too typical rows.',
  },
  betaRecall: {
    better: 'higher',
    unit: 'share',
    meaning:
      'Whether all sorts of real rows have synthetic rows near them. Real rows reach 0.5 for each other; clearly more means that rows were copied.',
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
  exactCopies: {
    better: 'lower',
    unit: 'percent',
    meaning:
      'Synthetic rows that equal a real row; common rows recur by chance, so compare with the same share of unseen real rows.',
  },
  closestRecord: {
    better: 'higher',
    unit: 'distance',
    meaning:
      'How far the middle synthetic row is from the real row closest to it. Much less than for unseen real rows means that rows were imitated.',
  },
  closestRecordLow: {
    better: 'higher',
    unit: 'distance',
    meaning: 'The same for the closest: one synthetic row in twenty is nearer to a real row than this.',
  },
  neighbourRatio: {
    better: 'higher',
    unit: 'share',
    meaning:
      'How close a synthetic row is to one real row rather than to the next, one row in twenty being below. Near 0 such rows single someone out.',
  },
  closerToTrain: {
    better: 'lower',
    unit: 'share',
    meaning:
      'Synthetic rows that are nearer to a row the generator learnt from than to an unseen one, of as many: 0.5 is as it should be, 1 is copying.',
  },
  membershipAttack: {
    better: 'lower',
    unit: 'share',
    meaning:
      'How well an attacker who has a record can tell from the synthetic rows whether it was learnt from (AUC): 0.5 is guessing, 1 is always right.',
  },
  attributeInference: {
    better: 'lower',
    unit: 'percent',
    meaning:
      'How often an attacker who knows a record but for one column finds that in the synthetic rows. What exceeds the same for unseen records is a leak.',
  },
  categoryCoverage: {
    better: 'higher',
    unit: 'percent',
    meaning: 'How many of the real categories of a column appear among the synthetic ones, on average.',
  },
  rangeCoverage: {
    better: 'higher',
    unit: 'percent',
    meaning:
      'How much of the range between the smallest and the largest real value of a column the synthetic values span, on average.',
  },
  duplicates: {
    better: 'lower',
    unit: 'percent',
    meaning: 'Synthetic rows that repeat another synthetic row; good is about as many as in the real table.',
  },
  constraintBreaks: {
    better: 'lower',
    unit: 'percent',
    meaning: 'Synthetic rows that break at least one of the constraints that the run names.',
  },
  sessionLengthError: {
    better: 'lower',
    unit: 'percent',
    meaning: 'How far the numbers of events in a session are from the real ones.',
  },
  userLengthError: {
    better: 'lower',
    unit: 'percent',
    meaning: 'How far the numbers of events of a user are from the real ones.',
  },
  timeGapError: {
    better: 'lower',
    unit: 'percent',
    meaning: 'How far the times from one event of a user to the next are from the real ones.',
  },
  typeMixError: {
    better: 'lower',
    unit: 'percent',
    meaning: 'How far the shares of the types of events are from the real ones.',
  },
  typeTransitionError: {
    better: 'lower',
    unit: 'percent',
    meaning: 'How far the shares of pairs of types that follow each other are from the real ones.',
  },
  itemTransitionError: {
    better: 'lower',
    unit: 'percent',
    meaning:
      'How far the shares of pairs of items that follow each other are from the real ones. Most pairs are rare, so that real users are far from other real users too.',
  },
  popularityError: {
    better: 'lower',
    unit: 'percent',
    meaning: 'How far the curve of popular and rare items is from the real one.',
  },
  popularityGiniError: {
    better: 'lower',
    unit: 'share',
    meaning:
      'How much more or less the events crowd on few items than the real ones do (difference of Gini coefficients).',
  },
  topItemsOverlap: {
    better: 'higher',
    unit: 'percent',
    meaning: 'How many of the hundred most frequent real items are among the most frequent synthetic ones.',
  },
  repeatError: {
    better: 'lower',
    unit: 'percent',
    meaning: 'How far the share of events with an item that the user has met before is from the real one.',
  },
  funnelError: {
    better: 'lower',
    unit: 'percent',
    meaning:
      'How far the rates at which one type of event follows on another, such as buying on viewing the same item, are from the real ones.',
  },
  sequenceCopies: {
    better: 'lower',
    unit: 'percent',
    meaning:
      'Runs of five items of a synthetic user that a real user has had too; common ones recur by chance, so compare with the same of other real users.',
  },
  nextItemNdcg: {
    better: 'higher',
    unit: 'share',
    meaning:
      'How well a recommender that learns from the synthetic log finds what real users did next (NDCG@10 over all items), beside one that learns from the real log.',
  },
  nextItemHitRate: {
    better: 'higher',
    unit: 'share',
    meaning: 'The same as the share of users whose next item is among ten recommended ones.',
  },
};
