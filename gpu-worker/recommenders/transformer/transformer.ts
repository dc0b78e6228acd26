import { z } from 'zod';
import { RECOMMENDER_OPTIONS } from '../../../schema/messages/recommender-options/catalogue.js';
import { TransformerConfig } from '../../../schema/messages/recommender-options/transformer.js';
import type { Engine, Variables } from '../../compute/program.js';
import { Random } from '../../compute/random.js';
import { zerosLike, type StoredOf } from '../../compute/tensors.js';
import { UserFailure } from '../../failure.js';
import { filled, tensorsOf } from '../../generators/training/checkpoint.js';
import type { FitSession } from '../../generators/generator.js';
import { trainEpochs } from '../../generators/training/epochs.js';
import { originOf } from '../../generators/training/origin.js';
import { heldOutUsers } from '../interactions/held-out.js';
import { eventsOf, itemsOf, type Interactions } from '../interactions/interactions.js';
import { similaritiesOf, similarityTensors, storedSimilarities } from '../item-knn/similarities.js';
import { requireSameSizes, rowsByName } from '../continued-weights.js';
import { knowledgeOf, readModel, type Knowledge } from '../model-file.js';
import { RankingModel, type Scorer } from '../ranking-model.js';
import type { Recommender } from '../recommender.js';
import { requireInteractions, requireSequences } from '../requirements.js';
import { BatchScores } from './batch-scores.js';
import { mixIn, SHRINKAGE, WeightSearch, type Counted } from './counted.js';
import { attentionOf, scoreHistory } from './forward.js';
import { firstParameters, Shape, type Parameters } from './network.js';
import { packed, placesOf, type Window } from './packing.js';
import { openTrainer, type FitState, type HeldOut } from './steps.js';

const NAME = 'transformer';
const FORMAT = `synthcart ${NAME} recommender 1`;
const Description = z.strictObject({
  shape: Shape,
  weight: z.number().min(0).max(1),
  /** Models of before it was learnt have none. */
  returning: z.number().min(0).default(1),
});

const DEFAULT_STEPS = 5400;
const DEFAULT_EPOCHS = { least: 10, most: 200 };
/** Held-out users beyond this many make validations long and hardly better. */
const MOST_HELD = 5000;
/** Scored at a time. */
const HELD_AT_A_TIME = 128;
/** What a probability that is 0 by rounding is taken for. */
const LEAST_PROBABILITY = 1e-30;
/** Above what a softmax over all items takes on a CPU. */
const MOST_ITEMS = 200_000;

/** See README.md beside this file. */
export const transformer: Recommender<TransformerConfig> = {
  name: NAME,
  summary: RECOMMENDER_OPTIONS[NAME].summary,
  config: TransformerConfig,

  async fit({ interactions, continues }, config, session) {
    requireInteractions(interactions, NAME);
    requireChoosable(interactions);
    session.signal.throwIfAborted();
    const random = Random.seeded(session.seed);
    const shape: Shape = {
      items: interactions.items.length,
      width: config.width,
      blocks: config.blocks,
      heads: config.heads,
      length: config.length,
    };
    const { users, ends } = heldOutUsers(
      interactions,
      config.validationShare,
      MOST_HELD,
      random.derive('held'),
    );
    const held = Array.from(users, (user): HeldOut => {
      const items = itemsOf(interactions, user);
      return { history: items.slice(0, -1), target: items.at(-1)! };
    });
    const windows = windowsOf(interactions, ends, config.length);
    requireSequences(windows.length, NAME);
    const rows = packed(
      windows,
      placesOf(config.length),
      (at) => interactions.item[at]!,
      random.derive('packing'),
    );
    const batchSize = Math.min(rows.rows, Math.max(1, Math.round(config.batchSize / rows.places)));
    const batches = Math.max(1, Math.floor(rows.rows / batchSize));
    const { least, most } = DEFAULT_EPOCHS;
    const first = beginning(
      firstParameters(shape, random.derive('initial')),
      shape,
      interactions.items,
      continues,
    );
    const parameters = await trainEpochs<FitState, Parameters>({
      generator: NAME,
      session,
      random,
      origin: originOf(
        session.seed,
        // What decides how weights are learnt.
        { ...config, rememberUsers: undefined, neighbours: undefined },
        interactions.items,
        Float32Array.from(rows.item),
        rows.weight,
        ...(continues ? weightsOf(first) : []),
      ),
      rows: Uint32Array.from({ length: rows.rows }, (_, row) => row),
      batchSize,
      epochs: config.epochs ?? Math.min(most, Math.max(least, Math.round(DEFAULT_STEPS / batches))),
      patience: config.patience,
      learningRate: config.learningRate,
      first: {
        adam: { parameters: first, means: zerosLike(first), squares: zerosLike(first) },
        average: first,
      },
      kept: ({ average }) => average,
      open: (engine, state) => openTrainer(engine, state, { config, shape, rows, batchSize, held }),
    });
    const counted = await countedPart(interactions, ends, held, { shape, parameters }, config, session);
    return modelOf(shape, parameters, counted, knowledgeOf(interactions, config.rememberUsers));
  },

  async load(file) {
    const { knowledge, tensors, shape, weight, returning, parameters } = read(file);
    const counted = { weight, returning, similarities: storedSimilarities(tensors) };
    return modelOf(shape, parameters, counted, knowledge);
  },
};

