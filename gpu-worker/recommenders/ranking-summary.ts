import type { Ranking, RankingMeasure, RankingScore, UserGroup } from '../../schema/messages/ranking.js';
import type { GroupScores, RankingEvaluation } from './evaluation/evaluate.js';
import type { Interval } from './metrics/bootstrap.js';

type Facts = Omit<Ranking, 'v' | 'tested' | 'cold' | 'scores' | 'traits'>;

/** An evaluation beside that of popularity on the same cases. Groups without a user, and traits that lists haven't got, are left out. */
export function rankingOf(
  evaluation: RankingEvaluation,
  popularity: RankingEvaluation,
  facts: Facts,
): Ranking {
  const groups: readonly (readonly [UserGroup, 'all' | 'cold' | 'warm'])[] = [
    ['ALL', 'all'],
    ['COLD', 'cold'],
    ['WARM', 'warm'],
  ];
  const traits = [
    ['COVERAGE', 'coverage'],
    ['GINI', 'gini'],
    ['DIVERSITY', 'diversity'],
    ['NOVELTY', 'novelty'],
    ['POPULARITY_LIFT', 'popularityLift'],
  ] as const;
  return {
    v: 1,
    ...facts,
    tested: evaluation.all.users,
    cold: evaluation.cold.users,
    scores: groups.flatMap(([group, name]) =>
      evaluation[name].users > 0 ? scoresOf(group, evaluation[name], popularity[name]) : [],
    ),
    traits: traits.flatMap(([trait, name]) => {
      const [value, beside] = [evaluation.traits[name], popularity.traits[name]];
      return Number.isFinite(value) && Number.isFinite(beside) ? [{ trait, value, popularity: beside }] : [];
    }),
  };
}

function scoresOf(group: UserGroup, own: GroupScores, beside: GroupScores): RankingScore[] {
  const byCutoff = (measure: RankingMeasure, of: 'hitRate' | 'ndcg' | 'recall'): RankingScore[] =>
    [...own[of]].map(([cutoff, score]) => ({
      ...{ measure, cutoff, group },
      ...{ score: shown(score), popularity: shown(beside[of].get(cutoff)!) },
    }));
  return [
    ...byCutoff('HIT_RATE', 'hitRate'),
    ...byCutoff('NDCG', 'ndcg'),
    ...(severalTargets(own) ? byCutoff('RECALL', 'recall') : []),
    { measure: 'MRR', group, score: shown(own.mrr), popularity: shown(beside.mrr) },
  ];
}

/** Of one target a user, recall is the hit rate over again. */
const severalTargets = ({ recall, hitRate }: GroupScores): boolean =>
  [...recall].some(([cutoff, { mean }]) => mean !== hitRate.get(cutoff)!.mean);

const shown = ({ mean, low, high }: Interval) => ({ value: mean, low, high });
