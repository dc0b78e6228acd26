import type { StoredOf } from '../../compute/tensors.js';
import type { ItemEncoding } from '../features/item-features.js';
import {
  addEvent,
  CROSS_FEATURES,
  crossFeatures,
  noState,
  userFeatures,
  type UserState,
} from '../features/user-features.js';
import type { History } from '../recommender.js';
import { recencyWeights, stateAt, type StateContext } from './examples.js';
import { rankingTerm, userVector } from './forward.js';
import { TEMPERATURE, type Parameters } from './network.js';
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

/** What the network makes of a history. */
export interface UserInputs {
  readonly state: UserState;
  readonly features: Float32Array;
  /** Of the vectors of the last items, and the last one's [width]. */
  readonly mean: Float32Array;
  readonly last: Float32Array;
}

/** Of a history, which may be empty. */
export function userOf(model: DnnModel, history: History): UserInputs {
  const { context, vectors, recency } = model;
  const width = widthOf(model);
  const state = stateOf(model, history);
  const features = userFeatures(state, context.layout, history.now ?? NaN, history.shownOn ?? -1);
  const recent = history.item.subarray(Math.max(0, history.item.length - HISTORY));
  const weights = recencyWeights(recent.length, recency);
  const mean = new Float32Array(width);
  recent.forEach((item, place) => {
    for (let unit = 0; unit < width; unit++) mean[unit]! += weights[place]! * vectors[item * width + unit]!;
  });
  const newest = recent.at(-1);
  const last = newest === undefined ? new Float32Array(width) : vectorOf(model, newest);
  return { state, features, mean, last };
}

/** What towers and ranking network together say for items, by the user's inputs. `crosses`: of an item, the user's own unless given. */
export function evidenceOf(
  model: DnnModel,
  { state, features, mean, last }: UserInputs,
  codes: Int32Array,
  crossesOf: (item: number) => Float32Array = (item) => crossesFor(model, state, item),
): Float64Array {
  const user = userVector(model.parameters, mean, last, features);
  return Float64Array.from(codes, (item) => {
    const vector = vectorOf(model, item);
    const cosine = vector.reduce((sum, value, unit) => sum + value * user[unit]!, 0);
    return cosine / TEMPERATURE + rankingTerm(model.parameters, user, vector, crossesOf(item));
  });
}

/** How the user and an item go together [CROSS_FEATURES]. */
export function crossesFor({ context, popularity }: DnnModel, state: UserState, item: number): Float32Array {
  const crosses = new Float32Array(CROSS_FEATURES);
  crossFeatures(state, item, context.features, popularity, crosses, 0);
  return crosses;
}

export const vectorOf = (model: DnnModel, item: number): Float32Array => {
  const width = widthOf(model);
  return model.vectors.subarray(item * width, (item + 1) * width);
};

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

/** Numbers of a vector. */
export const widthOf = ({ parameters }: DnnModel): number => parameters.ids.shape[1]!;
