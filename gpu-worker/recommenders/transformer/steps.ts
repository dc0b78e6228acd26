import type * as tf from '@tensorflow/tfjs-core';
import type { TransformerConfig } from '../../../schema/messages/recommender-options/transformer.js';
import { adamW, biasCorrection, type AdamState } from '../../compute/optimizers/adam.js';
import { averagingDecay, movingAverage } from '../../compute/optimizers/averaging.js';
import { clipByGlobalNorm } from '../../compute/optimizers/clipping.js';
import { warmupCosine } from '../../compute/optimizers/schedules.js';
import { valueAndGradients } from '../../compute/optimizers/value-and-gradients.js';
import type { Engine, Variables } from '../../compute/program.js';
import type { Random } from '../../compute/random.js';
import type { Spec } from '../../compute/tensors.js';
import type { Trainer } from '../../generators/training/epochs.js';
import { listScores, ranksOf } from '../evaluation/ranks.js';
import { BatchScores, floats, packedSpecs } from './batch-scores.js';
import { nextItemLoss, type Packed, type Parameters, type Shape } from './network.js';
import { rowsOf, type PackedRows } from './packing.js';

/** What a fit holds on the engine's device. */
export type FitState = {
  readonly adam: AdamState<Parameters>;
  /** Running average of the parameters: what the model is made of. */
  readonly average: Parameters;
};

/** A user whose last item is to be found. */
export interface HeldOut {
  readonly history: Int32Array;
  readonly target: number;
}

export interface TrainerContext {
  readonly config: TransformerConfig;
  readonly shape: Shape;
  readonly rows: PackedRows;
  /** Packed rows of a step. */
  readonly batchSize: number;
  readonly held: readonly HeldOut[];
}

const SCALAR = { shape: [], dtype: 'float32' } as const;
const CLIP_NORM = 5;
const AVERAGING = 0.99;
const WARM_UP_SHARE = 0.03;
const CUTOFF = 10;
/** Held-out users scored at a time. */
const SCORED = 256;

export async function openTrainer(
  engine: Engine,
  state: Variables<FitState>,
  { config, shape, rows, batchSize, held }: TrainerContext,
): Promise<Trainer> {
  const { places } = rows;
  const cells = batchSize * places;
  const masks = config.dropout > 0 ? 1 + 2 * shape.blocks : 0;
  const labels: Spec = { shape: [cells], dtype: 'int32' };
  const training = await engine.compile(`training on ${batchSize} rows of ${places} places`, {
    state,
    inputs: {
      ...packedSpecs(batchSize, places),
      target: labels,
      weight: floats(cells),
      uniform: masks > 0 ? floats(masks, batchSize, places, shape.width) : floats(1),
      rate: SCALAR,
      correction: SCALAR,
      averaging: SCALAR,
    },
    step: ({ adam, average }: FitState, { rate, correction, averaging, uniform, ...batch }) => {
      const { value, gradients } = valueAndGradients(
        (parameters) =>
          nextItemLoss(
            shape,
            parameters,
            batch as Packed,
            { target: batch.target as tf.Tensor1D, weight: batch.weight as tf.Tensor1D },
            masks > 0 ? { uniform, rate: config.dropout } : undefined,
          ),
        adam.parameters,
      );
      const clipped = clipByGlobalNorm(gradients, CLIP_NORM);
      const next = adamW(adam, clipped.gradients, {
        rate: rate as tf.Scalar,
        correction: correction as tf.Scalar,
        decay: config.weightDecay,
      });
      return {
        state: { adam: next, average: movingAverage(average, next.parameters, averaging as tf.Scalar) },
        outputs: { loss: value, norm: clipped.norm },
      };
    },
  });
  const scores = await BatchScores.compile(engine, shape, state, ({ average }) => average);

  return {
    async take(batches) {
      const answers = await training.runAll(
        batches.map(({ rows: chosen, step, steps, random }) => {
          const rateAt = warmupCosine({
            peak: config.learningRate,
            warmup: Math.max(1, Math.round(WARM_UP_SHARE * steps)),
            steps,
          });
          return {
            ...rowsOf(rows, chosen),
            uniform: masks > 0 ? noise(masks * cells * shape.width, random) : new Float32Array(1),
            rate: Float32Array.of(rateAt(step)),
            correction: Float32Array.of(biasCorrection(step)),
            averaging: Float32Array.of(averagingDecay(step, AVERAGING)),
          };
        }),
      );
      return answers.map(({ loss, norm }) => ({ 'train/loss': loss[0]!, 'train/gradient_norm': norm[0]! }));
    },

    async validate() {
      let [gain, hits] = [0, 0];
      for (let from = 0; from < held.length; from += SCORED) {
        const batch = held.slice(from, from + SCORED);
        const all = await scores.of(batch.map(({ history }) => history));
        for (const [index, { history, target }] of batch.entries()) {
          const own = all.subarray(index * shape.items, (index + 1) * shape.items);
          for (const item of history) if (item !== target) own[item] = -Infinity;
          const { hit, ndcg } = listScores(ranksOf(own, Int32Array.of(target)), CUTOFF);
          gain += ndcg;
          hits += hit;
        }
      }
      const [ndcg, hitRate] = [gain / held.length, hits / held.length];
      return {
        error: 1 - ndcg,
        metrics: { 'validation/ndcg_10': ndcg, 'validation/hit_rate_10': hitRate },
      };
    },

    dispose() {
      training.dispose();
      scores.dispose();
    },
  };
}

/** Uniform over [0, 1) in 65,536 steps, two a random word: a dropout rate needs no more. */
function noise(length: number, random: Random): Float32Array {
  const uniform = new Float32Array(length);
  for (let at = 0; at < length; at += 2) {
    const word = random.uint32();
    uniform[at] = (word & 0xffff) / 65_536;
    if (at + 1 < length) uniform[at + 1] = (word >>> 16) / 65_536;
  }
  return uniform;
}