function read(file: Uint8Array) {
  const { knowledge, tensors, description } = readModel(file, FORMAT);
  const { shape, weight, returning } = Description.parse(description);
  if (shape.items !== knowledge.items.length) throw new RangeError('the model has no vector for each item');
  const parameters = filled(firstParameters(shape, Random.seeded(0)), tensors) as StoredOf<Parameters>;
  return { knowledge, tensors, shape, weight, returning, parameters };
}

/** What training begins with: chance, or the weights of another model, with new vectors for items that it doesn't know. */
function beginning(
  fresh: StoredOf<Parameters>,
  { items: _, ...sizes }: Shape,
  items: readonly string[],
  continues: Uint8Array | undefined,
): StoredOf<Parameters> {
  if (!continues) return fresh;
  const { knowledge, shape, parameters } = read(continues);
  requireSameSizes(NAME, sizes, shape);
  const vectors = { matrix: parameters.items, names: knowledge.items };
  return { ...parameters, items: rowsByName(fresh.items, items, vectors) };
}

const weightsOf = (parameters: StoredOf<Parameters>): Float32Array[] =>
  [...tensorsOf(parameters).values()].map(({ values }) => Float32Array.from(values));

/** Similarities of items, what they count beside the network, and what items of a history do, by what held-out users did. */
async function countedPart(
  interactions: Interactions,
  ends: Uint32Array,
  held: readonly HeldOut[],
  { shape, parameters }: { readonly shape: Shape; readonly parameters: StoredOf<Parameters> },
  { neighbours }: TransformerConfig,
  { engine, metric, signal }: FitSession,
): Promise<Counted> {
  const learnt = eventsOf(interactions, (at, user) => at < ends[user]!);
  const search = new WeightSearch(similaritiesOf(learnt, SHRINKAGE, neighbours));
  const state = engine.hold<Parameters>(parameters);
  const scores = await BatchScores.compile(engine, shape, state, (own) => own);
  try {
    for (let from = 0; from < held.length; from += HELD_AT_A_TIME) {
      signal.throwIfAborted();
      const batch = held.slice(from, from + HELD_AT_A_TIME);
      const all = await scores.of(batch.map(({ history }) => history));
      batch.forEach(({ history, target }, index) =>
        search.add(all.subarray(index * shape.items, (index + 1) * shape.items), history, target),
      );
    }
  } finally {
    scores.dispose();
    state.dispose();
  }
  for (const { weight, ndcg } of search.found)
    metric('validation/ndcg_10_by_percent_counted', Math.round(100 * weight), ndcg);
  // All that is known may be counted, once the weight is found.
  return { ...search.best, similarities: similaritiesOf(interactions, SHRINKAGE, neighbours) };
}

function modelOf(
  shape: Shape,
  parameters: StoredOf<Parameters>,
  counted: Counted,
  knowledge: Knowledge,
): RankingModel {
  const onEngines = new Map<Engine, Promise<{ held: Variables<Parameters>; scores: BatchScores }>>();
  const events = knowledge.counts.reduce((sum, count) => sum + count, 0);
  const scorer: Scorer = {
    evidenceUnit: 'LOG_PROBABILITY',
    // Scores are probabilities; of an empty history, counts, whose shares are taken for them.
    evidence: ({ item }, codes, scores) =>
      Float64Array.from(codes, (code) =>
        item.length > 0
          ? Math.log(Math.max(LEAST_PROBABILITY, scores[code]!))
          : Math.log((knowledge.counts[code]! + 1) / (events + shape.items)),
      ),
    attention: ({ item }) => attentionOf(shape, parameters, item),
    score({ item }, into) {
      scoreHistory(shape, parameters, item, into);
      mixIn(into, item, counted);
    },
    async scoreAll(histories, engine) {
      const compile = async () => {
        const held = engine.hold<Parameters>(parameters);
        return { held, scores: await BatchScores.compile(engine, shape, held, (state) => state) };
      };
      const compiled = onEngines.get(engine) ?? compile();
      onEngines.set(engine, compiled);
      const all = await (await compiled).scores.of(histories.map(({ item }) => item));
      histories.forEach(({ item }, index) =>
        mixIn(all.subarray(index * shape.items, (index + 1) * shape.items), item, counted),
      );
      return all;
    },
    tensors: () => new Map([...tensorsOf(parameters), ...similarityTensors(counted.similarities)]),
    dispose() {
      for (const compiled of onEngines.values())
        void compiled.then(({ held, scores }) => {
          scores.dispose();
          held.dispose();
        });
      onEngines.clear();
    },
  };
  const description: z.infer<typeof Description> = {
    shape,
    weight: counted.weight,
    returning: counted.returning,
  };
  return new RankingModel({ format: FORMAT, description }, knowledge, scorer);
}

/** Stretches of histories, the newest items in the last one of a user; each item but a user's first is a target once. */
function windowsOf({ users, starts }: Interactions, ends: Uint32Array, length: number): readonly Window[] {
  return users.flatMap((_, user) => {
    const windows: Window[] = [];
    for (let to = ends[user]! - 1; to > starts[user]!; to -= length) {
      const from = Math.max(starts[user]!, to - length);
      windows.push({ from, size: to - from });
    }
    return windows;
  });
}

function requireChoosable({ items }: Interactions): void {
  if (items.length <= MOST_ITEMS) return;
  throw new UserFailure(
    'INVALID_CONFIG',
    `There are ${items.length.toLocaleString('en')} items; the recommender "${NAME}" can choose among ` +
      `${MOST_ITEMS.toLocaleString('en')}. Leave rare ones out, or take "item-knn".`,
    { field: 'recommender' },
  );
}
