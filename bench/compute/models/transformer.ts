import * as tf from '@tensorflow/tfjs-core';
import { gelu } from '../../../gpu-worker/compute/layers/activations.js';
import { causalMask, multiHeadAttention } from '../../../gpu-worker/compute/layers/attention.js';
import { dense } from '../../../gpu-worker/compute/layers/dense.js';
import { crossEntropyOfLabels } from '../../../gpu-worker/compute/layers/losses.js';
import { layerNormalisation } from '../../../gpu-worker/compute/layers/normalisation.js';
import { adam, type AdamState } from '../../../gpu-worker/compute/optimizers/adam.js';
import { valueAndGradients } from '../../../gpu-worker/compute/optimizers/value-and-gradients.js';
import { stored, type StoredOf } from '../../../gpu-worker/compute/tensors.js';
import { benchModel, firstAdam, firstDense, noise, type Dense } from './model.js';

const BATCH = 128;
const PLACES = 50;
const WIDTH = 64;
const HEADS = 2;
const INNER = 256;
const ITEMS = 1000;

type Gains = { readonly gain: tf.Tensor; readonly bias: tf.Tensor };
type Parameters = {
  readonly attention: {
    readonly query: Dense;
    readonly key: Dense;
    readonly value: Dense;
    readonly output: Dense;
  };
  readonly beforeAttention: Gains;
  readonly beforeFeedForward: Gains;
  readonly widen: Dense;
  readonly narrow: Dense;
  readonly items: Dense;
};

/** A block that normalises first, and the next item's probabilities at each place. */
export const transformer = benchModel<AdamState<Parameters>, 'x' | 'items'>({
  name: 'transformer',
  what: `transformer block, sequence ${PLACES}, width ${WIDTH}, ${HEADS} heads, ${ITEMS} items, batch ${BATCH}`,
  details: { heads: HEADS },
  first: (random) => {
    const square = () => firstDense(random, WIDTH, WIDTH);
    return {
      state: firstAdam({
        attention: { query: square(), key: square(), value: square(), output: square() },
        beforeAttention: firstGains(),
        beforeFeedForward: firstGains(),
        widen: firstDense(random, WIDTH, INNER),
        narrow: firstDense(random, INNER, WIDTH),
        items: firstDense(random, WIDTH, ITEMS),
      }),
      inputs: {
        x: noise(random, BATCH, PLACES, WIDTH),
        items: stored(
          [BATCH * PLACES],
          Int32Array.from({ length: BATCH * PLACES }, () => random.integer(ITEMS)),
        ),
      },
    };
  },
  step: (state, { x, items, correction }) => {
    const mask = causalMask(PLACES);
    const { value, gradients } = valueAndGradients((parameters) => {
      const normal = layerNormalisation(x, parameters.beforeAttention);
      const attended = tf.add(x, multiHeadAttention(normal, parameters.attention, { heads: HEADS, mask }));
      const wide = gelu(dense(layerNormalisation(attended, parameters.beforeFeedForward), parameters.widen));
      const block = tf.add(attended, dense(wide, parameters.narrow));
      const logits = dense(tf.reshape(block, [BATCH * PLACES, WIDTH]), parameters.items);
      return tf.mean<tf.Scalar>(crossEntropyOfLabels(logits, items));
    }, state.parameters);
    const options = { rate: tf.scalar(1e-3), correction: correction as tf.Scalar };
    return { state: adam(state, gradients, options), outputs: { loss: value } };
  },
});

function firstGains(): StoredOf<Gains> {
  return {
    gain: stored([WIDTH], new Float32Array(WIDTH).fill(1)),
    bias: stored([WIDTH], new Float32Array(WIDTH)),
  };
}
