import { Explanation } from '../../schema/messages/explanation.js';
import type { ExplanationReport } from './explanation-report.types.js';

/** What an EXPLANATION artifact keeps, as the API shows it. Throws when it isn't one. */
export function readExplanation(stored: unknown): ExplanationReport {
  const { explained, ...rest } = Explanation.parse(stored);
  return {
    ...rest,
    explained: explained.map(({ items, ...user }) => ({
      ...user,
      items: items.map(({ events, features, counterfactual, ...item }) => ({
        ...item,
        counterfactual: counterfactual ?? null,
        features: features.map((feature) => ({ ...feature, value: feature.value ?? null })),
        events: events.map(({ time, type, platform, attention, ...event }) => ({
          ...event,
          type: type ?? null,
          platform: platform ?? null,
          time: time === undefined ? null : new Date(time),
          attention: attention ?? null,
        })),
      })),
    })),
  };
}
