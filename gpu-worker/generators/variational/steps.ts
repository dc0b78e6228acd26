import * as tf from '@tensorflow/tfjs-core';
import { normal } from '../../compute/layers/initialisation.js';
import type { VaeConfig } from '../../../schema/messages/generator-options/vae.js';
import { adamW, biasCorrection, type AdamState } from '../../compute/optimizers/adam.js';
import { averagingDecay, movingAverage } from '../../compute/optimizers/averaging.js';
import { clipByGlobalNorm } from '../../compute/optimizers/clipping.js';
import { warmupCosine } from '../../compute/optimizers/schedules.js';
import { valueAndGradients } from '../../compute/optimizers/value-and-gradients.js';
import type { Engine, Program, Variables } from '../../compute/program.js';
import type { Random } from '../../compute/random.js';
import type { StoredOf } from '../../compute/tensors.js';
import { drawRows, paddingOf } from '../encoding/output.js';
import { countingWidth, vectorsOf, type EncodedRows, type VectorLayout } from '../encoding/row-encoding.js';
import type { Trainer } from '../training/epochs.js';
import type { Redrawer } from '../training/network-completion.js';
import type { TrainerContext } from '../training/network-generator.js';
import {
  decode,
  deviationsOf,
  drawLatent,
  encode,
  lossesOf,
  probabilitiesOf,
  type Batch,
  type Parameters,
  type Shape,
} from './network.js';

/** What a fit holds on the engine's device. */
export type FitState = {
  readonly adam: AdamState<Parameters>;
  /** Running average of the parameters. */
  readonly average: Parameters;
};

const SCALAR = { shape: [], dtype: 'float32' } as const;
/** Share of all steps during which the rate rises from zero. */
const WARM_UP_SHARE = 0.05;
const CLIP_NORM = 10;
/** Rows that are made for a validation. */
const MADE_ROWS = 2000;

const specOf = (rows: number, width: number) =>
  ({ shape: [rows, width] as const, dtype: 'float32' }) as const;

export async function openTrainer(
  engine: Engine,
  state: Variables<FitState>,
  context: TrainerContext<VaeConfig, Shape>,
): Promise<Trainer> {
  const { config, layout, table, batchSize, validation: held } = context;
  const { latent } = context.shape;
  const inputsOf = (rows: number) => ({
    values: specOf(rows, layout.units),
    counting: specOf(rows, countingWidth(layout)),
    noise: specOf(rows, latent),
  });
  const padding = () => tf.tensor1d(paddingOf(layout));
  const training = await engine.compile(`training on ${batchSize} rows`, {
    state,
    inputs: { ...inputsOf(batchSize), rate: SCALAR, correction: SCALAR, averaging: SCALAR },
    step: ({ adam, average }: FitState, { rate, correction, averaging, ...batch }) => {
      const lossesBy = (parameters: Parameters) =>
        lossesOf(layout, parameters, batch as unknown as Batch, padding());
      const { gradients } = valueAndGradients((parameters) => {
        const { reconstruction, divergence } = lossesBy(parameters);
        return tf.add<tf.Scalar>(reconstruction, tf.mul(divergence, config.divergenceWeight));
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
  const validating = await engine.compile(`validation on ${held.length} rows`, {
    state,
    inputs: inputsOf(held.length),
    step: ({ average }: FitState, batch) => ({
      outputs: { ...lossesOf(layout, average, batch as unknown as Batch, padding()) },
    }),
  });
  const decoder = await compileDecoder(engine, state, ({ average }) => average, layout, latent, MADE_ROWS);
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
          ...vectorsOf(layout, table, rows),
          noise: normal(random, [rows.length, latent], 1),
          rate: Float32Array.of(rateOf(steps)(step)),
          correction: Float32Array.of(biasCorrection(step)),
          averaging: Float32Array.of(averagingDecay(step, config.averaging)),
        })),
      );
      return answers.map(({ reconstruction, divergence, norm }) => ({
        'train/loss': reconstruction[0]! + config.divergenceWeight * divergence[0]!,
        'train/reconstruction': reconstruction[0]!,
        'train/divergence': divergence[0]!,
        'train/gradient_norm': norm[0]!,
      }));
    },
    async validate(random) {
      const { reconstruction, divergence } = await validating.run({
        ...vectorsOf(layout, table, held),
        noise: normal(random.derive('posterior'), [held.length, latent], 1),
      });
      const { average } = await state.read();
      const made = await decoder.draw(MADE_ROWS, average, random.derive('made'));
      const error = context.pairError.of(made);
      return {
        error,
        metrics: {
          'validation/loss': reconstruction[0]! + divergence[0]!,
          'validation/pair_error': error,
        },
      };
    },
    dispose() {
      training.dispose();
      validating.dispose();
      decoder.dispose();
    },
  };
}

