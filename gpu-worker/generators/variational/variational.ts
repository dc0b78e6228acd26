import { z } from 'zod';
import type { TvaeConfig } from '../../../schema/messages/generator-options/tvae.js';
import type { VaeConfig } from '../../../schema/messages/generator-options/vae.js';
import { zerosLike } from '../../compute/tensors.js';
import type { Generator } from '../generator.js';
import { networkGenerator } from '../training/network-generator.js';
import { firstParameters, Shape, type Parameters } from './network.js';
import { compileDecoder, compileRedrawer, openTrainer, type FitState } from './steps.js';

/** A variational auto-encoder under its name: `vae` sees numbers as they are, `tvae` by their modes. */
export function variational<Config extends VaeConfig | TvaeConfig>(
  name: 'vae' | 'tvae',
  config: z.ZodType<Config>,
): Generator<Config> {
  return networkGenerator<Config, Shape, FitState, Parameters>({
    name,
    config,
    shape: Shape,
    shapeOf: ({ latentSize, hiddenUnits, hiddenLayers, priorComponents }) => ({
      latent: latentSize,
      hiddenUnits,
      hiddenLayers,
      components: priorComponents,
    }),
    encodingOf: (options) => ({
      numbers: 'modes' in options ? 'MODES' : 'RANGE',
      modes: 'modes' in options ? options.modes : 2,
      categories: options.categories,
      support: options.minimumSupport,
    }),
    defaultSteps: 3000,
    defaultEpochs: { least: 10, most: 300 },
    batchSizeOf: ({ batchSize }, rows) => Math.min(batchSize, rows),
    first: (layout, shape, random) => {
      const parameters = firstParameters(layout, shape, random);
      return {
        adam: { parameters, means: zerosLike(parameters), squares: zerosLike(parameters) },
        average: parameters,
      };
    },
    kept: ({ average }) => average,
    open: openTrainer,
    sampler: async (engine, parameters, layout, { latent }, rows) => {
      const state = engine.hold<{ readonly parameters: Parameters }>({ parameters });
      const decoder = await compileDecoder(engine, state, (held) => held.parameters, layout, latent, rows);
      return {
        draw: (count, random) => decoder.draw(count, parameters, random),
        dispose: () => {
          decoder.dispose();
          state.dispose();
        },
      };
    },
    redrawer: (engine, parameters, layout, { latent }, rows) =>
      compileRedrawer(engine, parameters, layout, latent, rows),
  });
}
