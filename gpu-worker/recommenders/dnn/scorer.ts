import { tensorsOf } from '../../generators/training/checkpoint.js';
import type { StoredTensor } from '../../compute/safetensors.js';
import { stored } from '../../compute/tensors.js';
import type { Catalogue } from '../features/catalogue.js';
import { itemFeatures } from '../features/item-features.js';
import type { Scorer } from '../ranking-model.js';
import type { History } from '../recommender.js';
import { topPlaces } from '../top-items.js';
import { featureGame } from './feature-game.js';
import { allItemVectors, rankingTerm, towerScores, userVector } from './forward.js';
import { crossesFor, evidenceOf, userOf, vectorOf, widthOf, type DnnModel } from './model.js';
import { HISTORY } from './steps.js';

/** The best by the towers, which the ranking network puts in order. */
const RANKED_AGAIN = 100;
/** So that what was ranked again stays before all else. */
const AHEAD = 1;

export function scorerOf(model: DnnModel): Scorer {
  return {
    score: (history, into) => scoreHistory(model, history, into),
    scoresNewcomers: true,
    evidenceUnit: 'LOGIT',
    evidence: (history, codes) => evidenceOf(model, userOf(model, history), codes),
    featureGame: (history, background, codes) => featureGame(model, history, background, codes),
    withItems: (catalogue) => scorerOf(withItems(model, catalogue)),
    tensors: () => {
      const { context, popularity, vectors, states } = model;
      const width = widthOf(model);
      const items = {
        vectors: stored([vectors.length / width, width], vectors),
        popularity: stored([popularity.length], popularity),
        prices: stored([popularity.length], Float32Array.from(context.prices)),
        price_levels: stored([popularity.length], context.features.price),
        category: stored([popularity.length], context.features.category),
      };
      return new Map<string, StoredTensor>([
        ...tensorsOf({ parameters: model.parameters, items }),
        ['users/states', { shape: [states.length], values: states }],
      ]);
    },
  };
}

function scoreHistory(model: DnnModel, history: History, into: Float32Array): void {
  const { parameters, vectors } = model;
  const { state, features, mean, last } = userOf(model, history);
  const user = userVector(parameters, mean, last, features);
  towerScores(vectors, user, into);

  // Items of the history, which are mostly left out, take no places of others.
  const chosen = topPlaces(into, RANKED_AGAIN + Math.min(HISTORY, history.item.length));
  const again = chosen.map(
    (item) =>
      into[item]! + rankingTerm(parameters, user, vectorOf(model, item), crossesFor(model, state, item)),
  );
  const lowest = Math.min(...again);
  const floor = into[chosen.at(-1)!]!;
  chosen.forEach((item, index) => (into[item] = floor + AHEAD + again[index]! - lowest));
}

function withItems(model: DnnModel, catalogue: Catalogue): DnnModel {
  const { encoding, context, parameters } = model;
  const complete = catalogue as Required<Catalogue>;
  const added = itemFeatures(encoding, complete);
  const vectors = allItemVectors(parameters, added.values, new Float32Array(), complete.ids.length, 0);
  const joined = (a: Float32Array, b: Float32Array): Float32Array => {
    const all = new Float32Array(a.length + b.length);
    all.set(a);
    all.set(b, a.length);
    return all;
  };
  return {
    ...model,
    context: {
      ...context,
      features: {
        price: joined(context.features.price, added.price),
        category: Int32Array.from([...context.features.category, ...added.category]),
      },
      prices: [...Array.from(context.prices), ...complete.price],
    },
    popularity: joined(model.popularity, new Float32Array(complete.ids.length)),
    vectors: joined(model.vectors, vectors),
  };
}
