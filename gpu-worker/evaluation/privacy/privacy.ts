import { SCORE_NAMES, type Score } from '../../../schema/messages/scores.js';
import { isComparable, takeRows, type AlignedTables } from '../align.js';
import { growKdTree } from '../neighbours/kd-tree.js';
import { nearest } from '../neighbours/nearest.js';
import { spaceOf, takePoints } from '../neighbours/points.js';
import { randomNumbers, shuffledIndices } from '../random.js';
import { scoreNamed } from '../score.js';
import { attributeInference } from './attribute-inference.js';
import { closerToTrain } from './closer-to-train.js';
import { closestRecord } from './closest-record.js';
import { membershipAttack } from './membership-attack.js';

/** Records whose hidden column is guessed, on either side. */
const MOST_INFERRED = 500;
/** Rows of the other tables that are set against each one of the holdout: more of them make an answer no surer. */
const ROWS_AN_UNSEEN = 4;
/** What these scores are when the generator knows the training rows no better than any others. */
const NO_LEAK = 0.5;

export interface PrivacyOptions {
  /** A longer table is cut to so many random rows. */
  readonly mostRows: number;
  readonly seed: number;
  /** Called between stretches of work with the share done; may throw or reject to stop. */
  readonly pause: (fraction: number) => Promise<void>;
}

/**
 * Whether synthetic rows stand nearer to single real rows than chance would have them, and what an attacker learns from that. The
 * attacks need a holdout: without records that the generator never saw, knowing someone can't be told from knowing
 * everyone. IDs and free text are left out.
 *
 * @param training real and synthetic rows
 * @param holdout real and holdout rows
 */
export async function privacyScores(
  training: AlignedTables,
  holdout: AlignedTables | undefined,
  { mostRows, seed, pause }: PrivacyOptions,
): Promise<Score[]> {
  const random = randomNumbers(seed);
  const some = (length: number, most: number) =>
    length > most ? shuffledIndices(length, random).subarray(0, most).sort() : undefined;
  const cut = takeRows(training, some(training.realRows, mostRows), some(training.otherRows, mostRows));
  const unseen = holdout && takeRows(holdout, undefined, some(holdout.otherRows, mostRows));
  const columns = cut.columns.filter(isComparable);
  const unseenColumns = unseen?.columns.filter(isComparable);
  if (columns.length === 0) return [];

  const space = spaceOf(unseenColumns ? [columns, unseenColumns] : [columns]);
  const train = space.points(columns, 'real');
  const synthetic = space.points(columns, 'other');
  const others = unseenColumns && space.points(unseenColumns, 'other');
  const trainTree = growKdTree(train);
  const within = (from: number, to: number) => (fraction: number) => pause(from + fraction * (to - from));
  const found = closestRecord(await nearest(trainTree, synthetic, { count: 2, pause: within(0, 0.2) }));
  // Without a holdout each real row stands beside all other real rows.
  const reference = closestRecord(
    await nearest(trainTree, others ?? train, { count: 2, leaveOut: !others, pause: within(0.2, 0.4) }),
  );
  const source = others ? 'HOLDOUT' : 'REAL';
  const scores = found
    ? [
        scoreNamed(SCORE_NAMES.closestRecord, found.median, reference?.median, source),
        scoreNamed(SCORE_NAMES.closestRecordLow, found.low, reference?.low, source),
        scoreNamed(SCORE_NAMES.neighbourRatio, found.ratio, reference?.ratio, source),
      ]
    : [];
  if (!unseen || !unseenColumns || !others) return scores;

  const everyone = (length: number) => Int32Array.from({ length }, (_, row) => row);
  const chosen = (length: number, most: number) => some(length, most) ?? everyone(length);
  const enough = ROWS_AN_UNSEEN * others.rows;
  const closer = await closerToTrain(
    { train, holdout: others, synthetic: takePoints(synthetic, chosen(synthetic.rows, enough)) },
    seed,
    within(0.4, 0.6),
  );
  const attack = await membershipAttack(
    {
      members: takePoints(train, chosen(train.rows, enough)),
      others,
      synthetic: growKdTree(synthetic),
    },
    within(0.6, 0.8),
  );
  const inference = await attributeInference(
    {
      ...{ space, columns, holdout: unseenColumns },
      members: chosen(train.rows, MOST_INFERRED),
      others: chosen(others.rows, MOST_INFERRED),
    },
    within(0.8, 1),
  );
  return [
    ...scores,
    scoreNamed(SCORE_NAMES.closerToTrain, closer, NO_LEAK, 'IDEAL'),
    scoreNamed(SCORE_NAMES.membershipAttack, attack, NO_LEAK, 'IDEAL'),
    ...(inference
      ? [scoreNamed(SCORE_NAMES.attributeInference, inference.ofMembers, inference.ofOthers, 'HOLDOUT')]
      : []),
  ];
}
