import { PopularityConfig } from '../../../schema/messages/recommender-options/popularity.js';
import { RECOMMENDER_OPTIONS } from '../../../schema/messages/recommender-options/catalogue.js';
import { UserFailure } from '../../failure.js';
import type { Interactions } from '../interactions/interactions.js';
import { knowledgeOf, readModel } from '../model-file.js';
import { RankingModel, type Scorer } from '../ranking-model.js';
import type { Recommender } from '../recommender.js';
import { requireInteractions } from '../requirements.js';

const NAME = 'popularity';
const FORMAT = `synthcart ${NAME} recommender 1`;
const DAY_MS = 86_400_000;

/** Scores an item by its interactions, the same for everybody; with a half-life, of old ones less. Exact. */
export const popularity: Recommender<PopularityConfig> = {
  name: NAME,
  summary: RECOMMENDER_OPTIONS[NAME].summary,
  config: PopularityConfig,

  async fit({ interactions }, { halfLifeDays, rememberUsers }, session) {
    requireInteractions(interactions, NAME);
    session.signal.throwIfAborted();
    const scores = weightedCounts(interactions, halfLifeDays);
    session.progress(1, 0);
    return new RankingModel(
      { format: FORMAT, description: null },
      knowledgeOf(interactions, rememberUsers),
      scorerOf(scores),
    );
  },

  async load(file) {
    const { knowledge, tensors } = readModel(file, FORMAT);
    const scores = tensors.get('scores')?.values;
    if (scores?.length !== knowledge.items.length)
      throw new RangeError('the model has no score for each item');
    return new RankingModel(
      { format: FORMAT, description: null },
      knowledge,
      scorerOf(Float32Array.from(scores)),
    );
  },
};

function weightedCounts({ items, item, time }: Interactions, halfLifeDays: number | undefined): Float32Array {
  const counts = new Float64Array(items.length);
  if (halfLifeDays !== undefined && !time) {
    throw new UserFailure(
      'INVALID_CONFIG',
      'The option halfLifeDays needs events with times, and these have none. Leave it out.',
      { field: 'options.halfLifeDays' },
    );
  }
  const latest = time ? time.reduce((a, b) => Math.max(a, b), -Infinity) : 0;
  item.forEach((code, at) => {
    counts[code]! +=
      halfLifeDays === undefined ? 1 : 0.5 ** ((latest - time![at]!) / (DAY_MS * halfLifeDays));
  });
  return Float32Array.from(counts);
}

function scorerOf(scores: Float32Array): Scorer {
  return {
    score: (_history, into) => into.set(scores),
    evidenceUnit: 'COUNT',
    evidence: (_history, codes) => Float64Array.from(codes, (code) => scores[code]!),
    tensors: () => new Map([['scores', { shape: [scores.length], values: scores }]]),
  };
}
