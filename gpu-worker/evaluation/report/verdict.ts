import { SCORE_NAMES, type Evaluation, type Score, type ScoreName } from '../../../schema/messages/scores.js';
import { formatPercent } from './numbers.js';

/** How good a synthetic table is, in words for someone who doesn't know the scores. */
export interface Verdict {
  readonly grade: 'close' | 'fair' | 'far';
  readonly headline: string;
  readonly details: string;
  /** What a reader must know before using the data. */
  readonly warnings: readonly string[];
}

/**
 * Worst value of each grade. `close` is what the best published generators reach on mixed tables, `far` where simple
 * baselines such as a Gaussian copula end (Online Shoppers: shape error 1 to 2 % and 22 %, logistic detection 0.98 and 0.13).
 */
const LIMITS: readonly { name: ScoreName; close: number; fair: number }[] = [
  { name: SCORE_NAMES.shapeError, close: 0.02, fair: 0.1 },
  { name: SCORE_NAMES.trendError, close: 0.03, fair: 0.1 },
  { name: SCORE_NAMES.logisticDetection, close: 0.95, fair: 0.5 },
];

/** More copies than this many times the real rows' own rate, and this share on top, point to memorizing. */
const COPIES_FACTOR = 2;
const COPIES_MARGIN = 0.005;

export function scoreOf(evaluation: Evaluation, name: ScoreName): Score | undefined {
  return evaluation.scores.find((score) => score.name === name);
}

export function verdictOn(evaluation: Evaluation): Verdict {
  const grades = LIMITS.flatMap((limit) => {
    const score = scoreOf(evaluation, limit.name);
    return score ? [gradeOf(score, limit, chanceOf(score, evaluation))] : [];
  });
  const grade = grades.includes('far') ? 'far' : grades.includes('fair') ? 'fair' : 'close';
  const copies = copyWarning(evaluation);
  return {
    grade,
    headline: copies ? HEADLINES_OF_COPIES[grade] : HEADLINES[grade],
    details: details(evaluation),
    warnings: [...(copies ? [copies] : [])],
  };
}

const HEADLINES = {
  close: 'The synthetic table is close to the real one.',
  fair: 'The synthetic table resembles the real one, with differences that matter for some uses.',
  far: 'The synthetic table differs clearly from the real one.',
} as const satisfies Record<Verdict['grade'], string>;

const HEADLINES_OF_COPIES = {
  close: 'The synthetic table is close to the real one, but repeats too many of its rows.',
  fair: 'The synthetic table resembles the real one, and repeats too many of its rows.',
  far: 'The synthetic table differs clearly from the real one, yet repeats too many of its rows.',
} as const satisfies Record<Verdict['grade'], string>;

/** An error is not held against a generator up to so many times what chance explains. */
const CHANCE_FACTOR = 1.5;

/**
 * The error that a perfect generator's rows would show by chance, estimated from the reference: distances between
 * samples of n and m rows shrink with √(1/n + 1/m). 0 for scores that aren't such a distance.
 */
function chanceOf(score: Score, { rows }: Evaluation): number {
  if (score.reference === undefined || score.better !== 'lower') return 0;
  const half = rows.compared.real / 2;
  const referenceSpread =
    score.referenceSource === 'HOLDOUT' && rows.test ? 1 / rows.test + 1 / rows.compared.real : 2 / half;
  const spread = 1 / rows.compared.real + 1 / rows.compared.synthetic;
  return score.reference * Math.sqrt(spread / referenceSpread);
}

function gradeOf(score: Score, limit: { close: number; fair: number }, chance: number): Verdict['grade'] {
  const within = (bound: number) =>
    score.better === 'lower' ? score.value <= Math.max(bound, CHANCE_FACTOR * chance) : score.value >= bound;
  return within(limit.close) ? 'close' : within(limit.fair) ? 'fair' : 'far';
}

function details(evaluation: Evaluation): string {
  const sentences: string[] = [];
  const shape = scoreOf(evaluation, SCORE_NAMES.shapeError);
  const trend = scoreOf(evaluation, SCORE_NAMES.trendError);
  const detection = scoreOf(evaluation, SCORE_NAMES.logisticDetection);
  if (shape) {
    const pairs = trend ? `, and the relation of two columns by ${formatPercent(trend.value)}` : '';
    sentences.push(`A column's distribution is off by ${formatPercent(shape.value)} on average${pairs}.`);
  }
  if (detection) {
    const ease =
      detection.value >= 0.95 ? 'can hardly' : detection.value >= 0.5 ? 'can partly' : 'can easily';
    sentences.push(
      `A simple classifier ${ease} tell synthetic rows from real ones (${detection.value.toFixed(3)}, where 1 is not at all).`,
    );
  }
  return sentences.join(' ');
}

function copyWarning(evaluation: Evaluation): string | undefined {
  const copies = scoreOf(evaluation, SCORE_NAMES.exactCopies);
  if (!copies) return undefined;
  const expected = copies.reference ?? 0;
  if (copies.value <= COPIES_FACTOR * expected + COPIES_MARGIN) return undefined;
  return (
    `${formatPercent(copies.value)} of the synthetic rows equal a real row; among unseen real rows it is ` +
    `${formatPercent(expected)}. The generator may have memorized rows: don't treat the table as anonymous.`
  );
}
