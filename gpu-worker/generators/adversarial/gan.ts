import * as tf from '@tensorflow/tfjs-core';
import { GanConfig } from '../../../schema/messages/generator-options/gan.js';
import { normal } from '../../compute/layers/initialisation.js';
import { adam, biasCorrection, type AdamState } from '../../compute/optimizers/adam.js';
import { averagingDecay, movingAverage } from '../../compute/optimizers/averaging.js';
import { valueAndGradients } from '../../compute/optimizers/value-and-gradients.js';
import type { Engine, Variables } from '../../compute/program.js';
import { zerosLike, type StoredOf } from '../../compute/tensors.js';
import { drawRows } from '../encoding/output.js';
import { vectorsOf, type VectorLayout } from '../encoding/row-encoding.js';
import { networkGenerator, type Sampler, type TrainerContext } from '../training/network-generator.js';
import type { Trainer } from '../training/epochs.js';
import {
  accuracyOf,
  errorOf,
  firstDiscriminator,
  firstGenerator,
  generate,
  judge,
  Shape,
  type Layers,
} from './gan-network.js';

type State = {
  readonly generator: AdamState<Layers>;
  readonly discriminator: AdamState<Layers>;
  /** Running average of the generator. */
  readonly average: Layers;
};
type Kept = { readonly generator: Layers };

/** Of Radford et al. ("Unsupervised representation learning with DCGAN", 2016, section 4): less momentum, less swinging. */
const BETAS = { beta1: 0.5, beta2: 0.999 };
const SCALAR = { shape: [], dtype: 'float32' } as const;
/** Rows that are made for a validation. */
const MADE_ROWS = 2000;

/** See README.md beside this file. */
export const gan = networkGenerator<GanConfig, Shape, State, Kept>({
  name: 'gan',
  config: GanConfig,
  shape: Shape,
  shapeOf: ({ noiseSize, hiddenUnits, hiddenLayers }) => ({ noise: noiseSize, hiddenUnits, hiddenLayers }),
  encodingOf: ({ categories, minimumSupport }) => ({
    numbers: 'RANGE',
    modes: 2,
    categories,
    support: minimumSupport,
  }),
  defaultSteps: 6000,
  defaultEpochs: { least: 10, most: 500 },
  batchSizeOf: ({ batchSize, discriminatorSteps }, rows) =>
    Math.max(1, Math.min(batchSize, Math.floor(rows / discriminatorSteps))) * discriminatorSteps,
  first: (layout, shape, random) => {
    const optimized = (parameters: StoredOf<Layers>) => ({
      parameters,
      means: zerosLike(parameters),
      squares: zerosLike(parameters),
    });
    const generator = firstGenerator(layout, shape, random.derive('generator'));
    const discriminator = firstDiscriminator(layout, shape, random.derive('discriminator'));
    return { generator: optimized(generator), discriminator: optimized(discriminator), average: generator };
  },
  kept: ({ average }) => ({ generator: average }),
  open,
  sampler: async (engine, kept, layout, shape, rows) => {
    const state = engine.hold<Kept>(kept);
    const sampler = await compileSampler(engine, state, ({ generator }) => generator, layout, shape, rows);
    return {
      draw: (count, random) => sampler.draw(count, random),
      dispose: () => {
        sampler.dispose();
        state.dispose();
      },
    };
  },
});

/**
 * A step is `discriminatorSteps` of the discriminator, each with real rows of its own, and one of the generator, which
 * wants its rows to be taken for real (section 3 of the paper: that gradient doesn't vanish where the discriminator is sure).
 */