/** What `complete` draws rows from: of latent vectors from the prior, and from posteriors of rows. */
export async function compileRedrawer(
  engine: Engine,
  parameters: StoredOf<Parameters>,
  layout: VectorLayout,
  latent: number,
  mostRows: number,
): Promise<Redrawer> {
  const state = engine.hold<{ readonly parameters: Parameters }>({ parameters });
  const output = (held: { readonly parameters: Parameters }, vectors: tf.Tensor2D) =>
    probabilitiesOf(layout, decode(held.parameters, vectors, tf.tensor1d(paddingOf(layout))));
  const decoding = await engine.compile(`decoding ${mostRows} rows`, {
    state,
    inputs: { latent: specOf(mostRows, latent) },
    step: (held, { latent: vectors }) => ({ outputs: { output: output(held, vectors as tf.Tensor2D) } }),
  });
  const redrawing = await engine.compile(`redrawing ${mostRows} rows`, {
    state,
    inputs: { values: specOf(mostRows, layout.units), noise: specOf(mostRows, latent) },
    step: (held, { values, noise }) => {
      const vectors = encode(held.parameters, values as tf.Tensor2D, noise as tf.Tensor2D);
      return { outputs: { output: output(held, vectors) } };
    },
  });
  return {
    async anew(rows, random) {
      const vectors = new Float32Array(mostRows * latent);
      vectors.set(drawLatent(parameters, rows, random));
      return Float32Array.from((await decoding.run({ latent: vectors })).output);
    },
    async like(vectors, random) {
      const values = new Float32Array(mostRows * layout.units);
      values.set(vectors);
      const noise = normal(random, [mostRows, latent], 1);
      return Float32Array.from((await redrawing.run({ values, noise })).output);
    },
    deviations: deviationsOf(parameters),
    dispose() {
      decoding.dispose();
      redrawing.dispose();
      state.dispose();
    },
  };
}

/** Draws rows from the prior. */
export interface Decoder {
  /** At most as many rows as it was compiled for. */
  draw(rows: number, parameters: StoredOf<Parameters>, random: Random): Promise<EncodedRows>;
  dispose(): void;
}

export async function compileDecoder<State extends object>(
  engine: Engine,
  state: Variables<State>,
  parametersOf: (state: State) => Parameters,
  layout: VectorLayout,
  latent: number,
  mostRows: number,
): Promise<Decoder> {
  const program: Program<{ latent: ReturnType<typeof specOf> }, { output: tf.Tensor }> = await engine.compile(
    `decoding ${mostRows} rows`,
    {
      state,
      inputs: { latent: specOf(mostRows, latent) },
      step: (held, { latent: vectors }) => ({
        outputs: {
          output: probabilitiesOf(
            layout,
            decode(parametersOf(held), vectors as tf.Tensor2D, tf.tensor1d(paddingOf(layout))),
          ),
        },
      }),
    },
  );
  return {
    async draw(rows, parameters, random) {
      const vectors = new Float32Array(mostRows * latent);
      vectors.set(drawLatent(parameters, rows, random.derive('prior')));
      const { output } = await program.run({ latent: vectors });
      const deviations = deviationsOf(parameters);
      const within = random.derive('scalars');
      return drawRows(
        layout,
        output,
        rows,
        random.derive('codes'),
        (scalar) => deviations[scalar]! * within.normal(),
      );
    },
    dispose: () => program.dispose(),
  };
}
