import type { ReferenceSource, Score } from '../../../schema/messages/scores.js';
import type { EventRoles } from '../../events/roles.js';
import type { Table } from '../../tables/table.js';
import { partOf, type Pause } from '../pause.js';
import { randomNumbers, shuffledIndices } from '../random.js';
import { scoreNamed } from '../score.js';
import { alignedLogs, logOfUsers, type AlignedLog } from './aligned-logs.js';
import { logDistances, sharedRuns, type LogDistances } from './log-statistics.js';
import {
  nextItemTask,
  popularityRecommender,
  testRecommender,
  transitionRecommender,
} from './recommender.js';

/** Items in a row that are looked for in the real log. */
const RUN_LENGTH = 5;

export interface EventTables {
  readonly real: Table;
  readonly synthetic: Table;
  readonly test?: Table;
}

/**
 * Scores of an event log: how its users, sessions and items are like the real log's, whether runs of items were copied, and
 * how well a recommender that learns from it finds what real users did next. Beside each, the same of real users: the test
 * log's, or one random half of the real ones against the other.
 *
 * @throws UserFailure INSUFFICIENT_DATA for a table without an event
 */
export async function eventScores(
  { real, synthetic, test }: EventTables,
  roles: EventRoles,
  seed: number,
  pause: Pause,
): Promise<{ readonly scores: Score[]; readonly notes: string[] }> {
  const { logs, vocabulary } = alignedLogs([real, synthetic, ...(test ? [test] : [])], roles);
  const [ofReal, made, ofTest] = logs as [AlignedLog, AlignedLog, AlignedLog | undefined];
  const ofMade = logOfUsers(
    made,
    Array.from({ length: made.users }, (_, user) => user),
    ofReal.item.length,
  );
  await pause(0.1);
  const distances = logDistances(ofReal, ofMade, vocabulary);
  const reference = ofTest
    ? { log: ofReal, other: ofTest, source: 'HOLDOUT' as const }
    : halves(ofReal, seed);
  await pause(0.3);
  const expected = reference && logDistances(reference.log, reference.other, vocabulary);
  const scores = Object.entries(distances)
    .filter(([name]) => roles.type !== undefined || !TYPED.has(name as keyof LogDistances))
    .map(([name, value]) => {
      const key = name as keyof LogDistances;
      return scoreNamed(key, value as number, expected?.[key], reference?.source);
    });
  await pause(0.4);
  const runs = sharedRuns(ofMade, ofReal, RUN_LENGTH);
  if (runs !== undefined) {
    const ofOthers = reference && sharedRuns(reference.other, reference.log, RUN_LENGTH);
    scores.push(scoreNamed('sequenceCopies', runs, ofOthers, reference?.source));
  }
  const useful = await nextItem(ofReal, ofMade, ofTest, vocabulary.items, seed, partOf(pause, 0.5, 1));
  return { scores: [...scores, ...useful.scores], notes: useful.notes };
}

const TYPED: ReadonlySet<keyof LogDistances> = new Set([
  'typeMixError',
  'typeTransitionError',
  'funnelError',
]);

async function nextItem(
  real: AlignedLog,
  made: AlignedLog,
  test: AlignedLog | undefined,
  items: number,
  seed: number,
  pause: Pause,
): Promise<{ scores: Score[]; notes: string[] }> {
  const { task, rest } = nextItemTask(test ?? real, seed);
  if (task.next.length === 0)
    return { scores: [], notes: ['No user has two events: next items are not scored.'] };
  const source: ReferenceSource = 'REAL';
  const learnt = transitionRecommender(test ? real : rest, items);
  const ofReal = await testRecommender(learnt, task, items, partOf(pause, 0, 0.4));
  const ofMade = await testRecommender(
    transitionRecommender(made, items),
    task,
    items,
    partOf(pause, 0.4, 0.8),
  );
  const popular = await testRecommender(
    popularityRecommender(test ? real : rest, items),
    task,
    items,
    partOf(pause, 0.8, 1),
  );
  return {
    scores: [
      scoreNamed('nextItemNdcg', ofMade.ndcg, ofReal.ndcg, source),
      scoreNamed('nextItemHitRate', ofMade.hitRate, ofReal.hitRate, source),
    ],
    notes: [
      `Next items: recommending what is popular in the real log reaches an NDCG@10 of ${popular.ndcg.toFixed(4)}; ` +
        `${task.next.length.toLocaleString('en')} users were asked for.`,
      ...(test
        ? []
        : [
            'Without a test log, the next items that are asked for are the last of the real log, which the generator may have learnt from.',
          ]),
    ],
  };
}

function halves(
  log: AlignedLog,
  seed: number,
): { readonly log: AlignedLog; readonly other: AlignedLog; readonly source: ReferenceSource } | undefined {
  if (log.users < 2) return undefined;
  const order = shuffledIndices(log.users, randomNumbers(seed + 2));
  const half = log.users >> 1;
  return {
    log: logOfUsers(log, order.subarray(half)),
    other: logOfUsers(log, order.subarray(0, half)),
    source: 'HALVES',
  };
}
