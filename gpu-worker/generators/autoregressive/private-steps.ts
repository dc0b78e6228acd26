import * as tf from '@tensorflow/tfjs-core';
import { adam, type AdamState } from '../../compute/optimizers/adam.js';
import { movingAverage } from '../../compute/optimizers/averaging.js';
import { SMALLEST_NORM } from '../../compute/optimizers/clipping.js';
import { noisyMean } from '../../compute/optimizers/per-sample.js';
import { valueAndGradients } from '../../compute/optimizers/value-and-gradients.js';
import type { Engine, Program, Variables } from '../../compute/program.js';
import { sizeOf, stored, type Spec, type Stored, type StoredOf } from '../../compute/tensors.js';
import type { Layout } from './layout.js';
import { DIRECT_WEIGHTS, maskOf, totalLoss, type ParameterShape } from './network.js';

/**
 * Steps of differentially private training: each row's gradient is cut to a length, the cut ones are added, and noise hides each
 * (Abadi et al., "Deep learning with differential privacy", 2016, algorithm 1), with Adam on top.
 *
 * No row's gradient is ever formed. Of a dense layer it is the outer product of the row's input a and of its gradient g before
 * the activation, so that its squared length under a mask M is Σ a²·M·g² (Goodfellow, "Efficient per-example gradient
 * computations", 2015), and the sum of the cut ones is aᵀ·(cut·g) (Bu et al., "Differentially private optimization on large
 * model at small cost", 2023). Memory is that of plain training.
 *
 * Direct weights and the output's bias stay as they are: they hold the private tree, and noise on so many weights would drown it.
 */
export interface PrivateSteps {
  readonly program: PrivateProgram;
  readonly state: Variables<PrivateState>;
  /** Shapes of the noise that a step takes, in the order of the trained parameters. */
  readonly trained: readonly ParameterShape[];
  dispose(): void;
}

export interface StepOptions {
  /** Rows that a step can take; those drawn fill it from the start. */
  readonly capacity: number;
  /** Rows that a step is expected to draw. */
  readonly expected: number;
  readonly clipNorm: number;
  /** Standard deviation of the noise in units of `clipNorm`. */
  readonly deviation: number;
}

type PrivateState = {
  readonly adam: AdamState<readonly tf.Tensor[]>;
  readonly average: readonly tf.Tensor[];
  readonly fixed: { readonly direct: tf.Tensor2D; readonly outputBias: tf.Tensor1D };
  /** Of the trained weights, which may differ from 0; an empty one for a bias. */
  readonly masks: readonly tf.Tensor[];
};
const SCALAR = { shape: [], dtype: 'float32' } as const;
type PrivateInputs = {
  /** One-hot bins [capacity, units]; zeros where there is no row. */
  readonly oneHot: Spec;
  /** 1 for each row that there is [capacity]. */
  readonly present: Spec;
  /** Standard normal, shaped as the trained parameters. */
  readonly noise: readonly Spec[];
  readonly rate: typeof SCALAR;
  readonly correction: typeof SCALAR;
  readonly averaging: typeof SCALAR;
};
type PrivateProgram = Program<PrivateInputs, Record<string, never>>;

export const isTrained = ({ name }: ParameterShape): boolean =>
  name !== 'direct/weights' && name !== 'output/bias';

/** `start` in the order of `shapes`, those of `parameterShapes`. */
export async function privateSteps(
  engine: Engine,
  layout: Layout,
  shapes: readonly ParameterShape[],
  start: readonly Stored[],
  { capacity, expected, clipNorm, deviation }: StepOptions,
): Promise<PrivateSteps> {
  const trained = shapes.filter(isTrained);
  const parameters = start.filter((_, at) => isTrained(shapes[at]!));
  const zeros = trained.map(({ shape }) => stored(shape, new Float32Array(sizeOf(shape))));
  const masks = trained.map(({ name, shape }) => {
    const mask = maskOf(layout, name);
    return mask ? stored(shape, Float32Array.from(mask)) : stored([0], new Float32Array(0));
  });
  const state = engine.hold<PrivateState>({
    adam: { parameters, means: zeros, squares: zeros },
    average: parameters,
    fixed: { direct: start[DIRECT_WEIGHTS]!, outputBias: start.at(-1)! },
    masks,
  } satisfies StoredOf<PrivateState>);
  const inputs: PrivateInputs = {
    oneHot: { shape: [capacity, layout.units], dtype: 'float32' },
    present: { shape: [capacity], dtype: 'float32' },
    noise: trained.map(({ shape }) => ({ shape, dtype: 'float32' })),
    rate: SCALAR,
    correction: SCALAR,
    averaging: SCALAR,
  };
  const program = await engine.compile(`private training on ${capacity} rows`, {
    state,
    inputs,
    step: (held, { oneHot, present, noise, rate, correction, averaging }) => {
      const sums = clippedSums(layout, held, oneHot as tf.Tensor2D, present as tf.Tensor1D, clipNorm);
      const noisy = noisyMean<readonly tf.Tensor[]>(sums, noise, {
        limit: clipNorm,
        multiplier: deviation,
        batch: expected,
      });
      const gradients = noisy.map((gradient, at) =>
        held.masks[at]!.size > 0 ? tf.mul(gradient, held.masks[at]!) : gradient,
      );
      const next = adam(held.adam, gradients, {
        rate: rate as tf.Scalar,
        correction: correction as tf.Scalar,
      });
      const average = movingAverage(held.average, next.parameters, averaging as tf.Scalar);
      return { state: { ...held, adam: next, average }, outputs: {} };
    },
  });
  return {
    program,
    state,
    trained,
    dispose: () => {
      program.dispose();
      state.dispose();
    },
  };
}

