import { z } from 'zod';
import { RECOMMENDER_OPTIONS } from '../../../schema/messages/recommender-options/catalogue.js';
import { ItemKnnConfig } from '../../../schema/messages/recommender-options/item-knn.js';
import { knowledgeOf, readModel } from '../model-file.js';
import { RankingModel, type Scorer } from '../ranking-model.js';
import type { Recommender } from '../recommender.js';
import { requireInteractions } from '../requirements.js';
import { similaritiesOf, similarityTensors, storedSimilarities, type Similarities } from './similarities.js';

const NAME = 'item-knn';
const FORMAT = `synthcart ${NAME} recommender 1`;
const Description = z.strictObject({ recency: z.number().min(0).max(1) });
type Description = z.infer<typeof Description>;

/** Among items that no neighbour leads to, the more popular; far below any similarity. */
const POPULARITY_WEIGHT = 1e-6;

/**
 * Scores an item by its similarity to those of the history, the newer the more: Σ recencyᵈ · similarity, d places before the
 * last (top-N recommendation by items: Deshpande and Karypis, "Item-based top-N recommendation algorithms", 2004, section 4).
 */
export const itemKnn: Recommender<ItemKnnConfig> = {
  name: NAME,
  summary: RECOMMENDER_OPTIONS[NAME].summary,
  config: ItemKnnConfig,

  async fit({ interactions }, { neighbours, shrinkage, recency, rememberUsers }, session) {
    requireInteractions(interactions, NAME);
    session.signal.throwIfAborted();
    const similarities = similaritiesOf(interactions, shrinkage, neighbours);
    session.progress(1, 0);
    const knowledge = knowledgeOf(interactions, rememberUsers);
    const description: Description = { recency };
    return new RankingModel(
      { format: FORMAT, description },
      knowledge,
      scorerOf(similarities, knowledge.counts, recency),
    );
  },

  async load(file) {
    const { knowledge, tensors, description } = readModel(file, FORMAT);
    const { recency } = Description.parse(description);
    const similarities = storedSimilarities(tensors);
    return new RankingModel(
      { format: FORMAT, description: { recency } satisfies Description },
      knowledge,
      scorerOf(similarities, knowledge.counts, recency),
    );
  },
};

function scorerOf(similarities: Similarities, counts: Int32Array, recency: number): Scorer {
  const { starts, neighbours, weights } = similarities;
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const popular = Float32Array.from(counts, (count) => (POPULARITY_WEIGHT * count) / most);
  return {
    score({ item }, into) {
      into.set(popular);
      let weight = 1;
      for (let at = item.length - 1; at >= 0 && weight > 0; at--) {
        const [from, to] = [starts[item[at]!]!, starts[item[at]! + 1]!];
        for (let place = from; place < to; place++) into[neighbours[place]!]! += weight * weights[place]!;
        weight *= recency;
      }
    },
    evidenceUnit: 'SIMILARITY',
    evidence: ({ item }, codes, scores) =>
      Float64Array.from(codes, (code) => (item.length > 0 ? scores : popular)[code]!),
    tensors: () => new Map(similarityTensors(similarities)),
  };
}
