import * as tf from '@tensorflow/tfjs-core';
import type { DnnConfig } from '../../../schema/messages/recommender-options/dnn.js';
import { adamW, biasCorrection, type AdamState } from '../../compute/optimizers/adam.js';
import { clipByGlobalNorm } from '../../compute/optimizers/clipping.js';
import { warmupCosine } from '../../compute/optimizers/schedules.js';
import { valueAndGradients } from '../../compute/optimizers/value-and-gradients.js';
import type { Engine, Variables } from '../../compute/program.js';
import type { Random } from '../../compute/random.js';
import type { Spec, StoredOf, ValuesOf } from '../../compute/tensors.js';
import type { Batch, Trainer } from '../../generators/training/epochs.js';
import { listScores, ranksOf } from '../evaluation/ranks.js';
import { CROSS_FEATURES, crossFeatures, userFeatures } from '../features/user-features.js';
import type { Interactions } from '../interactions/interactions.js';
import type { History } from '../recommender.js';
import { recencyWeights, stateAt, type Examples, type StateContext } from './examples.js';
import { lossesOf, type ItemConstants, type Parameters, type Shape } from './network.js';

/** What a fit holds on the engine's device. */
export type FitState = { readonly adam: AdamState<Parameters>; readonly constants: ItemConstants };

/** A user whose last item is to be found. */
export interface HeldOut {
  readonly history: History;
  readonly target: number;
}

export interface TrainerContext {
  readonly config: DnnConfig;
  readonly shape: Shape;
  readonly interactions: Interactions;
  readonly examples: Examples;
  readonly context: StateContext;
  readonly popularity: Float32Array;
  readonly batchSize: number;
  readonly held: readonly HeldOut[];
  /** Scores by parameters as they are: those of the model that they make. */
  readonly scorerOf: (parameters: StoredOf<Parameters>) => (history: History, into: Float32Array) => void;
}

/** Items of a history that are looked at. */
export const HISTORY = 20;
/** Items that every choice of a batch is set against. */
const MOST_CANDIDATES = 2048;
/** Of those, how many the ranking network is taught with. */
const RANKED = 20;
/** Share of items of which a step sees the features alone. */
const FEATURES_ALONE = 0.1;
const CLIP_NORM = 5;
const WARM_UP_SHARE = 0.03;
const CUTOFF = 10;
const SCALAR = { shape: [], dtype: 'float32' } as const;

const floats = (...shape: readonly number[]): Spec => ({ shape, dtype: 'float32' });
const codes = (...shape: readonly number[]): Spec => ({ shape, dtype: 'int32' });

function choiceSpecs({ userFeatures: features }: Shape, count: number, candidates: number, ranked: number) {
  return {
    history: codes(count, HISTORY),
    meanWeight: floats(count, HISTORY),
    lastWeight: floats(count, HISTORY),
    features: floats(count, features),
    target: codes(count),
    candidates: codes(candidates),
    ranked: codes(count, ranked),
    repeated: floats(count, ranked),
    crosses: floats(count, 1 + ranked, CROSS_FEATURES),
    historyKnown: floats(count * HISTORY, 1),
    targetKnown: floats(count, 1),
    candidatesKnown: floats(candidates, 1),
  };
}

