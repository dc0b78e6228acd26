import type { RankedCases, RankingMeasure, UserGroup } from '../../schema/messages/ranking.js';
import { crossedInterval, type Estimate } from './crossed-interval.js';

/** What one arm found with one seed. */
export interface ArmResult {
  readonly seed: number;
  readonly cases: RankedCases;
}

export type Outcome = 'HELPED' | 'NO_DIFFERENCE_SHOWN' | 'HURT';

export interface ComparedTrainingScore {
  readonly measure: RankingMeasure;
  readonly cutoff: number | null;
  readonly group: UserGroup;
  readonly users: number;
  readonly mean: Estimate;
  /** All null for the arm that is compared with. */
  readonly difference: Estimate | null;
  readonly kept: number | null;
  readonly outcome: Outcome | null;
}

interface Measured {
  readonly measure: 'HIT_RATE' | 'NDCG' | 'MRR';
  readonly cutoff: number | null;
}

/**
 * Scores of an arm over its seeds and their differences to those of training on real users alone, user by user and seed by seed;
 * only seeds that both have count for a difference. Results of another test than the first one's are left out.
 */
export function comparedScores(
  results: readonly ArmResult[],
  real: readonly ArmResult[] | undefined,
  { cutoffs, coldEvents }: { readonly cutoffs: readonly number[]; readonly coldEvents: number },
): ComparedTrainingScore[] {
  const first = (real ?? results)[0] ?? results[0];
  if (!first) return [];
  const sameTest = ({ cases }: ArmResult): boolean => cases.fingerprint === first.cases.fingerprint;
  const own = results.filter(sameTest);
  const pairs = own.flatMap((one) => {
    const other = real?.find((candidate) => candidate.seed === one.seed && sameTest(candidate));
    return other ? [[one, other] as const] : [];
  });
  const measures: Measured[] = [
    ...cutoffs.map((cutoff) => ({ measure: 'HIT_RATE' as const, cutoff })),
    ...cutoffs.map((cutoff) => ({ measure: 'NDCG' as const, cutoff })),
    { measure: 'MRR', cutoff: null },
  ];
  return (['ALL', 'COLD', 'WARM'] as const).flatMap((group) => {
    const users = first.cases.before.flatMap((before, user) =>
      group === 'ALL' || (group === 'COLD') === before <= coldEvents ? [user] : [],
    );
    return measures.flatMap((measured): ComparedTrainingScore[] => {
      const values = ({ cases }: ArmResult): Float64Array =>
        Float64Array.from(users, (user) => worth(cases.ranks[user]!, cases.targets?.[user] ?? 1, measured));
      const mean = crossedInterval(own.map(values), [0, 1]);
      if (!mean) return [];
      const paired = pairs.map(([one, other]) => [values(one), values(other)] as const);
      const difference =
        crossedInterval(
          paired.map(([one, other]) => one.map((value, user) => value - other[user]!)),
          [-1, 1],
        ) ?? null;
      const base =
        crossedInterval(
          paired.map(([, other]) => other),
          [0, 1],
        )?.value ?? 0;
      return [
        {
          ...{ ...measured, group, users: users.length, mean, difference },
          kept: difference && base > 0 ? (base + difference.value) / base : null,
          outcome: difference && outcomeOf(difference),
        },
      ];
    });
  });
}

/** The formulas of gpu-worker/recommenders/README.md, of ranks from 1, rising; 0: never shown. */
function worth(ranks: readonly number[], targets: number, { measure, cutoff }: Measured): number {
  const found = ranks.filter((rank) => rank > 0 && (cutoff === null || rank <= cutoff));
  switch (measure) {
    case 'HIT_RATE':
      return found.length > 0 ? 1 : 0;
    case 'MRR':
      return found.length > 0 ? 1 / found[0]! : 0;
    case 'NDCG': {
      const gain = (rank: number): number => 1 / Math.log2(rank + 1);
      let ideal = 0;
      for (let rank = 1; rank <= Math.min(targets, cutoff ?? targets); rank++) ideal += gain(rank);
      return found.reduce((sum, rank) => sum + gain(rank), 0) / ideal;
    }
  }
}

function outcomeOf({ low, high }: Estimate): Outcome {
  if (low > 0) return 'HELPED';
  return high < 0 ? 'HURT' : 'NO_DIFFERENCE_SHOWN';
}

/** What an arm's scores say, in a sentence: of all users, and of cold ones. */
export function verdictOn(
  name: string,
  scores: readonly ComparedTrainingScore[],
  cutoff: number,
): string | null {
  const parts = (['ALL', 'COLD'] as const).flatMap((group) => {
    const score = scores.find(
      (one) => one.group === group && one.measure === 'NDCG' && one.cutoff === cutoff && one.difference,
    );
    if (!score?.difference) return [];
    const { value, low, high } = score.difference;
    const said = { HELPED: 'helped', HURT: 'hurt', NO_DIFFERENCE_SHOWN: 'no difference shown' }[
      score.outcome!
    ];
    const kept = score.kept === null ? '' : `, ${(100 * score.kept).toFixed(0)} % of real only`;
    return [
      `${group === 'ALL' ? 'all users' : 'cold users'}: ${said} (NDCG@${cutoff} ${signed(value)}, ${signed(low)} to ${signed(high)}${kept})`,
    ];
  });
  return parts.length > 0 ? `${name}, ${parts.join('; ')}.` : null;
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
