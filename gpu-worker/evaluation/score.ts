import type { ReferenceSource, Score } from '../../schema/messages/scores.js';
import { SCORE_TEXTS } from './score-texts.js';

/** A score with what people need to read it. Shares that rounding took past 0 or 1 are brought back. */
export function scoreNamed(
  name: keyof typeof SCORE_TEXTS,
  value: number,
  reference?: number,
  referenceSource?: ReferenceSource,
): Score {
  const texts = SCORE_TEXTS[name];
  const bounded = (number: number) => Math.max(0, texts.unit === 'distance' ? number : Math.min(1, number));
  return {
    ...texts,
    name,
    value: bounded(value),
    ...(reference !== undefined && referenceSource && { reference: bounded(reference), referenceSource }),
  };
}
