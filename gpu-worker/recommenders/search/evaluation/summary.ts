import type {
  SearchBaseline,
  SearchedQueries,
  SearchMeasure,
  SearchRanking,
  SearchScore,
} from '../../../../schema/messages/search-ranking.js';
import { bootstrapMean } from '../../metrics/bootstrap.js';
import type { QueryScores } from './evaluate.js';
import type { TestQuery } from './held-out.js';

const MEASURES: readonly (readonly [SearchMeasure, keyof QueryScores])[] = [
  ['NDCG', 'ndcg'],
  ['MRR', 'reciprocalRank'],
  ['RECALL', 'recall'],
  ['DIVERSITY', 'diversity'],
];
const ORDER: readonly SearchedQueries[] = ['ALL', 'JUDGED', 'SPELLING', 'PREFIX', 'TYPING_ERROR'];
const RESAMPLES = 1000;

type Facts = Omit<SearchRanking, 'v' | 'tested' | 'scores'>;

/** Scores of a ranker beside baselines', query by query in the order of `test`, as means with intervals. */
export function searchRankingOf(
  test: readonly TestQuery[],
  scores: QueryScores,
  baselines: readonly (readonly [SearchBaseline, QueryScores])[],
  { cutoff, seed, ...facts }: Facts & { readonly cutoff: number; readonly seed: number },
): SearchRanking {
  const kinds = new Set<SearchedQueries>(test.map(({ from }) => from));
  // Of one kind, all of them would be told twice.
  const shown = ORDER.filter((kind) => (kind === 'ALL' ? kinds.size > 1 : kinds.has(kind)));
  const placesOf = (kind: SearchedQueries): number[] =>
    [...test.keys()].filter((place) => kind === 'ALL' || test[place]!.from === kind);
  const scoresOf = (queries: SearchedQueries): SearchScore[] => {
    const places = placesOf(queries);
    const groups = places.map((place) => test[place]!.group);
    const interval = (valueOf: (place: number) => number) => {
      const { mean, low, high } = bootstrapMean(places.map(valueOf), { groups, seed, resamples: RESAMPLES });
      return { value: mean, low, high };
    };
    return MEASURES.flatMap(([measure, name]): SearchScore[] => {
      const own = scores[name];
      const score = interval((place) => own[place]!);
      // Lists of one product have no diversity.
      if (Number.isNaN(score.value)) return [];
      const beside = baselines.flatMap(([baseline, { [name]: theirs }]) => {
        const found = interval((place) => theirs[place]!);
        const difference = interval((place) => own[place]! - theirs[place]!);
        return [found, difference].every(({ value }) => Number.isFinite(value))
          ? [{ baseline, score: found, difference }]
          : [];
      });
      return [{ measure, ...(measure !== 'MRR' && { cutoff }), queries, score, beside }];
    });
  };
  return {
    v: 1,
    ...facts,
    tested: shown.map((queries) => ({ queries, count: placesOf(queries).length })),
    scores: shown.flatMap(scoresOf),
  };
}
