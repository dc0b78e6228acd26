import * as tf from '@tensorflow/tfjs-core';
import { binaryCrossEntropy } from '../../../gpu-worker/compute/layers/losses.js';
import { adam, type AdamState } from '../../../gpu-worker/compute/optimizers/adam.js';
import { valueAndGradients } from '../../../gpu-worker/compute/optimizers/value-and-gradients.js';
import { feedForward, leakyRelu } from './layers.js';
import { benchModel, firstAdam, firstLayers, noise, type Layers } from './model.js';

const BATCH = 64;
const BETAS = { beta1: 0.5, beta2: 0.999 };

/** One step of the discriminator, then one of the generator, in one program. */
export const gan = benchModel<
  { readonly generator: AdamState<Layers>; readonly discriminator: AdamState<Layers> },
  'real' | 'noise' | 'nextNoise'
>({
  name: 'gan',
  what: `GAN 10-128-10 and 10-128-1, batch ${BATCH}`,
  betas: BETAS,
  first: (random) => ({
    state: {
      generator: firstAdam(firstLayers(random, 10, 128, 10)),
      discriminator: firstAdam(firstLayers(random, 10, 128, 1)),
    },
    inputs: {
      real: noise(random, BATCH, 10),
      noise: noise(random, BATCH, 10),
      nextNoise: noise(random, BATCH, 10),
    },
  }),
  step: ({ generator, discriminator }, { real, noise: z, nextNoise, correction }) => {
    const options = { rate: tf.scalar(2e-4), correction: correction as tf.Scalar, ...BETAS };
    const generate = (from: tf.Tensor, layers: Layers) => feedForward(from, layers, leakyRelu);
    /** How far the discriminator is from taking all of x for real (1) or for fake (0). */
    const error = (x: tf.Tensor, layers: Layers, label: 0 | 1): tf.Scalar =>
      tf.mean(binaryCrossEntropy(feedForward(x, layers, leakyRelu), tf.fill([BATCH, 1], label)));

    const fake = generate(z, generator.parameters);
    const judged = valueAndGradients(
      (layers) => tf.add<tf.Scalar>(error(real, layers, 1), error(fake, layers, 0)),
      discriminator.parameters,
    );
    const nextDiscriminator = adam(discriminator, judged.gradients, options);
    const forged = valueAndGradients(
      (layers) => error(generate(nextNoise, layers), nextDiscriminator.parameters, 1),
      generator.parameters,
    );
    return {
      state: { generator: adam(generator, forged.gradients, options), discriminator: nextDiscriminator },
      outputs: { discriminator: judged.value, generator: forged.value },
    };
  },
});
