import * as tf from '@tensorflow/tfjs-core';
import { gradientPenalty } from '../../../gpu-worker/compute/layers/gradient-penalty.js';
import { adam, type AdamState } from '../../../gpu-worker/compute/optimizers/adam.js';
import { valueAndGradients } from '../../../gpu-worker/compute/optimizers/value-and-gradients.js';
import { stored } from '../../../gpu-worker/compute/tensors.js';
import { feedForward, leakyRelu } from './layers.js';
import { benchModel, firstAdam, firstLayers, noise, type Layers } from './model.js';

const BATCH = 500;
const BETAS = { beta1: 0.5, beta2: 0.9 };
const PENALTY = 10;

/** One step of the critic, whose penalty is a gradient's gradient, then one of the generator, in one program. */
export const wassersteinGan = benchModel<
  { readonly generator: AdamState<Layers>; readonly critic: AdamState<Layers> },
  'real' | 'noise' | 'nextNoise' | 'uniform'
>({
  name: 'wgan-gp',
  what: `WGAN-GP 128-256-256-100 and 100-256-256-1, batch ${BATCH}`,
  betas: BETAS,
  first: (random) => ({
    state: {
      generator: firstAdam(firstLayers(random, 128, 256, 256, 100)),
      critic: firstAdam(firstLayers(random, 100, 256, 256, 1)),
    },
    inputs: {
      real: noise(random, BATCH, 100),
      noise: noise(random, BATCH, 128),
      nextNoise: noise(random, BATCH, 128),
      uniform: stored(
        [BATCH],
        Float32Array.from({ length: BATCH }, () => random.uniform()),
      ),
    },
  }),
  step: ({ generator, critic }, { real, noise: z, nextNoise, uniform, correction }) => {
    const options = { rate: tf.scalar(2e-4), correction: correction as tf.Scalar, ...BETAS };
    const score = (x: tf.Tensor, layers: Layers) => feedForward(x, layers, leakyRelu);

    const fake = feedForward(z, generator.parameters);
    const criticised = valueAndGradients((layers) => {
      const distance = tf.sub(tf.mean(score(fake, layers)), tf.mean(score(real, layers)));
      const penalty = gradientPenalty((x) => score(x, layers), { real, fake, uniform });
      return tf.add<tf.Scalar>(distance, tf.mul(penalty, PENALTY));
    }, critic.parameters);
    const nextCritic = adam(critic, criticised.gradients, options);
    const forged = valueAndGradients(
      (layers) => tf.neg(tf.mean<tf.Scalar>(score(feedForward(nextNoise, layers), nextCritic.parameters))),
      generator.parameters,
    );
    return {
      state: { generator: adam(generator, forged.gradients, options), critic: nextCritic },
      outputs: { critic: criticised.value, generator: forged.value },
    };
  },
});
