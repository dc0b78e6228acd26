import * as tf from '@tensorflow/tfjs-core';
import type { CtganConfig } from '../../../schema/messages/generator-options/ctgan.js';
import { gradientPenalty } from '../../compute/layers/gradient-penalty.js';
import { normal, unitUniform } from '../../compute/layers/initialisation.js';
import { adam, adamW, biasCorrection, type AdamState } from '../../compute/optimizers/adam.js';
import { averagingDecay, movingAverage } from '../../compute/optimizers/averaging.js';
import { valueAndGradients } from '../../compute/optimizers/value-and-gradients.js';
import type { Engine, Variables } from '../../compute/program.js';
import type { Random } from '../../compute/random.js';
import { drawRows } from '../encoding/output.js';
import { vectorsOf, type EncodedRows, type VectorLayout } from '../encoding/row-encoding.js';
import type { Trainer } from '../training/epochs.js';
import type { TrainerContext } from '../training/network-generator.js';
import { codeCounts, ConditionSampler, conditionWidth, TrainingSampler } from './conditions.js';
import {
  conditionError,
  generate,
  packed,
  pairDistance,
  probabilitiesOf,
  score,
  type Critic,
  type GeneratorParameters,
  type Moments,
  type Shape,
} from './ctgan-network.js';

/** What makes the model. */
export type Kept = {
  /** Running averages of the generator and of the moments of its batch normalisation. */
  readonly generator: GeneratorParameters;
  readonly moments: Moments;
  /** How often each code occurs [conditionWidth]: conditions are drawn by it. */
  readonly frequencies: tf.Tensor;
};
export type State = {
  readonly generator: AdamState<GeneratorParameters>;
  readonly critic: AdamState<Critic>;
  readonly kept: Kept;
};

/** Of the original's code. */
const BETAS = { beta1: 0.5, beta2: 0.9 };
const GENERATOR_DECAY = 1e-6;
const SCALAR = { shape: [], dtype: 'float32' } as const;
/** Rows that are made for a validation. */
const MADE_ROWS = 2000;

const specOf = (rows: number, width: number) =>
  ({ shape: [rows, width] as const, dtype: 'float32' }) as const;

/**
 * A step is one of the critic (Wasserstein loss with gradient penalty, over packs of rows) and one of the generator, which
 * also pays for codes other than those it was asked for.
 */
