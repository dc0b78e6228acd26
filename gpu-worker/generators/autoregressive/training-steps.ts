import * as tf from '@tensorflow/tfjs-core';
import type { AutoregressiveConfig } from '../../../schema/messages/generator-options/autoregressive.js';
import { adamW, type AdamState } from '../../compute/optimizers/adam.js';
import { movingAverage } from '../../compute/optimizers/averaging.js';
import { clipByGlobalNorm } from '../../compute/optimizers/clipping.js';
import { valueAndGradients } from '../../compute/optimizers/value-and-gradients.js';
import type { Engine, Program, Variables } from '../../compute/program.js';
import type { StoredOf } from '../../compute/tensors.js';
import type { Layout } from './layout.js';
import { lossOf } from './network.js';
import type { PackedParameters, ParameterPacking } from './packed-parameters.js';
import { smoothed, type Kernels } from './smoothing.js';

/** What a fit holds on the engine's device. */
export type FitState = {
  readonly adam: AdamState<PackedParameters>;
  /** Running average of the parameters. */
  readonly average: PackedParameters;
  /** How many times the configured decay each weight has; 0 for those that a mask forbids, which stay 0. */
  readonly decay: tf.Tensor;
  /** See smoothing.ts. */
  readonly kernels: Kernels;
};

type TrainingInputs = {
  /** One-hot bins [rows, units]. */
  readonly oneHot: { readonly shape: readonly [number, number]; readonly dtype: 'float32' };
  readonly rate: typeof SCALAR;
  /** Adam's bias correction. */
  readonly correction: typeof SCALAR;
  /** Decay of the running average. */
  readonly averaging: typeof SCALAR;
};

const SCALAR = { shape: [], dtype: 'float32' } as const;
/** Gradients of a row's likelihood are rarely longer; one wild batch then can't throw the weights far. */
const CLIP_NORM = 5;

/** The programs of a fit, one a number of rows: an epoch's last batch may be shorter than the others. */
export class TrainingSteps {
  readonly state: Variables<FitState>;
  readonly #training = new Map<number, Promise<TrainingProgram>>();
  readonly #validation = new Map<number, Promise<ValidationProgram>>();

  constructor(
    private readonly engine: Engine,
    private readonly layout: Layout,
    private readonly config: AutoregressiveConfig,
    private readonly packing: ParameterPacking,
    first: StoredOf<FitState>,
  ) {
    this.state = engine.hold<FitState>(first);
  }

  /** One batch: gradients, Adam, running average. Answers the batch's loss and the length of its gradient. */
  training(rows: number): Promise<TrainingProgram> {
    return once(this.#training, rows, () => this.#compileTraining(rows));
  }

  /** The mean loss of some rows under the averaged parameters. */
  validation(rows: number): Promise<ValidationProgram> {
    return once(this.#validation, rows, () => this.#compileValidation(rows));
  }

  async dispose(): Promise<void> {
    const programs = await Promise.allSettled([...this.#training.values(), ...this.#validation.values()]);
    for (const program of programs) if (program.status === 'fulfilled') program.value.dispose();
    this.state.dispose();
  }

  #compileTraining(rows: number): Promise<TrainingProgram> {
    const { layout, config, packing } = this;
    const inputs: TrainingInputs = {
      oneHot: { shape: [rows, layout.units], dtype: 'float32' },
      rate: SCALAR,
      correction: SCALAR,
      averaging: SCALAR,
    };
    const { weightDecay, learningRate } = config;
    // With more than this, a step would take more of a weight than there is, unless that was asked for.
    const mostDecay = Math.max(weightDecay, 1 / learningRate);
    return this.engine.compile(`training on ${rows} rows`, {
      state: this.state,
      inputs,
      step: (state, { oneHot, rate, correction, averaging }) => {
        const { parameters } = state.adam;
        const { value, gradients } = valueAndGradients(
          (packed) =>
            lossOf(layout, smoothed(layout, state.kernels, packing.unpack(packed)), oneHot as tf.Tensor2D),
          parameters,
        );
        const mask = tf.cast(tf.greater(state.decay, 0), 'float32');
        const allowed = { ...gradients, weights: tf.mul(gradients.weights, mask) };
        const clipped = clipByGlobalNorm(allowed, CLIP_NORM);
        const adam = adamW(state.adam, clipped.gradients, {
          rate: rate as tf.Scalar,
          correction: correction as tf.Scalar,
          decay: tf.minimum(tf.mul(state.decay, weightDecay), mostDecay),
          decays: (parameter) => parameter === parameters.weights,
        });
        const average = movingAverage(state.average, adam.parameters, averaging as tf.Scalar);
        return {
          state: { ...state, adam, average },
          outputs: { loss: value, norm: clipped.norm },
        };
      },
    });
  }

  #compileValidation(rows: number): Promise<ValidationProgram> {
    const { layout, packing } = this;
    return this.engine.compile(`validation on ${rows} rows`, {
      state: this.state,
      inputs: { oneHot: { shape: [rows, layout.units] as const, dtype: 'float32' as const } },
      step: (state, { oneHot }) => ({
        outputs: {
          loss: lossOf(
            layout,
            smoothed(layout, state.kernels, packing.unpack(state.average)),
            oneHot as tf.Tensor2D,
          ),
        },
      }),
    });
  }
}

export type TrainingProgram = Program<TrainingInputs, { readonly loss: tf.Tensor; readonly norm: tf.Tensor }>;
type ValidationProgram = Program<Pick<TrainingInputs, 'oneHot'>, { readonly loss: tf.Tensor }>;

function once<Made>(made: Map<number, Promise<Made>>, key: number, make: () => Promise<Made>): Promise<Made> {
  let known = made.get(key);
  if (!known) {
    known = make();
    made.set(key, known);
  }
  return known;
}
