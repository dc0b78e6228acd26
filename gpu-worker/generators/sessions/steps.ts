import * as tf from '@tensorflow/tfjs-core';
import type { SessionsConfig } from '../../../schema/messages/generator-options/sessions.js';
import { adamW, biasCorrection, type AdamState } from '../../compute/optimizers/adam.js';
import { averagingDecay, movingAverage } from '../../compute/optimizers/averaging.js';
import { clipByGlobalNorm } from '../../compute/optimizers/clipping.js';
import { warmupCosine } from '../../compute/optimizers/schedules.js';
import { valueAndGradients } from '../../compute/optimizers/value-and-gradients.js';
import type { Engine, Variables } from '../../compute/program.js';
import type { Trainer } from '../training/epochs.js';
import type { EncodedLog } from './log-encoding.js';
import { lossesOf, type Known, type Parameters, type Shape, type Target } from './network.js';
import { inputSpecs, inputsOf, type Windows } from './windows.js';

/** What a fit holds on the engine's device. */
export type FitState = {
  readonly adam: AdamState<Parameters>;
  /** Running average of the parameters. */
  readonly average: Parameters;
};

const SCALAR = { shape: [], dtype: 'float32' } as const;
const WARM_UP_SHARE = 0.05;
const CLIP_NORM = 5;
const AVERAGING = 0.99;

export interface TrainerContext {
  readonly config: SessionsConfig;
  readonly shape: Shape;
  readonly encoded: EncodedLog;
  readonly windows: Windows;
  readonly batchSize: number;
  /** Windows of held-out users. */
  readonly held: Uint32Array;
  /** What the held-out items' negative log likelihood would be by counted components alone. */
  readonly beside: Readonly<Record<string, number>>;
}

export async function openTrainer(
  engine: Engine,
  state: Variables<FitState>,
  context: TrainerContext,
): Promise<Trainer> {
  const { config, shape, encoded, windows, batchSize, held } = context;
  const specs = inputSpecs(shape, batchSize);
  const training = await engine.compile(`training on ${batchSize} windows`, {
    state,
    inputs: { ...specs, rate: SCALAR, correction: SCALAR, averaging: SCALAR },
    step: ({ adam, average }: FitState, { rate, correction, averaging, ...batch }) => {
      const lossesBy = (parameters: Parameters) => lossesOf(shape, parameters, ...partsOf(batch));
      const { gradients } = valueAndGradients((parameters) => {
        const { item, fields } = lossesBy(parameters);
        return tf.add<tf.Scalar>(item, fields);
      }, adam.parameters);
      const clipped = clipByGlobalNorm(gradients, CLIP_NORM);
      const next = adamW(adam, clipped.gradients, {
        rate: rate as tf.Scalar,
        correction: correction as tf.Scalar,
        decay: config.weightDecay,
      });
      return {
        state: { adam: next, average: movingAverage(average, next.parameters, averaging as tf.Scalar) },
        // Engines that trace see that they have this already.
        outputs: { ...lossesBy(adam.parameters), norm: clipped.norm },
      };
    },
  });
  const validating = await engine.compile(`validation on ${batchSize} windows`, {
    state,
    inputs: specs,
    step: ({ average }: FitState, batch) => ({
      outputs: { ...lossesOf(shape, average, ...partsOf(batch)) },
    }),
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
        batches.map(({ rows, step, steps }) => ({
          ...inputsOf(shape, encoded, windows, rows, batchSize),
          rate: Float32Array.of(rateOf(steps)(step)),
          correction: Float32Array.of(biasCorrection(step)),
          averaging: Float32Array.of(averagingDecay(step, AVERAGING)),
        })),
      );
      return answers.map(({ item, fields, norm }) => ({
        'train/loss': item[0]! + fields[0]!,
        'train/item_loss': item[0]!,
        'train/gradient_norm': norm[0]!,
      }));
    },
    async validate() {
      let [item, fields, events] = [0, 0, 0];
      for (let from = 0; from < held.length; from += batchSize) {
        const rows = held.subarray(from, from + batchSize);
        const count = rows.reduce((sum, row) => sum + windows.size[row]!, 0);
        const losses = await validating.run(inputsOf(shape, encoded, windows, rows, batchSize));
        item += count * losses.item[0]!;
        fields += count * losses.fields[0]!;
        events += count;
      }
      const [itemLoss, error] = [item / events, (item + fields) / events];
      return {
        error,
        metrics: { 'validation/loss': error, 'validation/item_loss': itemLoss, ...context.beside },
      };
    },
    dispose() {
      training.dispose();
      validating.dispose();
    },
  };
}

function partsOf(batch: unknown): [Known, Target] {
  const { item, fields, users, place, nextItem, nextFields, counted, offered, present } = batch as {
    readonly nextItem: tf.Tensor2D;
    readonly nextFields: readonly tf.Tensor2D[];
  } & Known &
    Target;
  return [
    { item, fields, users, place },
    { item: nextItem, fields: nextFields, counted, offered, present },
  ];
}
