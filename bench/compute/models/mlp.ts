import * as tf from '@tensorflow/tfjs-core';
import { meanSquaredError } from '../../../gpu-worker/compute/layers/losses.js';
import { adam, type AdamState } from '../../../gpu-worker/compute/optimizers/adam.js';
import { valueAndGradients } from '../../../gpu-worker/compute/optimizers/value-and-gradients.js';
import { feedForward } from './layers.js';
import { benchModel, firstAdam, firstLayers, noise, type BenchModel, type Layers } from './model.js';

/** Three dense layers with ReLU and a squared error. */
export const mlp = (batch: number): BenchModel =>
  benchModel<AdamState<Layers>, 'x' | 'y'>({
    name: `mlp-${batch}`,
    what: `MLP 100-256-256-100, batch ${batch.toLocaleString('en')}`,
    first: (random) => ({
      state: firstAdam(firstLayers(random, 100, 256, 256, 100)),
      inputs: { x: noise(random, batch, 100), y: noise(random, batch, 100) },
    }),
    step: (state, { x, y, correction }) => {
      const { value, gradients } = valueAndGradients(
        (layers) => meanSquaredError(feedForward(x, layers), y),
        state.parameters,
      );
      const rate = tf.scalar(1e-3);
      return {
        state: adam(state, gradients, { rate, correction: correction as tf.Scalar }),
        outputs: { loss: value },
      };
    },
  });
