import {
  SCORE_FAMILIES,
  SCORE_NAMES,
  type Evaluation,
  type Score,
  type ScoreFamily,
  type ScoreName,
} from '../../../schema/messages/scores.js';
import { gradeOf, isCopying, scoreOf, worstOf, type Grade } from './grades.js';
import { formatPercent } from './numbers.js';

/** What a family of scores says of the table. */
export interface FamilyVerdict {
  readonly grade: Grade;
  /** Plain words for someone who doesn't know the scores. */
  readonly sentence: string;
}

/** Undefined when the evaluation has no score to go by. */
export function familyVerdict(family: ScoreFamily, evaluation: Evaluation): FamilyVerdict | undefined {
  const graded = evaluation.scores.flatMap((score) => {
    const grade = familyOf(score) === family ? gradeOf(score, evaluation) : undefined;
    return grade === undefined ? [] : [{ name: score.name, grade }];
  });
  if (graded.length === 0) return undefined;
  const grade = worstOf(graded.map((one) => one.grade));
  const worst = graded.filter((one) => one.grade === grade).map(({ name }) => name);
  return { grade, sentence: sentence(family, grade, worst, evaluation) };
}

const familyOf = (score: Score): ScoreFamily => (isCopying(score) ? 'PRIVACY' : SCORE_FAMILIES[score.name]);

/** `worst`: the scores that the grade is due to. */
function sentence(
  family: ScoreFamily,
  grade: Grade,
  worst: readonly ScoreName[],
  evaluation: Evaluation,
): string {
  switch (family) {
    case 'FIDELITY':
      return FIDELITY_SENTENCES[grade];
    case 'DETECTION':
      return DETECTION_SENTENCES[grade];
    case 'UTILITY':
      return UTILITY_SENTENCES[grade];
    case 'PRIVACY': {
      const attacked = scoreOf(evaluation, SCORE_NAMES.membershipAttack) !== undefined;
      return `${PRIVACY_SENTENCES[grade]}${attacked ? '' : ' Attacks were not tried: they need a test table.'}`;
    }
    case 'DIVERSITY':
      return (worst.includes(SCORE_NAMES.duplicates) ? REPEAT_SENTENCES : COVERAGE_SENTENCES)[grade];
    case 'CONSISTENCY':
      return CONSISTENCY_SENTENCES[grade];
  }
}

const FIDELITY_SENTENCES: Readonly<Record<Grade, string>> = {
  close: 'Columns, pairs of columns and whole rows are distributed as in the real table.',
  fair: 'Most of the table is distributed as the real one; some columns, pairs or kinds of rows are off.',
  far: 'Columns or their relations are clearly off: conclusions drawn from this table may be wrong.',
};

const DETECTION_SENTENCES: Readonly<Record<Grade, string>> = {
  close: 'Trained classifiers can hardly tell synthetic rows from real ones.',
  fair: 'A trained classifier can partly tell synthetic rows from real ones.',
  far: 'A trained classifier can tell synthetic rows from real ones.',
};

const UTILITY_SENTENCES: Readonly<Record<Grade, string>> = {
  close: 'A model that learns from synthetic rows predicts as well as one that learns from real rows.',
  fair: 'A model that learns from synthetic rows predicts somewhat worse than one that learns from real rows.',
  far: 'A model that learns from synthetic rows predicts far worse than one that learns from real rows.',
};

const PRIVACY_SENTENCES: Readonly<Record<Grade, string>> = {
  close: 'Nothing shows that single real rows were copied or imitated.',
  fair: 'Some rows stand nearer to real ones than chance explains: look at the scores before you share the table.',
  far: "Single real rows can be recognized in the table: don't treat it as anonymous.",
};

const COVERAGE_SENTENCES: Readonly<Record<Grade, string>> = {
  close: 'All categories and ranges of the real table are there, and rows repeat no more than real ones.',
  fair: 'Some categories or parts of ranges are missing.',
  far: 'Many categories or large parts of ranges are missing.',
};

const REPEAT_SENTENCES: Readonly<Record<Grade, string>> = {
  close: COVERAGE_SENTENCES.close,
  fair: 'Rows repeat more often than in the real table.',
  far: 'Rows repeat far more often than in the real table.',
};

const CONSISTENCY_SENTENCES: Readonly<Record<Grade, string>> = {
  close: 'No more rows break the constraints than in the real table.',
  fair: 'A few rows break the constraints: leave them out before you use the table.',
  far: 'Many rows break the constraints.',
};

/** What a reader must know of attacks that succeeded, a sentence each. */
export function attackWarnings(evaluation: Evaluation): string[] {
  const successful = (name: ScoreName): Score[] => {
    const score = scoreOf(evaluation, name);
    return score && gradeOf(score, evaluation) === 'far' ? [score] : [];
  };
  return [
    ...successful(SCORE_NAMES.membershipAttack).map(
      ({ value }) =>
        `An attacker who has a record can tell whether it was learnt from: AUC ${value.toFixed(2)}, where 0.50 is guessing.`,
    ),
    ...successful(SCORE_NAMES.attributeInference).map(
      ({ value, reference = 0 }) =>
        `An attacker who knows the rest of a record finds its hidden column in ${formatPercent(value)} of the records ` +
        `learnt from, but in ${formatPercent(reference)} of unseen ones.`,
    ),
  ];
}
