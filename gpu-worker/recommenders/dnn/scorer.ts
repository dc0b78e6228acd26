import { tensorsOf } from '../../generators/training/checkpoint.js';
import type { StoredTensor } from '../../compute/safetensors.js';
import { stored, type StoredOf } from '../../compute/tensors.js';
import type { Catalogue } from '../features/catalogue.js';
import { itemFeatures, type ItemEncoding } from '../features/item-features.js';
import {
  addEvent,
  CROSS_FEATURES,
  crossFeatures,
  noState,
  userFeatures,
  type UserState,
} from '../features/user-features.js';
import type { Scorer } from '../ranking-model.js';
import type { History } from '../recommender.js';
import { topPlaces } from '../top-items.js';
import { recencyWeights, stateAt, type StateContext } from './examples.js';
import { allItemVectors, rankingTerm, towerScores, userVector } from './forward.js';
import type { Parameters } from './network.js';
import { HISTORY } from './steps.js';

/** All that ranking takes. */
export interface DnnModel {
  readonly parameters: StoredOf<Parameters>;
  readonly encoding: ItemEncoding;
  readonly context: StateContext;
  /** Standardised logarithm of interactions; 0 of a new item [items]. */
  readonly popularity: Float32Array;
  /** Of all items, new ones behind those with vectors of their own [items, width]. */
  readonly vectors: Float32Array;
  readonly recency: number;
  /** Of remembered users [users, stateLength]. */
  readonly states: Float64Array;
}

/** The best by the towers, which the ranking network puts in order. */
const RANKED_AGAIN = 100;
/** So that what was ranked again stays before all else. */
const AHEAD = 1;

export function scorerOf(model: DnnModel): Scorer {
  return {
    score: (history, into) => scoreHistory(model, history, into),
    scoresNewcomers: true,
    withItems: (catalogue) => scorerOf(withItems(model, catalogue)),
    tensors: () => {
      const { context, popularity, vectors, states } = model;
      const { width } = widthsOf(model);
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
  const { parameters, context, popularity, vectors, recency } = model;
  const { width } = widthsOf(model);
  const state = stateOf(model, history);
  const features = userFeatures(state, context.layout, history.now ?? NaN, history.shownOn ?? -1);
  const recent = history.item.subarray(Math.max(0, history.item.length - HISTORY));
  const weights = recencyWeights(recent.length, recency);
  const mean = new Float32Array(width);
  recent.forEach((item, place) => {
    for (let unit = 0; unit < width; unit++) mean[unit]! += weights[place]! * vectors[item * width + unit]!;
  });
  const vectorOf = (item: number): Float32Array => vectors.subarray(item * width, (item + 1) * width);
  const last = recent.length > 0 ? vectorOf(recent.at(-1)!) : new Float32Array(width);
  const user = userVector(parameters, mean, last, features);
  towerScores(vectors, user, into);

  // Items of the history, which are mostly left out, take no places of others.
  const chosen = topPlaces(into, RANKED_AGAIN + recent.length);
  const crosses = new Float32Array(CROSS_FEATURES);
  const again = chosen.map((item) => {
    crossFeatures(state, item, context.features, popularity, crosses, 0);
    return into[item]! + rankingTerm(parameters, user, vectorOf(item), crosses);
  });
  const lowest = Math.min(...again);
  const floor = into[chosen.at(-1)!]!;
  chosen.forEach((item, index) => (into[item] = floor + AHEAD + again[index]! - lowest));
}

/** What is remembered of the user, and the events since. */
function stateOf({ context, states }: DnnModel, history: History): UserState {
  const { layout, features, prices } = context;
  const { remembered } = history;
  const state = remembered ? stateAt(states, layout, remembered.user).slice() : noState(layout);
  for (let at = remembered?.events ?? 0; at < history.item.length; at++) {
    const event = {
      item: history.item[at]!,
      type: history.type?.[at] ?? -1,
      platform: history.platform?.[at] ?? -1,
      time: history.time?.[at] ?? NaN,
    };
    addEvent(state, layout, event, features, prices);
  }
  return state;
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

function widthsOf({ parameters }: DnnModel): { readonly width: number } {
  return { width: parameters.ids.shape[1]! };
}