export async function openTrainer(
  engine: Engine,
  state: Variables<State>,
  { config, shape, layout, table, batchSize, training, pairError }: TrainerContext<CtganConfig, Shape>,
): Promise<Trainer> {
  const { packing, hiddenUnits, hiddenLayers } = shape;
  const packs = batchSize / packing;
  const width = conditionWidth(layout);
  const made = {
    noise: specOf(batchSize, shape.noise),
    condition: specOf(batchSize, width),
    uniform: specOf(batchSize, layout.units),
  };
  // For the critic's four judgements: of real rows, of made ones, of those between, and of the generator's.
  const drops = specOf(4 * hiddenLayers * packs, hiddenUnits);
  const program = await engine.compile(`training on ${batchSize} rows`, {
    state,
    inputs: {
      real: specOf(batchSize, layout.units),
      /** Real rows of the generator's conditions. */
      likewise: specOf(batchSize, layout.units),
      first: made,
      second: made,
      drops,
      between: { shape: [packs] as const, dtype: 'float32' as const },
      rate: SCALAR,
      correction: SCALAR,
      averaging: SCALAR,
    },
    step: ({ generator, critic, kept }: State, inputs) => {
      const { rate, correction, averaging } = inputs as unknown as Record<string, tf.Scalar>;
      const [first, second] = [inputs.first, inputs.second] as unknown as [MadeFrom, MadeFrom];
      const real = packed(inputs.real as tf.Tensor2D, first.condition, packing);
      const options = { rate: rate!, correction: correction!, ...BETAS };
      const dropsOf = (judgement: number) =>
        Array.from({ length: hiddenLayers }, (_, layer) =>
          tf.slice(
            inputs.drops as tf.Tensor2D,
            [(judgement * hiddenLayers + layer) * packs, 0],
            [packs, hiddenUnits],
          ),
        );

      const fake = packed(
        generate(layout, generator.parameters, kept.moments, first).rows,
        first.condition,
        packing,
      );
      const judge = (parameters: Critic) => {
        const distance = tf.sub<tf.Scalar>(
          tf.mean(score(parameters, fake, dropsOf(1))),
          tf.mean(score(parameters, real, dropsOf(0))),
        );
        const penalty = gradientPenalty((x) => score(parameters, x, dropsOf(2)), {
          real,
          fake,
          uniform: inputs.between,
        });
        return {
          distance,
          penalty,
          loss: tf.add<tf.Scalar>(distance, tf.mul(penalty, config.gradientPenalty)),
        };
      };
      const judged = valueAndGradients((parameters) => judge(parameters).loss, critic.parameters);
      const nextCritic = adam(critic, judged.gradients, options);

      const forge = (parameters: GeneratorParameters) => {
        const { rows, logits, moments } = generate(layout, parameters, kept.moments, second);
        const taken = tf.mean(
          score(nextCritic.parameters, packed(rows, second.condition, packing), dropsOf(3)),
        );
        const missed = conditionError(layout, logits, second.condition);
        const pairs = pairDistance(layout, inputs.likewise as tf.Tensor2D, rows);
        const loss = tf.add<tf.Scalar>(tf.sub(missed, taken), tf.mul(pairs, config.pairWeight));
        return { moments, missed, pairs, loss };
      };
      const forged = valueAndGradients((parameters) => forge(parameters).loss, generator.parameters);
      const next = adamW(generator, forged.gradients, { ...options, decay: GENERATOR_DECAY });
      const { moments, missed, pairs } = forge(generator.parameters);
      const { distance, penalty } = judge(critic.parameters);
      return {
        state: {
          generator: next,
          critic: nextCritic,
          kept: {
            generator: movingAverage(kept.generator, next.parameters, averaging!),
            // Over the same steps as the weights, whose sums they normalise.
            moments: movingAverage(kept.moments, moments, averaging!),
            frequencies: kept.frequencies,
          },
        },
        outputs: { critic: judged.value, generator: forged.value, distance, penalty, missed, pairs },
      };
    },
  });
  const sampler = await compileSampler(engine, state, ({ kept }) => kept, layout, shape, MADE_ROWS);
  const rowsByCondition = new TrainingSampler(layout, table, training);
  const frequencies = codeCounts(layout, table, training);

  return {
    async take(batches) {
      const answers = await program.runAll(
        batches.map(({ step, random }) => {
          const first = rowsByCondition.draw(batchSize, random.derive('first'));
          const second = rowsByCondition.draw(batchSize, random.derive('second'));
          const noise = random.derive('noise');
          const from = ({ conditions }: typeof first) => ({
            noise: normal(noise, [batchSize, shape.noise], 1),
            condition: conditions,
            uniform: unitUniform(noise, [batchSize, layout.units]),
          });
          return {
            real: vectorsOf(layout, table, first.rows).values,
            likewise: vectorsOf(layout, table, second.rows).values,
            first: from(first),
            second: from(second),
            drops: unitUniform(noise, [4 * hiddenLayers * packs, hiddenUnits]),
            between: unitUniform(noise, [packs]),
            rate: Float32Array.of(config.learningRate),
            correction: Float32Array.of(biasCorrection(step, BETAS)),
            averaging: Float32Array.of(averagingDecay(step, config.averaging)),
          };
        }),
      );
      return answers.map(({ critic, generator, distance, penalty, missed, pairs }) => ({
        'train/critic_loss': critic[0]!,
        'train/generator_loss': generator[0]!,
        'train/wasserstein_distance': -distance[0]!,
        'train/gradient_penalty': penalty[0]!,
        'train/condition_loss': missed[0]!,
        'train/pair_distance': pairs[0]!,
      }));
    },
    async validate(random) {
      const error = pairError.of(await sampler.draw(MADE_ROWS, frequencies, random));
      return { error, metrics: { 'validation/pair_error': error } };
    },
    dispose() {
      program.dispose();
      sampler.dispose();
    },
  };
}

type MadeFrom = Record<'noise' | 'condition' | 'uniform', tf.Tensor2D>;

export interface ConditionalSampler {
  /** At most as many rows as it was compiled for, conditions drawn by these weights [conditionWidth]. */
  draw(rows: number, frequencies: Float32Array, random: Random): Promise<EncodedRows>;
  dispose(): void;
}

export async function compileSampler<Held extends object>(
  engine: Engine,
  state: Variables<Held>,
  keptOf: (held: Held) => Kept,
  layout: VectorLayout,
  shape: Shape,
  rows: number,
): Promise<ConditionalSampler> {
  const width = conditionWidth(layout);
  const program = await engine.compile(`generating ${rows} rows`, {
    state,
    inputs: { noise: specOf(rows, shape.noise), condition: specOf(rows, width) },
    step: (held, { noise, condition }) => {
      const { generator, moments } = keptOf(held);
      const from = { noise: noise as tf.Tensor2D, condition: condition as tf.Tensor2D };
      return { outputs: { output: probabilitiesOf(layout, generator, moments, from) } };
    },
  });
  return {
    async draw(count, frequencies, random) {
      const conditions = new ConditionSampler(layout, frequencies);
      const condition = new Float32Array(rows * width);
      const ofConditions = random.derive('conditions');
      for (let row = 0; row < count; row++) {
        const drawn = conditions.draw(ofConditions);
        if (drawn) condition[row * width + drawn.unit] = 1;
      }
      const noise = normal(random.derive('noise'), [rows, shape.noise], 1);
      const { output } = await program.run({ noise, condition });
      return drawRows(layout, output, count, random.derive('codes'));
    },
    dispose: () => program.dispose(),
  };
}
