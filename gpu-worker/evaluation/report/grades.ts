import { SCORE_NAMES, type Evaluation, type Score, type ScoreName } from '../../../schema/messages/scores.js';

/** `close`: as good as real rows or nearly so. `fair`: good for some uses. `far`: neither. */
export type Grade = 'close' | 'fair' | 'far';

export function worstOf(grades: readonly Grade[]): Grade {
  return grades.includes('far') ? 'far' : grades.includes('fair') ? 'fair' : 'close';
}

export function scoreOf(evaluation: Evaluation, name: ScoreName): Score | undefined {
  return evaluation.scores.find((score) => score.name === name);
}

/** More copies than this many times the real rows' own rate, and this share on top, point to memorizing. */
export const COPIES = { factor: 2, margin: 0.005 };
/** Real rows cover half of each other; where more are covered, synthetic rows lie on top of real ones. */
const COVERED_BY_CHANCE = 0.55;

/**
 * How a score compares with what real rows reach. `close` of an error is what the best published generators reach on mixed
 * tables, `far` where simple baselines such as a Gaussian copula end (Online Shoppers: shape error 1 to 2 % and 22 %, logistic
 * detection 0.98 and 0.13, boosted detection 0.9 and 0). Undefined for a score that is good or bad only beside others.
 */
export function gradeOf(score: Score, evaluation: Evaluation): Grade | undefined {
  const { name, value, reference } = score;
  const chance = 3 * chanceOfAuc(evaluation);
  switch (name) {
    case SCORE_NAMES.shapeError:
      return withinChance(score, evaluation, { close: 0.02, fair: 0.1 });
    case SCORE_NAMES.trendError:
      return withinChance(score, evaluation, { close: 0.03, fair: 0.1 });
    case SCORE_NAMES.missingError:
      return withinChance(score, evaluation, { close: 0.01, fair: 0.05 });
    case SCORE_NAMES.alphaPrecision:
      return atLeast(value, 0.95 * (reference ?? 1), 0.8 * (reference ?? 1));
    case SCORE_NAMES.betaRecall:
      return isCopying(score)
        ? atMost(value, COVERED_BY_CHANCE + 0.05, COVERED_BY_CHANCE + 0.15)
        : atLeast(value, 0.8 * (reference ?? 0.5), 0.4 * (reference ?? 0.5));
    case SCORE_NAMES.logisticDetection:
      return atLeast(value, 0.95, 0.5);
    case SCORE_NAMES.boostedDetection:
      return atLeast(value, 0.85, 0.4);
    case SCORE_NAMES.utility:
      return lossOfUtility(score);
    case SCORE_NAMES.exactCopies: {
      const expected = COPIES.factor * (reference ?? 0);
      return atMost(value, expected + COPIES.margin, expected + 4 * COPIES.margin);
    }
    case SCORE_NAMES.closestRecordLow:
    case SCORE_NAMES.neighbourRatio:
      return reference === undefined ? undefined : atLeast(value, 0.5 * reference, 0.2 * reference);
    case SCORE_NAMES.closerToTrain:
      return atMost(value, 0.52 + chance, 0.6 + chance);
    case SCORE_NAMES.membershipAttack:
      return atMost(value, 0.52 + chance, 0.6 + chance);
    case SCORE_NAMES.attributeInference:
      return atMost(value - (reference ?? 0), 0.02 + chance, 0.1 + chance);
    case SCORE_NAMES.categoryCoverage:
    case SCORE_NAMES.rangeCoverage:
      return atLeast(value, Math.min(0.95, 0.97 * (reference ?? 1)), Math.min(0.8, 0.85 * (reference ?? 1)));
    case SCORE_NAMES.duplicates:
      return atMost(value, 2 * (reference ?? 0) + 0.005, 5 * (reference ?? 0) + 0.05);
    case SCORE_NAMES.constraintBreaks:
      return atMost(value, reference ?? 0, (reference ?? 0) + 0.01);
    case SCORE_NAMES.sessionLengthError:
    case SCORE_NAMES.userLengthError:
    case SCORE_NAMES.timeGapError:
    case SCORE_NAMES.typeMixError:
    case SCORE_NAMES.typeTransitionError:
    case SCORE_NAMES.popularityError:
    case SCORE_NAMES.popularityGiniError:
    case SCORE_NAMES.repeatError:
    case SCORE_NAMES.funnelError:
      return atMost(value, (reference ?? 0) + 0.05, (reference ?? 0) + 0.15);
    case SCORE_NAMES.itemTransitionError:
      return reference === undefined ? undefined : atMost(value, reference + 0.05, reference + 0.15);
    case SCORE_NAMES.topItemsOverlap:
      return atLeast(value, 0.9 * (reference ?? 1), 0.6 * (reference ?? 1));
    case SCORE_NAMES.sequenceCopies: {
      const expected = COPIES.factor * (reference ?? 0);
      return atMost(value, expected + COPIES.margin, expected + 4 * COPIES.margin);
    }
    case SCORE_NAMES.nextItemNdcg:
    case SCORE_NAMES.nextItemHitRate:
      return reference === undefined ? undefined : atLeast(value, 0.9 * reference, 0.7 * reference);
    case SCORE_NAMES.augmentedUtility:
    case SCORE_NAMES.closestRecord:
      return undefined;
  }
}

/** Whether a β-recall is so high that it tells of privacy rather than of fidelity. */
export const isCopying = ({ name, value }: Score): boolean =>
  name === SCORE_NAMES.betaRecall && value > COVERED_BY_CHANCE;

const atLeast = (value: number, close: number, fair: number): Grade =>
  value >= close ? 'close' : value >= fair ? 'fair' : 'far';

const atMost = (value: number, close: number, fair: number): Grade =>
  value <= close ? 'close' : value <= fair ? 'fair' : 'far';

/** AUC: of what lies above guessing, how much is lost. Errors: by how much they grow. */
function lossOfUtility({ value, reference, better }: Score): Grade | undefined {
  if (reference === undefined) return undefined;
  if (better === 'lower') return atMost(value, 1.05 * reference, 1.25 * reference);
  return atLeast(value - 0.5, 0.97 * (reference - 0.5), 0.8 * (reference - 0.5));
}

/** Standard error of an AUC at ½ for as many training records as unseen ones (Hanley and McNeil, 1982). */
const chanceOfAuc = ({ rows }: Evaluation): number => Math.sqrt(1 / (6 * (rows.test ?? rows.compared.real)));

/** An error is not held against a generator up to so many times what chance explains. */
const CHANCE_FACTOR = 1.5;

/**
 * `chance`: the error that a perfect generator's rows would show, estimated from the reference: distances between
 * samples of n and m rows shrink with √(1/n + 1/m).
 */
function withinChance(
  { value, reference, referenceSource }: Score,
  { rows }: Evaluation,
  limits: { close: number; fair: number },
): Grade {
  const half = rows.compared.real / 2;
  const referenceSpread =
    referenceSource === 'HOLDOUT' && rows.test ? 1 / rows.test + 1 / rows.compared.real : 2 / half;
  const spread = 1 / rows.compared.real + 1 / rows.compared.synthetic;
  const chance = CHANCE_FACTOR * (reference ?? 0) * Math.sqrt(spread / referenceSpread);
  return atMost(value, Math.max(limits.close, chance), Math.max(limits.fair, chance));
}
