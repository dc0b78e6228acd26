import type { TwoTowerConfig } from '../../../../schema/messages/recommender-options/search.js';
import { adamW, biasCorrection, type AdamState } from '../../../compute/optimizers/adam.js';
import { clipByGlobalNorm } from '../../../compute/optimizers/clipping.js';
import { warmupCosine } from '../../../compute/optimizers/schedules.js';
import { valueAndGradients } from '../../../compute/optimizers/value-and-gradients.js';
import type * as tf from '@tensorflow/tfjs-core';
import type { Engine, Variables } from '../../../compute/program.js';
import type { StoredOf } from '../../../compute/tensors.js';
import type { Trainer } from '../../../generators/training/epochs.js';
import { batchOf, batchSpecs, type BatchSource } from './batches.js';
import { TowerEncoder } from './encoder.js';
import { lossOf, type Parameters } from './network.js';
import { TowerIndex } from './tower-index.js';
import type { ValidationQuery } from './training-queries.js';

const SCALAR = { shape: [], dtype: 'float32' } as const;
const WARM_UP_SHARE = 0.05;
const CLIP_NORM = 5;

export async function openTrainer(
  engine: Engine,
  state: Variables<AdamState<Parameters>>,
  config: TwoTowerConfig,
  source: BatchSource,
  validation: readonly ValidationQuery[],
): Promise<Trainer> {
  const training = await engine.compile(`training on ${source.batchSize} queries`, {
    state,
    inputs: { ...batchSpecs(source), rate: SCALAR, correction: SCALAR },
    step: (held: AdamState<Parameters>, { rate, correction, ...batch }) => {
      const { value, gradients } = valueAndGradients(
        (parameters) => lossOf(parameters, batch, config.temperature),
        held.parameters,
      );
      const clipped = clipByGlobalNorm(gradients, CLIP_NORM);
      const next = adamW(held, clipped.gradients, {
        rate: rate as tf.Scalar,
        correction: correction as tf.Scalar,
        decay: config.weightDecay,
      });
      return { state: next, outputs: { loss: value, norm: clipped.norm } };
    },
  });
  const rateOf = (steps: number) =>
    warmupCosine({
      peak: config.learningRate,
      warmup: Math.max(1, Math.round(steps * WARM_UP_SHARE)),
      steps: steps + 1,
    });
  return {
    async take(batches) {
      const answers = await training.runAll(
        batches.map(({ rows, step, steps, random }) => ({
          ...batchOf(source, rows, random),
          rate: Float32Array.of(rateOf(steps)(step)),
          correction: Float32Array.of(biasCorrection(step)),
        })),
      );
      return answers.map(({ loss, norm }) => ({
        'train/loss': loss[0]!,
        'train/gradient_norm': norm[0]!,
      }));
    },
    async validate() {
      const { parameters } = await state.read();
      const mrr = meanReciprocalRank(parameters, source, validation);
      return { error: 1 - mrr, metrics: { 'validation/mrr': mrr } };
    },
    dispose: () => training.dispose(),
  };
}

/** Of queries over all products: what serving answers with these parameters. */
function meanReciprocalRank(
  parameters: StoredOf<Parameters>,
  { features }: BatchSource,
  queries: readonly ValidationQuery[],
): number {
  const index = TowerIndex.of(new TowerEncoder(parameters), features);
  const scores = new Float32Array(features.starts.length - 1);
  let sum = 0;
  for (const { text, answers } of queries) {
    index.score(text, scores);
    sum += 1 / rankOfBest(scores, answers);
  }
  return sum / queries.length;
}

/** Rank of the best of those places; what scores the same counts as better. */
export function rankOfBest(scores: Float32Array, places: ReadonlySet<number>): number {
  let best = -Infinity;
  for (const place of places) best = Math.max(best, scores[place]!);
  let rank = 1;
  for (let place = 0; place < scores.length; place++)
    if (scores[place]! >= best && !places.has(place)) rank++;
  return rank;
}