/** The gradients of the trained parameters, in their order, each row's cut to `clipNorm` and then added. */
export function clippedSums(
  layout: Layout,
  { adam: { parameters }, fixed, masks }: Pick<PrivateState, 'adam' | 'fixed' | 'masks'>,
  oneHot: tf.Tensor2D,
  present: tf.Tensor1D,
  clipNorm: number,
): tf.Tensor[] {
  const rows = oneHot.shape[0];
  const layers = layersOf(parameters);
  const { inputs } = forward(layers, fixed, oneHot);
  // Added before each activation: gradients with respect to them are each row's own.
  const taps = layers.map(({ weights }) => tf.zeros<tf.Rank.R2>([rows, weights.shape[1]]));
  const { gradients } = valueAndGradients(
    (tapped: readonly tf.Tensor2D[]) =>
      totalLoss(layout, forward(layers, fixed, oneHot, tapped).logits, oneHot),
    taps,
  );
  const squares = layers.map(({ bias }, at) => {
    const ofRow = tf.square(gradients[at]!);
    const reached = tf.matMul(tf.square(inputs[at]!), masks[at * 2]!);
    return tf.sum(tf.mul(ofRow, bias ? tf.add(reached, 1) : reached), 1);
  });
  const norms = tf.sqrt(tf.addN(squares));
  const scales = tf.mul(present, tf.minimum(1, tf.div(clipNorm, tf.maximum(norms, SMALLEST_NORM))));
  return layers.flatMap(({ bias }, at) => {
    const cut = tf.mul<tf.Tensor2D>(gradients[at]!, tf.reshape(scales, [rows, 1]));
    const weights = tf.mul(tf.matMul(inputs[at]!, cut, true), masks[at * 2]!);
    return bias ? [weights, tf.sum(cut, 0)] : [weights];
  });
}

/** What goes into each layer [rows, ...], and the logits [rows, units]; `taps` are added to what comes out of each. */
function forward(
  layers: readonly Layer[],
  { direct, outputBias }: PrivateState['fixed'],
  oneHot: tf.Tensor2D,
  taps?: readonly tf.Tensor2D[],
): { readonly inputs: readonly tf.Tensor2D[]; readonly logits: tf.Tensor2D } {
  const inputs: tf.Tensor2D[] = [];
  const through = (input: tf.Tensor2D): tf.Tensor2D => {
    const { weights, bias } = layers[inputs.length]!;
    const tap = taps?.[inputs.length];
    inputs.push(input);
    const product: tf.Tensor2D = tf.matMul(input, weights);
    const tapped = tap ? tf.add<tf.Tensor2D>(product, tap) : product;
    return bias ? tf.add(tapped, bias) : tapped;
  };
  let stream = through(oneHot);
  while (inputs.length + 1 < layers.length) {
    const inner = through(tf.relu(stream));
    stream = tf.add(stream, through(tf.relu(inner)));
  }
  const fromHidden = through(tf.relu(stream));
  const logits = tf.add<tf.Tensor2D>(fromHidden, tf.add(tf.matMul(oneHot, direct), outputBias));
  return { inputs, logits };
}

interface Layer {
  readonly weights: tf.Tensor2D;
  readonly bias?: tf.Tensor1D;
}

/** Trained parameters as layers: the input's, two for each block, and the output's, which has no trained bias. */
function layersOf(parameters: readonly tf.Tensor[]): Layer[] {
  return Array.from({ length: Math.ceil(parameters.length / 2) }, (_, at) => {
    const bias = parameters[at * 2 + 1];
    return { weights: parameters[at * 2] as tf.Tensor2D, ...(bias && { bias: bias as tf.Tensor1D }) };
  });
}
