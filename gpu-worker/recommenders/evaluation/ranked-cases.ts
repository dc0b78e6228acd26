import { createHash } from 'node:crypto';
import { MOST_RANKED_CASES, type RankedCases } from '../../../schema/messages/ranking.js';
import type { Interactions } from '../interactions/interactions.js';
import type { RankingCase } from '../interactions/splits.js';

/** What was found of each case, or of `MOST_RANKED_CASES` of them, evenly spaced; `ranks` as `ranksOf` gives them. */
export function rankedCases(
  { users, items }: Interactions,
  cases: readonly RankingCase[],
  ranks: readonly Float64Array[],
  longest: number,
): RankedCases {
  const every = Math.ceil(cases.length / MOST_RANKED_CASES);
  const chosen = cases.flatMap((one, at) => (at % every === 0 ? [{ one, ranks: ranks[at]! }] : []));
  const hash = createHash('sha256');
  for (const { one } of chosen)
    hash.update(JSON.stringify([users[one.user], ...[...one.targets].map((item) => items[item])]));
  const targets = chosen.map(({ one }) => one.targets.length);
  return {
    fingerprint: hash.digest('hex'),
    ranks: chosen.map(({ ranks: own }) =>
      [...own].filter((rank, at) => at === 0 || rank <= longest).map((rank) => (rank < Infinity ? rank : 0)),
    ),
    ...(targets.some((count) => count > 1) && { targets }),
    before: chosen.map(({ one }) => one.history.item.length),
  };
}
