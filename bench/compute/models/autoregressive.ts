import * as tf from '@tensorflow/tfjs-core';
import { adam, type AdamState } from '../../../gpu-worker/compute/optimizers/adam.js';
import { movingAverage } from '../../../gpu-worker/compute/optimizers/averaging.js';
import { valueAndGradients } from '../../../gpu-worker/compute/optimizers/value-and-gradients.js';
import { sizeOf, stored } from '../../../gpu-worker/compute/tensors.js';
import { layOut } from '../../../gpu-worker/generators/autoregressive/layout.js';
import {
  initialParameters,
  lossOf,
  maskOf,
  parameterShapes,
} from '../../../gpu-worker/generators/autoregressive/network.js';
import {
  ParameterPacking,
  type PackedParameters,
} from '../../../gpu-worker/generators/autoregressive/packed-parameters.js';
import { benchModel, firstAdam } from './model.js';

const BATCH = 500;
const HIDDEN = 256;
const BLOCKS = 2;
/** Bins of 18 columns: some of many, some of few, as shops' tables have them. */
const WIDTHS = [100, 100, 64, 64, 64, 50, 50, 50, 32, 32, 24, 20, 16, 12, 8, 8, 4, 2];
const LAYOUT = layOut(WIDTHS, [...WIDTHS.keys()], HIDDEN);
const SHAPES = parameterShapes(LAYOUT, BLOCKS);

const PACKING = new ParameterPacking(SHAPES);

type State = {
  readonly training: AdamState<PackedParameters>;
  readonly averages: PackedParameters;
  /** Of all weights, packed as they are. */
  readonly mask: tf.Tensor;
};

/** The generator's own network and packing, with masked gradients and a running average of the parameters. */
export const autoregressive = benchModel<State, 'oneHot'>({
  name: 'autoregressive',
  what: `masked autoregressive, ${LAYOUT.units} units of ${WIDTHS.length} columns, hidden ${HIDDEN}, ${BLOCKS} blocks, batch ${BATCH}`,
  details: { groups: LAYOUT.groups, names: SHAPES.map(({ name }) => name) },
  first: (random) => {
    const even = new Float32Array(LAYOUT.units);
    const values = initialParameters(LAYOUT, BLOCKS, even, random);
    const packed = PACKING.pack(values);
    const masks = SHAPES.flatMap(({ name, shape }) => {
      const mask = maskOf(LAYOUT, name);
      return mask ? [[name.replaceAll('/', '-'), stored(shape, Float32Array.from(mask))] as const] : [];
    });
    const everyMask = new Map(
      SHAPES.map(({ name, shape }) => {
        const mask = maskOf(LAYOUT, name);
        return [name, mask ? Float32Array.from(mask) : new Float32Array(sizeOf(shape)).fill(1)] as const;
      }),
    );
    const parameters = SHAPES.map(({ name, shape }) => stored(shape, values.get(name)!));
    const oneHot = new Float32Array(BATCH * LAYOUT.units);
    for (let row = 0; row < BATCH; row++) {
      WIDTHS.forEach((width, column) => {
        oneHot[row * LAYOUT.units + LAYOUT.offsets[column]! + random.integer(width)] = 1;
      });
    }
    return {
      state: { training: firstAdam(packed), averages: packed, mask: PACKING.pack(everyMask).weights },
      shared: { training: { parameters }, masks: Object.fromEntries(masks) },
      inputs: { oneHot: stored([BATCH, LAYOUT.units], oneHot) },
    };
  },
  step: ({ training, averages, mask }, { oneHot, correction }) => {
    const { value, gradients } = valueAndGradients(
      (packed) => lossOf(LAYOUT, PACKING.unpack(packed), oneHot as tf.Tensor2D),
      training.parameters,
    );
    const masked = { ...gradients, weights: tf.mul(gradients.weights, mask) };
    const options = { rate: tf.scalar(1e-3), correction: correction as tf.Scalar };
    const next = adam(training, masked, options);
    return {
      state: {
        training: next,
        averages: movingAverage(averages, next.parameters, tf.scalar(0.999)),
        mask,
      },
      outputs: { loss: value },
    };
  },
});
