import { Ranking } from '../../schema/messages/ranking.js';
import type { RankingReport } from './ranking-report.types.js';

/** What a RANKING artifact keeps, as the API shows it. Throws when it isn't one. */
export function readRanking(stored: unknown): RankingReport {
  const { scores, ...rest } = Ranking.parse(stored);
  return { ...rest, scores: scores.map((score) => ({ ...score, cutoff: score.cutoff ?? null })) };
}
