import * as tf from '@tensorflow/tfjs-core';
import { dense } from '../../../gpu-worker/compute/layers/dense.js';
import { gaussianDivergence } from '../../../gpu-worker/compute/layers/losses.js';
import { adam, type AdamState } from '../../../gpu-worker/compute/optimizers/adam.js';
import { valueAndGradients } from '../../../gpu-worker/compute/optimizers/value-and-gradients.js';
import { feedForward } from './layers.js';
import { benchModel, firstAdam, firstDense, firstLayers, noise, type Dense, type Layers } from './model.js';

const BATCH = 500;
const LATENT = 128;

type Parameters = {
  readonly encoder: Layers;
  readonly mean: Dense;
  readonly logVariance: Dense;
  readonly decoder: Layers;
};

/** A variational autoencoder; the loss is the mean over rows of squared error and divergence, both summed. */
export const vae = benchModel<AdamState<Parameters>, 'x' | 'noise'>({
  name: 'vae',
  what: `VAE 100-128-128, latent ${LATENT}, 128-128-100, batch ${BATCH}`,
  first: (random) => ({
    state: firstAdam({
      encoder: firstLayers(random, 100, 128, 128),
      mean: firstDense(random, 128, LATENT),
      logVariance: firstDense(random, 128, LATENT),
      decoder: firstLayers(random, LATENT, 128, 128, 100),
    }),
    inputs: { x: noise(random, BATCH, 100), noise: noise(random, BATCH, LATENT) },
  }),
  step: (state, { x, noise: epsilon, correction }) => {
    const { value, gradients } = valueAndGradients(({ encoder, mean, logVariance, decoder }) => {
      const encoded = tf.relu(feedForward(x, encoder));
      const [mu, logVar] = [dense(encoded, mean), dense(encoded, logVariance)];
      const latent = tf.add(mu, tf.mul(tf.exp(tf.mul(logVar, 0.5)), epsilon));
      const error = tf.sum(tf.squaredDifference(feedForward(latent, decoder), x), -1);
      return tf.mean<tf.Scalar>(tf.add(error, gaussianDivergence(mu, logVar)));
    }, state.parameters);
    const options = { rate: tf.scalar(1e-3), correction: correction as tf.Scalar };
    return { state: adam(state, gradients, options), outputs: { loss: value } };
  },
});
