import {
  SCORE_FAMILIES,
  ScoreFamily,
  type Evaluation,
  type ReferenceSource,
  type Score,
  type ScoreName,
} from '../../../schema/messages/scores.js';
import { familyVerdict } from './family-verdicts.js';
import { gradeOf, type Grade } from './grades.js';
import { html, type Html } from './html.js';
import { formatCount, formatScore } from './numbers.js';

const FAMILY_TITLES = {
  FIDELITY: { title: 'Fidelity', question: 'Is it like the real table?' },
  DETECTION: { title: 'Detection', question: 'Can one tell it from the real table?' },
  UTILITY: { title: 'Utility', question: 'Can it be used in place of the real table?' },
  PRIVACY: { title: 'Privacy', question: 'Does it give anyone away?' },
  DIVERSITY: { title: 'Diversity', question: 'Is all of the real table there?' },
  CONSISTENCY: { title: 'Consistency', question: 'Does every row keep the rules?' },
} as const satisfies Record<ScoreFamily, { title: string; question: string }>;

const GRADE_WORDS = { close: 'good', fair: 'mixed', far: 'poor' } as const satisfies Record<Grade, string>;

const SCORE_TITLES = {
  shapeError: 'Column shape error',
  trendError: 'Pair trend error',
  missingError: 'Missing cells error',
  alphaPrecision: 'α-precision',
  betaRecall: 'β-recall',
  logisticDetection: 'Logistic detection',
  boostedDetection: 'Boosted detection',
  utility: 'Synthetic instead of real',
  augmentedUtility: 'Synthetic added to real',
  exactCopies: 'Copies of real rows',
  closestRecord: 'Distance to closest record',
  closestRecordLow: 'The same, nearest twentieth',
  neighbourRatio: 'Neighbour distance ratio',
  closerToTrain: 'Closer to training rows',
  membershipAttack: 'Membership attack',
  attributeInference: 'Attribute inference',
  categoryCoverage: 'Category coverage',
  rangeCoverage: 'Range coverage',
  duplicates: 'Repeated rows',
  constraintBreaks: 'Constraint breaks',
  sessionLengthError: 'Session length error',
  userLengthError: 'User length error',
  timeGapError: 'Time gap error',
  typeMixError: 'Event type error',
  typeTransitionError: 'Type transition error',
  itemTransitionError: 'Item transition error',
  popularityError: 'Popularity curve error',
  popularityGiniError: 'Popularity Gini error',
  topItemsOverlap: 'Top items shared',
  repeatError: 'Repeat rate error',
  funnelError: 'Funnel error',
  sequenceCopies: 'Copied item runs',
  nextItemNdcg: 'Next item, NDCG@10',
  nextItemHitRate: 'Next item, hit rate at 10',
} as const satisfies Record<ScoreName, string>;

const REFERENCE_TEXTS = {
  HOLDOUT: 'unseen real rows',
  HALVES: 'half against half of the real table',
  REAL: 'the real table itself',
  IDEAL: 'what it is when nothing was memorized',
} as const satisfies Record<ReferenceSource, string>;

/** A verdict for each family of scores. */
export function familyTiles(evaluation: Evaluation): Html {
  const tiles = ScoreFamily.options.map((family) => {
    const { title, question } = FAMILY_TITLES[family];
    const verdict = familyVerdict(family, evaluation);
    return html`<div class="tile">
      <h2>
        ${title}
        <span class="grade ${verdict?.grade ?? 'ungraded'}"
          >${verdict ? GRADE_WORDS[verdict.grade] : 'not tested'}</span
        >
      </h2>
      <p class="question">${question}</p>
      <p>${verdict?.sentence ?? UNTESTED[family]}</p>
    </div>`;
  });
  return html`<div class="tiles">${tiles}</div>`;
}

const UNTESTED = {
  FIDELITY: 'No column can be compared: IDs and free text are not scored.',
  DETECTION: 'There are too few rows, or no column that can be compared.',
  UTILITY: 'Name a column to predict, and this is tested.',
  PRIVACY: 'No column can be compared: IDs and free text are not scored.',
  DIVERSITY: 'No column can be compared: IDs and free text are not scored.',
  CONSISTENCY: 'Name constraints, and this is tested.',
} as const satisfies Record<ScoreFamily, string>;

/** Every score beside the same of real rows, by family. */
export function scoreTables(evaluation: Evaluation): Html {
  const { test } = evaluation.rows;
  const yardstick =
    test !== undefined
      ? `${formatCount(test)} real rows that the generator never saw`
      : 'one random half of the real rows, compared with the other';
  return html`<section>
    <h2>Scores</h2>
    <p class="lead">
      Each score stands beside the same score of real data: ${yardstick}. Fewer rows make for more chance, so
      a larger synthetic table may score better than that.
    </p>
    <div class="card wide">
      <table>
        <thead>
          <tr>
            <th scope="col">Score</th>
            <th scope="col" class="number">Synthetic</th>
            <th scope="col" class="number">Real data</th>
            <th scope="col" class="nowrap">Better is</th>
            <th scope="col">What it tells</th>
          </tr>
        </thead>
        ${ScoreFamily.options.map((family) => familyRows(family, evaluation))}
      </table>
    </div>
  </section>`;
}

function familyRows(family: ScoreFamily, evaluation: Evaluation): Html {
  const ofFamily = evaluation.scores.filter(({ name }) => SCORE_FAMILIES[name] === family);
  if (ofFamily.length === 0) return html``;
  return html`<tbody>
    <tr class="family">
      <th scope="rowgroup" colspan="5">${FAMILY_TITLES[family].title}</th>
    </tr>
    ${ofFamily.map((score) => scoreRow(score, gradeOf(score, evaluation)))}
  </tbody>`;
}

function scoreRow(score: Score, grade: Grade | undefined): Html {
  const { name, value, reference, referenceSource, unit, better, meaning } = score;
  const shown = reference === undefined ? '–' : formatScore(reference, unit);
  return html`<tr>
    <th scope="row">${SCORE_TITLES[name]}</th>
    <td class="number ${grade ?? 'ungraded'}">${formatScore(value, unit)}</td>
    <td class="number reference" title="${referenceSource ? REFERENCE_TEXTS[referenceSource] : ''}">
      ${shown}
    </td>
    <td class="nowrap">${referenceSource === 'IDEAL' ? `near ${shown}` : better}</td>
    <td class="meaning">${meaning}</td>
  </tr>`;
}
