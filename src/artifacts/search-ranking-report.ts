import { SearchRanking } from '../../schema/messages/search-ranking.js';
import type { SearchRankingReport } from './search-ranking-report.types.js';

/** What a SEARCH_RANKING artifact keeps, as the API shows it. Throws when it isn't one. */
export function readSearchRanking(stored: unknown): SearchRankingReport {
  const { scores, ...rest } = SearchRanking.parse(stored);
  return { ...rest, scores: scores.map((score) => ({ ...score, cutoff: score.cutoff ?? null })) };
}
