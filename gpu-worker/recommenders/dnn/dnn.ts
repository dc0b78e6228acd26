import { z } from 'zod';
import { RECOMMENDER_OPTIONS } from '../../../schema/messages/recommender-options/catalogue.js';
import { DnnConfig } from '../../../schema/messages/recommender-options/dnn.js';
import { Random } from '../../compute/random.js';
import type { StoredTensor } from '../../compute/safetensors.js';
import { stored, zerosLike, type StoredOf } from '../../compute/tensors.js';
import { filled, tensorsOf } from '../../generators/training/checkpoint.js';
import { trainEpochs } from '../../generators/training/epochs.js';
import { originOf } from '../../generators/training/origin.js';
import { UserFailure } from '../../failure.js';
import { attributesFor, type Catalogue } from '../features/catalogue.js';
import { fitItemEncoding, ItemEncoding, itemFeatures } from '../features/item-features.js';
import {
  addEvent,
  featureCount,
  stateLength,
  userFeatureNames,
  type UserLayout,
} from '../features/user-features.js';
import { heldOutUsers } from '../interactions/held-out.js';
import { itemCounts, lengthOf, type Interactions } from '../interactions/interactions.js';
import { historyOf } from '../interactions/splits.js';
import { requireSameSizes, rowsByName } from '../continued-weights.js';
import { knowledgeOf, readModel } from '../model-file.js';
import { RankingModel } from '../ranking-model.js';
import type { Recommender } from '../recommender.js';
import { requireInteractions, requireSequences } from '../requirements.js';
import { examplesOf, stateAt, type StateContext } from './examples.js';
import { allItemVectors } from './forward.js';
import { firstParameters, Shape, type Parameters } from './network.js';
import type { DnnModel } from './model.js';
import { scorerOf } from './scorer.js';
import { openTrainer, type FitState, type HeldOut } from './steps.js';

const NAME = 'dnn';
const FORMAT = `synthcart ${NAME} recommender 1`;
const Description = z.strictObject({
  shape: Shape,
  encoding: ItemEncoding,
  layout: z.strictObject({ categories: z.int(), platforms: z.int(), types: z.int() }),
  recency: z.number(),
});
type Description = z.infer<typeof Description>;

const DEFAULT_STEPS = 6000;
const DEFAULT_EPOCHS = { least: 5, most: 100 };
/** Each is scored one by one. */
const MOST_HELD = 1000;

