import { constraintText } from '../../schema/messages/constraints.js';
import { ModelCard as StoredCard } from '../../schema/messages/model-card.js';
import { recordText } from '../../schema/messages/preparation.js';
import type { Column } from '../datasets/column.types.js';
import { shownScore } from './evaluation-report.js';
import type { ModelCard } from './model-card.types.js';

/** What a MODEL_CARD artifact keeps, as the API shows it. Throws when it isn't one. */
export function readModelCard(stored: unknown): ModelCard {
  const { createdAt, data, model, scores, ...rest } = StoredCard.parse(stored);
  const { options, constraints, trainSeconds, privacy, ...about } = model;
  return {
    ...rest,
    ...about,
    createdAt: new Date(createdAt),
    data: {
      ...data,
      columns: data.columns satisfies Column[],
      preparation: data.preparation.map(recordText),
    },
    options: Object.entries(options).map(([name, value]) => ({ name, value: JSON.stringify(value) })),
    trainSeconds: trainSeconds ?? null,
    constraints: constraints.map(constraintText),
    privacy: privacy ?? null,
    scores: scores.map(shownScore),
  };
}