export async function openTrainer(
  engine: Engine,
  state: Variables<FitState>,
  trainer: TrainerContext,
): Promise<Trainer> {
  const { config, shape, batchSize, held, scorerOf } = trainer;
  const candidates = Math.min(shape.items, MOST_CANDIDATES);
  const ranked = Math.min(candidates, RANKED);
  const program = await engine.compile(`training on ${batchSize} choices`, {
    state,
    inputs: {
      ...choiceSpecs(shape, batchSize, candidates, ranked),
      uniform: floats(batchSize, shape.width),
      rate: SCALAR,
      correction: SCALAR,
    },
    step: ({ adam, constants }: FitState, { rate, correction, uniform, ...choices }) => {
      const noise = { uniform, rate: config.dropout };
      const lossesBy = (parameters: Parameters) => lossesOf(shape, parameters, constants, choices, noise);
      const { gradients } = valueAndGradients((parameters) => {
        const { towers, ranking } = lossesBy(parameters);
        return tf.add<tf.Scalar>(towers, ranking);
      }, adam.parameters);
      const clipped = clipByGlobalNorm(gradients, CLIP_NORM);
      const { towers, ranking } = lossesBy(adam.parameters);
      return {
        state: {
          adam: adamW(adam, clipped.gradients, {
            rate: rate as tf.Scalar,
            correction: correction as tf.Scalar,
            decay: config.weightDecay,
          }),
          constants,
        },
        outputs: { towers, ranking },
      };
    },
  });

  return {
    async take(batches) {
      const answers = await program.runAll(
        batches.map((batch) => ({
          ...choicesOf(trainer, batch, candidates, ranked),
          uniform: uniforms(batch.random.derive('dropout'), batchSize * shape.width),
          rate: Float32Array.of(
            warmupCosine({
              peak: config.learningRate,
              warmup: Math.max(1, Math.round(WARM_UP_SHARE * batch.steps)),
              steps: batch.steps,
            })(batch.step),
          ),
          correction: Float32Array.of(biasCorrection(batch.step)),
        })),
      );
      return answers.map(({ towers, ranking }) => ({
        'train/loss': towers[0]! + ranking[0]!,
        'train/tower_loss': towers[0]!,
        'train/ranking_loss': ranking[0]!,
      }));
    },

    async validate() {
      const { adam } = await state.read();
      const score = scorerOf(adam.parameters);
      const scores = new Float32Array(shape.items);
      let [gain, hits] = [0, 0];
      for (const { history, target } of held) {
        score(history, scores);
        for (const item of history.item) if (item !== target) scores[item] = -Infinity;
        const { hit, ndcg } = listScores(ranksOf(scores, Int32Array.of(target)), CUTOFF);
        gain += ndcg;
        hits += hit;
      }
      const [ndcg, hitRate] = [gain / held.length, hits / held.length];
      return {
        error: 1 - ndcg,
        metrics: { 'validation/ndcg_10': ndcg, 'validation/hit_rate_10': hitRate },
      };
    },

    dispose: () => program.dispose(),
  };
}

/** A step's inputs: the batch's choices, and what they are set against. */
function choicesOf(
  { config, shape, interactions, examples, context, popularity }: TrainerContext,
  { rows, random }: Batch,
  candidateCount: number,
  rankedCount: number,
): ValuesOf<ReturnType<typeof choiceSpecs>> {
  const { item, time, platform } = interactions;
  const candidates = distinct(random.derive('candidates'), shape.items, candidateCount);
  const draws = random.derive('ranked');
  const made = {
    history: new Int32Array(rows.length * HISTORY),
    meanWeight: new Float32Array(rows.length * HISTORY),
    lastWeight: new Float32Array(rows.length * HISTORY),
    features: new Float32Array(rows.length * shape.userFeatures),
    target: new Int32Array(rows.length),
    ranked: new Int32Array(rows.length * rankedCount),
    repeated: new Float32Array(rows.length * rankedCount),
    crosses: new Float32Array(rows.length * (1 + rankedCount) * CROSS_FEATURES),
  };
  rows.forEach((row, index) => {
    const at = examples.at[row]!;
    const before = item.subarray(Math.max(examples.from[row]!, at - HISTORY), at);
    const offset = (index + 1) * HISTORY - before.length;
    made.history.set(before, offset);
    made.meanWeight.set(recencyWeights(before.length, config.recency), offset);
    made.lastWeight[(index + 1) * HISTORY - 1] = 1;
    const state = stateAt(examples.states, context.layout, row);
    const shown = userFeatures(state, context.layout, time?.[at] ?? NaN, platform[at]!);
    made.features.set(shown, index * shape.userFeatures);
    made.target[index] = item[at]!;
    const cross = (place: number, of: number): void =>
      crossFeatures(
        state,
        of,
        context.features,
        popularity,
        made.crosses,
        (index * (1 + rankedCount) + place) * CROSS_FEATURES,
      );
    cross(0, item[at]!);
    for (let place = 0; place < rankedCount; place++) {
      const drawn = draws.integer(candidateCount);
      made.ranked[index * rankedCount + place] = drawn;
      if (candidates[drawn] === item[at]) made.repeated[index * rankedCount + place] = 1;
      cross(1 + place, candidates[drawn]!);
    }
  });
  const known = (of: string, count: number): Float32Array => {
    const stream = random.derive('known', of);
    return Float32Array.from({ length: count }, () => (stream.uniform() < FEATURES_ALONE ? 0 : 1));
  };
  return {
    ...made,
    candidates,
    historyKnown: known('history', rows.length * HISTORY),
    targetKnown: known('target', rows.length),
    candidatesKnown: known('candidates', candidateCount),
  };
}

/** Different integers below a bound, in random order. */
function distinct(random: Random, bound: number, count: number): Int32Array {
  if (count === bound) return Int32Array.from({ length: count }, (_, code) => code);
  const met = new Set<number>();
  while (met.size < count) met.add(random.integer(bound));
  return Int32Array.from(met);
}

function uniforms(random: Random, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => random.uniform());
}
