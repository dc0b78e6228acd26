import {
  AttributionMethod,
  type Faithfulness,
  type FeatureImportance,
} from '../../schema/messages/explanation.js';
import { bootstrapMean } from '../recommenders/metrics/bootstrap.js';
import { areaUnder, meanCurve } from './events/faithfulness.js';
import type { ExplainedUser } from './explain-user.js';

/** Means over users with 95 % intervals; gains are of each user against random orders of the same user. None without a user of two events. */
export function faithfulnessOf(
  users: readonly ExplainedUser[],
  seed: number,
): { readonly users: number; readonly scores: Faithfulness[] } {
  const curves = users.flatMap((user) => (user.curves.RANDOM ? [user.curves] : []));
  const interval = (values: readonly number[]) => {
    const { mean, low, high } = bootstrapMean(values, { seed, resamples: 1000 });
    return { value: mean, low, high };
  };
  const scores = AttributionMethod.options.flatMap((method): Faithfulness[] => {
    const own = curves.flatMap((user) => (user[method] ? [{ own: user[method], random: user.RANDOM! }] : []));
    if (own.length === 0) return [];
    const areas = (of: 'deletion' | 'insertion') =>
      own.map((user) => ({ own: areaUnder(user.own[of]), random: areaUnder(user.random[of]) }));
    return [
      {
        method,
        deletion: interval(areas('deletion').map((area) => area.own)),
        deletionGain: interval(areas('deletion').map((area) => area.random - area.own)),
        insertion: interval(areas('insertion').map((area) => area.own)),
        insertionGain: interval(areas('insertion').map((area) => area.own - area.random)),
        deletionCurve: [...meanCurve(own.map((user) => user.own.deletion))],
        insertionCurve: [...meanCurve(own.map((user) => user.own.insertion))],
      },
    ];
  });
  return { users: curves.length, scores };
}

/** Mean |Shapley value| of the features that the model makes, over all explained items; the highest first. */
export function modelImportances(users: readonly ExplainedUser[]): FeatureImportance[] {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { explanation } of users)
    for (const { features } of explanation.items)
      for (const { feature, shapley } of features) {
        const { sum, count } = sums.get(feature) ?? { sum: 0, count: 0 };
        sums.set(feature, { sum: sum + Math.abs(shapley), count: count + 1 });
      }
  return sorted(
    [...sums].map(([feature, { sum, count }]) => ({ feature, source: 'MODEL', importance: sum / count })),
  );
}

export const sorted = (importances: readonly FeatureImportance[]): FeatureImportance[] =>
  [...importances].sort((a, b) => b.importance - a.importance);