/** See README.md beside this file. */
export const dnn: Recommender<DnnConfig> = {
  name: NAME,
  summary: RECOMMENDER_OPTIONS[NAME].summary,
  config: DnnConfig,

  async fit({ interactions, catalogue, continues }, config, session) {
    requireInteractions(interactions, NAME);
    session.signal.throwIfAborted();
    const random = Random.seeded(session.seed);
    const attributes = attributesFor(catalogue, interactions.items);
    const former = continues && read(continues);
    if (former) requireAttributes(former, attributes);
    // What weights mean follows from how items are encoded, so that stays as it was.
    const encoding = former?.encoding ?? fitItemEncoding(attributes, config.textBuckets);
    const features = itemFeatures(encoding, attributes);
    const layout: UserLayout = {
      categories: encoding.categories.length,
      platforms: interactions.platforms.length,
      types: interactions.types.length,
    };
    const context: StateContext = { layout, features, prices: attributes.price };
    const { users, ends } = heldOutUsers(
      interactions,
      config.validationShare,
      MOST_HELD,
      random.derive('held'),
    );
    const { examples, states } = examplesOf(interactions, ends, context);
    requireSequences(examples.count, NAME);
    const popularity = standardisedLogs(itemCounts(interactions));
    const items = interactions.items.length;
    const shape: Shape = {
      items,
      itemFeatures: features.width,
      userFeatures: featureCount(layout),
      width: config.width,
      rankingUnits: config.rankingUnits,
    };
    const modelBy = (parameters: StoredOf<Parameters>, ofUsers: Float64Array): DnnModel => ({
      parameters,
      encoding,
      context,
      popularity,
      vectors: allItemVectors(parameters, features.values, popularity, items, items),
      recency: config.recency,
      states: ofUsers,
    });
    const held = Array.from(users, (user): HeldOut => {
      const last = interactions.starts[user + 1]! - 1;
      return {
        history: historyOf(interactions, interactions.starts[user]!, last),
        target: interactions.item[last]!,
      };
    });
    const batchSize = Math.min(config.batchSize, examples.count);
    const batches = Math.max(1, Math.floor(examples.count / batchSize));
    const { least, most } = DEFAULT_EPOCHS;
    const chance = firstParameters(shape, random.derive('initial'));
    const first = former ? beginning(chance, { shape, layout, interactions }, former) : chance;
    const parameters = await trainEpochs<FitState, Parameters>({
      generator: NAME,
      session,
      random,
      origin: originOf(
        session.seed,
        config,
        [interactions.items, encoding],
        Float32Array.from(interactions.item),
        Float32Array.from(ends),
        features.values,
        Float32Array.from(examples.states),
        ...(former ? [...tensorsOf(first).values()].map(({ values }) => Float32Array.from(values)) : []),
      ),
      rows: Uint32Array.from({ length: examples.count }, (_, example) => example),
      batchSize,
      epochs: config.epochs ?? Math.min(most, Math.max(least, Math.round(DEFAULT_STEPS / batches))),
      patience: config.patience,
      learningRate: config.learningRate,
      first: {
        adam: { parameters: first, means: zerosLike(first), squares: zerosLike(first) },
        constants: {
          features: stored([items, features.width], features.values),
          popularity: stored([items, 1], popularity),
        },
      },
      kept: ({ adam }) => adam.parameters,
      open: (engine, state) =>
        openTrainer(engine, state, {
          ...{ config, shape, interactions, examples, context, popularity, batchSize, held },
          scorerOf: (now) => scorerOf(modelBy(now, new Float64Array())).score,
        }),
    });
    addHeldOut(interactions, ends, states, context);
    const remembered = config.rememberUsers ? activeStates(interactions, states, layout) : new Float64Array();
    const description: Description = { shape, encoding, layout, recency: config.recency };
    return new RankingModel(
      { format: FORMAT, description },
      knowledgeOf(interactions, config.rememberUsers),
      scorerOf(modelBy(parameters, remembered)),
    );
  },

  async load(file) {
    const { knowledge, tensors, parameters, shape, encoding, layout, recency, description } = read(file);
    const items = knowledge.items.length;
    const price = Float32Array.from(valuesOf(tensors, 'items/prices', items));
    const model: DnnModel = {
      parameters,
      encoding,
      context: {
        layout,
        features: {
          price: Float32Array.from(valuesOf(tensors, 'items/price_levels', items)),
          category: Int32Array.from(valuesOf(tensors, 'items/category', items)),
        },
        prices: price,
      },
      popularity: Float32Array.from(valuesOf(tensors, 'items/popularity', items)),
      vectors: Float32Array.from(valuesOf(tensors, 'items/vectors', items * shape.width)),
      recency,
      states: Float64Array.from(
        valuesOf(tensors, 'users/states', knowledge.users.length * stateLength(layout)),
      ),
    };
    return new RankingModel({ format: FORMAT, description }, knowledge, scorerOf(model));
  },
};

function read(file: Uint8Array) {
  const { knowledge, tensors, description } = readModel(file, FORMAT);
  const parsed = Description.parse(description);
  const form = firstParameters(parsed.shape, Random.seeded(0));
  const { parameters } = filled({ parameters: form }, tensors) as unknown as {
    readonly parameters: StoredOf<Parameters>;
  };
  return { ...parsed, knowledge, tensors, description, parameters };
}

