import { SCORE_NAMES, type Evaluation } from '../../../schema/messages/scores.js';
import { attackWarnings } from './family-verdicts.js';
import { COPIES, gradeOf, scoreOf, worstOf, type Grade } from './grades.js';
import { formatPercent } from './numbers.js';

/** How good a synthetic table is, in words for someone who doesn't know the scores. */
export interface Verdict {
  readonly grade: Grade;
  readonly headline: string;
  readonly details: string;
  /** What a reader must know before using the data. */
  readonly warnings: readonly string[];
}

/** The scores that the headline goes by: the ones that simple and good generators alike are usually judged by. */
const DECISIVE = [SCORE_NAMES.shapeError, SCORE_NAMES.trendError, SCORE_NAMES.logisticDetection];

export function verdictOn(evaluation: Evaluation): Verdict {
  const grade = worstOf(
    DECISIVE.flatMap((name) => {
      const score = scoreOf(evaluation, name);
      return (score && gradeOf(score, evaluation)) ?? [];
    }),
  );
  const copies = copyWarning(evaluation);
  const attacks = attackWarnings(evaluation);
  return {
    grade,
    headline: copies
      ? HEADLINES_OF_COPIES[grade]
      : attacks.length > 0
        ? HEADLINES_OF_LEAKS[grade]
        : HEADLINES[grade],
    details: details(evaluation),
    warnings: [...(copies ? [copies] : []), ...attacks],
  };
}

const HEADLINES = {
  close: 'The synthetic table is close to the real one.',
  fair: 'The synthetic table resembles the real one, with differences that matter for some uses.',
  far: 'The synthetic table differs clearly from the real one.',
} as const satisfies Record<Grade, string>;

const HEADLINES_OF_COPIES = {
  close: 'The synthetic table is close to the real one, but repeats too many of its rows.',
  fair: 'The synthetic table resembles the real one, and repeats too many of its rows.',
  far: 'The synthetic table differs clearly from the real one, yet repeats too many of its rows.',
} as const satisfies Record<Grade, string>;

const HEADLINES_OF_LEAKS = {
  close: 'The synthetic table is close to the real one, but gives single records away.',
  fair: 'The synthetic table resembles the real one, and gives single records away.',
  far: 'The synthetic table differs clearly from the real one, yet gives single records away.',
} as const satisfies Record<Grade, string>;

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
    const ease = EASE[gradeOf(detection, evaluation) ?? 'fair'];
    sentences.push(
      `A simple classifier ${ease} tell synthetic rows from real ones (${detection.value.toFixed(3)}, where 1 is not at all).`,
    );
  }
  return sentences.join(' ');
}

const EASE = { close: 'can hardly', fair: 'can partly', far: 'can easily' } as const satisfies Record<
  Grade,
  string
>;

function copyWarning(evaluation: Evaluation): string | undefined {
  const copies = scoreOf(evaluation, SCORE_NAMES.exactCopies);
  if (!copies) return undefined;
  const expected = copies.reference ?? 0;
  if (copies.value <= COPIES.factor * expected + COPIES.margin) return undefined;
  return (
    `${formatPercent(copies.value)} of the synthetic rows equal a real row; among unseen real rows it is ` +
    `${formatPercent(expected)}. The generator may have memorized rows: don't treat the table as anonymous.`
  );
}
