import { countTransitions, REACH, type Transitions } from '../../events/transitions.js';
import { shuffledIndices, randomNumbers } from '../random.js';
import type { Pause } from '../pause.js';
import { logOfUsers, type AlignedLog } from './aligned-logs.js';

/** How well a recommender finds what users did next, 0–1, over all items (no sampled negatives). */
export interface NextItemScores {
  /** Share of users whose next item is among the ten highest. */
  readonly hitRate: number;
  /** The same, 1 / log2(rank + 1) each (Järvelin and Kekäläinen, 2002). */
  readonly ndcg: number;
}

export interface Recommender {
  /** A score an item, given the user's items, the newest last. */
  score(history: Int32Array, into: Float64Array): void;
}

/** Weight of what is hardly known: an item that few events follow says little. */
const SHRINKAGE = 5;
/** Popularity decides among items that no transition leads to, and no more. */
const POPULARITY_WEIGHT = 1e-3;
const CUTOFF = 10;
const MOST_USERS = 2000;

/**
 * Recommends what followed on the user's last items: item-to-item transitions, the nearer the more, with popularity behind
 * them. A strong baseline on session data that learns in one pass (Ludewig and Jannach, 2018, section 3.1, "sequential rules").
 */
export function transitionRecommender(log: AlignedLog, items: number): Recommender {
  const everyone = Array.from({ length: log.users }, (_, user) => user);
  const transitions = countTransitions(log, everyone, items, REACH);
  const popular = popularityRecommender(log, items);
  return {
    score(history, into) {
      popular.score(history, into);
      for (let index = 0; index < into.length; index++) into[index]! *= POPULARITY_WEIGHT;
      let distance = 0;
      for (let at = history.length - 1; at >= 0 && distance < REACH; at--) {
        distance++;
        if (history[at]! >= 0) addFollowers(transitions, history[at]!, 1 / distance, into);
      }
    },
  };
}

export function popularityRecommender({ item }: AlignedLog, items: number): Recommender {
  const shares = new Float64Array(items);
  for (const code of item) if (code >= 0) shares[code]! += 1 / item.length;
  return { score: (_history, into) => into.set(shares) };
}

function addFollowers(
  { starts, followers, weights, totals }: Transitions,
  from: number,
  weight: number,
  into: Float64Array,
): void {
  for (let at = starts[from]!; at < starts[from + 1]!; at++)
    into[followers[at]!]! += (weight * weights[at]!) / (totals[from]! + SHRINKAGE);
}

/** What comes last in each log, with what the user did before; a log of one event is left out. */
export interface NextItemTask {
  readonly histories: readonly Int32Array[];
  readonly next: readonly number[];
}

/** The task of users of a log, at most 2,000 random ones, and the log without what is to be found. */
export function nextItemTask(
  log: AlignedLog,
  seed: number,
): { readonly task: NextItemTask; readonly rest: AlignedLog } {
  const able = shuffledIndices(log.users, randomNumbers(seed))
    .filter(
      (user) => log.starts[user + 1]! - log.starts[user]! > 1 && log.item[log.starts[user + 1]! - 1]! >= 0,
    )
    .subarray(0, MOST_USERS);
  const histories = [...able].map((user) => log.item.slice(log.starts[user], log.starts[user + 1]! - 1));
  const asked = new Set(able);
  const whole = logOfUsers(
    log,
    Array.from({ length: log.users }, (_, user) => user).filter((user) => !asked.has(user)),
  );
  return {
    task: { histories, next: [...able].map((user) => log.item[log.starts[user + 1]! - 1]!) },
    rest: withHistories(whole, histories),
  };
}

/** The items alone: what a recommender learns from. */
function withHistories(log: AlignedLog, histories: readonly Int32Array[]): AlignedLog {
  const item = Int32Array.from([...log.item, ...histories.flatMap((history) => [...history])]);
  const starts = [...log.starts];
  for (const history of histories) starts.push(starts.at(-1)! + history.length);
  return {
    ...log,
    item,
    users: log.users + histories.length,
    starts: Uint32Array.from(starts),
  };
}

/** Ranks that tie count as the lowest of them, so that a recommender gains nothing by not deciding. */
export async function testRecommender(
  recommender: Recommender,
  { histories, next }: NextItemTask,
  items: number,
  pause: Pause,
): Promise<NextItemScores> {
  const scores = new Float64Array(items);
  let [hits, gain] = [0, 0];
  for (const [index, history] of histories.entries()) {
    recommender.score(history, scores);
    const wanted = next[index]!;
    let rank = 1;
    for (let item = 0; item < items; item++) if (item !== wanted && scores[item]! >= scores[wanted]!) rank++;
    if (rank <= CUTOFF) {
      hits++;
      gain += 1 / Math.log2(rank + 1);
    }
    await pause((index + 1) / histories.length);
  }
  return { hitRate: hits / histories.length, ndcg: gain / histories.length };
}
