import { CtganConfig } from '../../../schema/messages/generator-options/ctgan.js';
import { stored, zerosLike } from '../../compute/tensors.js';
import { networkGenerator } from '../training/network-generator.js';
import { codeCounts, conditionWidth } from './conditions.js';
import { firstCritic, firstGenerator, firstMoments, Shape } from './ctgan-network.js';
import { compileSampler, openTrainer, type Kept, type State } from './ctgan-steps.js';

/** See README.md beside this file. */
export const ctgan = networkGenerator<CtganConfig, Shape, State, Kept>({
  name: 'ctgan',
  config: CtganConfig,
  shape: Shape,
  shapeOf: ({ noiseSize, hiddenUnits, hiddenLayers, packing }) => ({
    noise: noiseSize,
    hiddenUnits,
    hiddenLayers,
    packing,
  }),
  encodingOf: ({ modes, categories, minimumSupport }) => ({
    numbers: 'MODES',
    modes,
    categories,
    support: minimumSupport,
  }),
  defaultSteps: 1500,
  defaultEpochs: { least: 10, most: 300 },
  batchSizeOf: ({ batchSize, packing }, rows) =>
    Math.max(1, Math.floor(Math.min(batchSize, rows) / packing)) * packing,
  first: (layout, shape, random, learnt) => {
    const generator = firstGenerator(layout, shape, random.derive('generator'));
    const critic = firstCritic(layout, shape, random.derive('critic'));
    const width = conditionWidth(layout);
    return {
      generator: { parameters: generator, means: zerosLike(generator), squares: zerosLike(generator) },
      critic: { parameters: critic, means: zerosLike(critic), squares: zerosLike(critic) },
      kept: {
        generator,
        moments: firstMoments(shape),
        frequencies: stored(
          [width],
          learnt ? codeCounts(layout, learnt.table, learnt.training) : new Float32Array(width),
        ),
      },
    };
  },
  kept: ({ kept }) => kept,
  open: openTrainer,
  sampler: async (engine, kept, layout, shape, rows) => {
    const state = engine.hold<Kept>(kept);
    const sampler = await compileSampler(engine, state, (held) => held, layout, shape, rows);
    const frequencies = kept.frequencies.values as Float32Array;
    return {
      draw: (count, random) => sampler.draw(count, frequencies, random),
      dispose: () => {
        sampler.dispose();
        state.dispose();
      },
    };
  },
});