/** The weights of another model, with those of chance for items that it doesn't know, and none for new platforms and types. */
function beginning(
  chance: StoredOf<Parameters>,
  now: { readonly shape: Shape; readonly layout: UserLayout; readonly interactions: Interactions },
  former: ReturnType<typeof read>,
): StoredOf<Parameters> {
  const sizes = ({ width, rankingUnits }: Shape) => ({ width, rankingUnits });
  requireSameSizes(NAME, sizes(now.shape), sizes(former.shape));
  const { parameters, knowledge } = former;
  const names = (shape: Shape, layout: UserLayout, of: Named) => [
    ...Array.from({ length: 2 * shape.width }, (_, unit) => `vector ${unit}`),
    ...userFeatureNames(layout, of),
  ];
  const inner = chance.userInner.weights;
  return {
    ...parameters,
    ids: rowsByName(chance.ids, now.interactions.items, { matrix: parameters.ids, names: knowledge.items }),
    userInner: {
      ...parameters.userInner,
      weights: rowsByName(
        stored(inner.shape, new Float32Array(inner.values.length)),
        names(now.shape, now.layout, now.interactions),
        { matrix: parameters.userInner.weights, names: names(former.shape, former.layout, knowledge) },
      ),
    },
  };
}

/** Throws UserFailure INVALID_CONFIG where an item that a model knows by its attributes has lost them all. */
function requireAttributes(
  { tensors, knowledge, encoding }: ReturnType<typeof read>,
  { ids, price, category, text }: Required<Catalogue>,
): void {
  const places = new Map(knowledge.items.map((id, place) => [id, place]));
  const count = knowledge.items.length;
  const [categories, prices] = [
    valuesOf(tensors, 'items/category', count),
    valuesOf(tensors, 'items/prices', count),
  ];
  const lost = ids.findIndex((id, item) => {
    const place = places.get(id);
    if (place === undefined) return false;
    const had = encoding.buckets > 0 || categories[place]! >= 0 || !Number.isNaN(prices[place]!);
    return had && text[item] === '' && category[item] === undefined && Number.isNaN(price[item]!);
  });
  if (lost < 0) return;
  throw new UserFailure(
    'INVALID_CONFIG',
    `The model to go on from knows items by what they are like, and the log says nothing of the item "${ids[lost]}". Give the whole log again, with its columns for \`attributes\`.`,
    { field: 'attributes' },
  );
}

type Named = Pick<Interactions, 'platforms' | 'types'>;

function valuesOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
  length: number,
): StoredTensor['values'] {
  const values = tensors.get(name)?.values;
  if (values?.length !== length)
    throw new RangeError(`the tensor "${name}" has ${values?.length ?? 'no'} values, not ${length}`);
  return values;
}

/** Logarithms of 1 more, of mean 0 and deviation 1. */
function standardisedLogs(counts: Int32Array): Float32Array {
  const logs = Float64Array.from(counts, (count) => Math.log1p(count));
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / logs.length) || 1;
  return Float32Array.from(logs, (value) => (value - mean) / deviation);
}

/** Users are remembered as they are in the end, with what was held out from learning. */
function addHeldOut(
  { users, starts, item, type, platform, time }: Interactions,
  ends: Uint32Array,
  states: Float64Array,
  { layout, features, prices }: StateContext,
): void {
  users.forEach((_, user) => {
    const state = stateAt(states, layout, user);
    for (let at = ends[user]!; at < starts[user + 1]!; at++) {
      const event = { item: item[at]!, type: type[at]!, platform: platform[at]!, time: time?.[at] ?? NaN };
      addEvent(state, layout, event, features, prices);
    }
  });
}

/** Of users with an event, in their order: those that a model remembers. */
function activeStates(interactions: Interactions, states: Float64Array, layout: UserLayout): Float64Array {
  const active = [...interactions.users.keys()].filter((user) => lengthOf(interactions, user) > 0);
  const kept = new Float64Array(active.length * stateLength(layout));
  active.forEach((user, index) => kept.set(stateAt(states, layout, user), index * stateLength(layout)));
  return kept;
}