async function open(
  engine: Engine,
  state: Variables<State>,
  { config, shape, layout, table, batchSize, pairError }: TrainerContext<GanConfig, Shape>,
): Promise<Trainer> {
  const rounds = config.discriminatorSteps;
  const rows = batchSize / rounds;
  const noiseRows = batchSize + rows;
  const program = await engine.compile(`training on ${batchSize} rows`, {
    state,
    inputs: {
      real: { shape: [batchSize, layout.units], dtype: 'float32' },
      noise: { shape: [noiseRows, shape.noise], dtype: 'float32' },
      rate: SCALAR,
      // One for each step of the discriminator, then the generator's.
      corrections: { shape: [rounds + 1], dtype: 'float32' },
      averaging: SCALAR,
    } as const,
    step: ({ generator, discriminator, average }: State, inputs) => {
      const { real, noise, corrections } = inputs as Record<string, tf.Tensor2D>;
      const options = (round: number) => ({
        rate: inputs.rate as tf.Scalar,
        correction: tf.reshape<tf.Rank.R0>(tf.slice(corrections!, [round], [1]), []),
        ...BETAS,
      });
      const noiseOf = (round: number) => tf.slice(noise!, [round * rows, 0], [rows, shape.noise]);
      let judging = discriminator;
      let told: { loss: tf.Scalar; ofReal: tf.Scalar; ofFake: tf.Scalar } | undefined;
      for (let round = 0; round < rounds; round++) {
        const genuine = tf.slice(real!, [round * rows, 0], [rows, layout.units]);
        const fake = generate(layout, generator.parameters, noiseOf(round));
        const lossBy = (layers: Layers) =>
          tf.add<tf.Scalar>(errorOf(judge(layers, genuine), 1), errorOf(judge(layers, fake), 0));
        const { gradients } = valueAndGradients(lossBy, judging.parameters);
        told = {
          loss: lossBy(judging.parameters),
          ofReal: accuracyOf(judge(judging.parameters, genuine), 1),
          ofFake: accuracyOf(judge(judging.parameters, fake), 0),
        };
        judging = adam(judging, gradients, options(round));
      }
      const forged = valueAndGradients(
        (layers) => errorOf(judge(judging.parameters, generate(layout, layers, noiseOf(rounds))), 1),
        generator.parameters,
      );
      const next = adam(generator, forged.gradients, options(rounds));
      return {
        state: {
          generator: next,
          discriminator: judging,
          average: movingAverage(average, next.parameters, inputs.averaging as tf.Scalar),
        },
        outputs: { generator: forged.value, ...told! },
      };
    },
  });
  const sampler = await compileSampler(engine, state, ({ average }) => average, layout, shape, MADE_ROWS);
  return {
    async take(batches) {
      const answers = await program.runAll(
        batches.map(({ rows: picked, step, random }) => ({
          real: vectorsOf(layout, table, picked).values,
          noise: normal(random, [noiseRows, shape.noise], 1),
          rate: Float32Array.of(config.learningRate),
          corrections: Float32Array.from({ length: rounds + 1 }, (_, round) =>
            biasCorrection(round === rounds ? step : (step - 1) * rounds + round + 1, BETAS),
          ),
          averaging: Float32Array.of(averagingDecay(step, config.averaging)),
        })),
      );
      return answers.map(({ generator, loss, ofReal, ofFake }) => ({
        'train/discriminator_loss': loss[0]!,
        'train/generator_loss': generator[0]!,
        'train/discriminator_accuracy_real': ofReal[0]!,
        'train/discriminator_accuracy_generated': ofFake[0]!,
      }));
    },
    async validate(random) {
      const error = pairError.of(await sampler.draw(MADE_ROWS, random));
      return { error, metrics: { 'validation/pair_error': error } };
    },
    dispose() {
      program.dispose();
      sampler.dispose();
    },
  };
}

async function compileSampler<Held extends object>(
  engine: Engine,
  state: Variables<Held>,
  generatorOf: (held: Held) => Layers,
  layout: VectorLayout,
  shape: Shape,
  rows: number,
): Promise<Sampler> {
  const program = await engine.compile(`generating ${rows} rows`, {
    state,
    inputs: { noise: { shape: [rows, shape.noise], dtype: 'float32' } } as const,
    step: (held, { noise }) => ({
      outputs: { output: generate(layout, generatorOf(held), noise as tf.Tensor2D) },
    }),
  });
  return {
    async draw(count, random) {
      const { output } = await program.run({ noise: normal(random.derive('noise'), [rows, shape.noise], 1) });
      return drawRows(layout, output, count, random.derive('codes'));
    },
    dispose: () => program.dispose(),
  };
}
