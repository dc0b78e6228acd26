import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { adamStep, type AdamState } from '../../compute/adam.js';
import type { Random } from '../../compute/random.js';
import { UserFailure } from '../../failure.js';
import type { FitSession } from '../generator.js';
import {
  readCheckpoint,
  requireSameOrigin,
  writeCheckpoint,
  type Origin,
  type Progress,
} from './checkpoint.js';
import type { AutoregressiveConfig } from '../../../schema/messages/generator-options.js';
import type { Layout } from './layout.js';
import { smoothed, smoothingOf, type Smoothing } from './smoothing.js';
import {
  asTensors,
  fromTensors,
  initialParameters,
  lossOf,
  maskOf,
  oneHotOf,
  parameterShapes,
} from './network.js';

/** A table as bins: a row-major matrix with a column a modelled one. */
export interface BinnedRows {
  readonly rows: number;
  readonly bins: Uint16Array;
  /** How many of each column's bins, from the first, are in ascending order; 0 for categories. */
  readonly ordered: readonly number[];
}

/** Share of all steps during which the rate rises from zero. */
const WARM_UP_SHARE = 0.05;
/** Gradients of a row's likelihood are rarely longer; one wild batch then can't throw the weights far. */
const CLIP_NORM = 5;
/** Steps that a run takes by default; enough for a table of ten thousand rows, on which it was tuned. */
const DEFAULT_STEPS = 300;
const DEFAULT_EPOCHS = { least: 4, most: 200 };
/** Points of a series over a whole fit: what a chart can show, and no flood where steps are short. */
const MOST_POINTS = 3000;
/** Rows a forward pass of validation. */
const VALIDATION_BATCH = 1000;
/** Validation rows are a sample beyond this many, so that validating stays a small part of the time. */
const MOST_VALIDATION_ROWS = 20_000;

/** Tensors of a fit in progress; all but `masks` and what a step replaces live as long as the fit. */
interface Weights {
  adam: AdamState;
  average: tf.Tensor[];
}

/**
 * Fits the network by maximum likelihood, and gives the averaged parameters of the epoch with the lowest held-out
 * loss. Rejects with the session's reason when aborted, and with UserFailure DIVERGED when the loss isn't finite.
 *
 * Every random choice derives from (seed, epoch), so that a fit that goes on from a checkpoint meets the same batches.
 * A checkpoint of any other `origin` is refused with a RangeError.
 */
export async function train(
  layout: Layout,
  table: BinnedRows,
  config: AutoregressiveConfig,
  session: FitSession,
  random: Random,
  origin: Origin,
): Promise<Map<string, Float32Array>> {
  const shapes = parameterShapes(layout, config.residualBlocks);
  const masks = shapes.map(({ name, shape }) => {
    const mask = maskOf(layout, name);
    return mask && tf.tensor(Float32Array.from(mask), [...shape]);
  });
  const { training, validation } = split(table.rows, config.validationShare, random.derive('split'));
  const logs = logFrequencies(layout, table, training);
  const smoothing = smoothingOf(layout, table.ordered, logs.map(Math.exp));
  const batchSize = Math.min(config.batchSize, training.length);
  const batches = Math.ceil(training.length / batchSize);
  const epochs =
    config.epochs ??
    Math.min(DEFAULT_EPOCHS.most, Math.max(DEFAULT_EPOCHS.least, Math.round(DEFAULT_STEPS / batches)));
  const steps = epochs * batches;
  const pointEvery = Math.max(1, Math.ceil(steps / MOST_POINTS));

  const fresh = (): Map<string, Float32Array> =>
    initialParameters(layout, config.residualBlocks, logs, random.derive('initial'));
  const resumed = session.checkpoint && readCheckpoint(session.checkpoint);
  if (resumed) requireSameOrigin(resumed.origin, origin);
  const start = resumed?.parameters ?? fresh();
  const zeros = new Map([...start].map(([name, values]) => [name, new Float32Array(values.length)]));
  const weights: Weights = {
    adam: {
      parameters: asTensors(shapes, start),
      means: asTensors(shapes, resumed?.means ?? zeros),
      squares: asTensors(shapes, resumed?.squares ?? zeros),
    },
    average: asTensors(shapes, resumed?.average ?? start),
  };
  let best = resumed?.best ?? start;
  const progress: Progress = resumed?.progress ?? {
    epoch: 0,
    batch: 0,
    epochLoss: 0,
    bestLoss: null,
    bestEpoch: -1,
  };
  const clock = { started: performance.now(), fromStep: progress.epoch * batches + progress.batch };

  try {
    // A checkpoint may lie after the last epoch: then nothing is left to do.
    while (progress.epoch < epochs && progress.epoch - 1 - progress.bestEpoch < config.patience) {
      const order = random.derive('order', progress.epoch).permutation(training.length);
      while (progress.batch < batches) {
        await setImmediate();
        session.signal.throwIfAborted();
        const step = progress.epoch * batches + progress.batch + 1;
        const rate = config.learningRate * schedule(step, steps);
        const from = progress.batch * batchSize;
        const rows = order.subarray(from, from + batchSize).map((at) => training[at]!);
        const loss = await takeStep(layout, table, rows, masks, smoothing, weights, config, rate, step);
        requireFinite(loss, step, config);
        progress.epochLoss += loss * rows.length;
        progress.batch++;
        if (step % pointEvery === 0) {
          session.metric('train/loss', step, loss);
          session.metric('train/learning_rate', step, rate);
          const seconds = (performance.now() - clock.started) / 1000;
          const done = step - clock.fromStep;
          session.metric('train/rows_per_second', step, (done * batchSize) / seconds);
          session.progress(step / steps, (seconds / done) * (steps - step));
        }
        // At an epoch's end the held-out loss comes first.
        if (progress.batch < batches && session.checkpointDue()) await save();
      }
      const heldOut = await validate(layout, table, validation, smoothing, weights.average);
      const step = (progress.epoch + 1) * batches;
      session.metric('train/epoch_loss', step, progress.epochLoss / training.length);
      session.metric('validation/loss', step, heldOut);
      if (progress.bestLoss === null || heldOut < progress.bestLoss) {
        progress.bestLoss = heldOut;
        progress.bestEpoch = progress.epoch;
        best = await fromTensors(shapes, weights.average);
      }
      progress.epoch++;
      progress.batch = 0;
      progress.epochLoss = 0;
      if (session.checkpointDue()) await save();
    }
    session.progress(1, 0);
    return await unsmoothed(best);
  } finally {
    tf.dispose([
      weights.adam.parameters,
      weights.adam.means,
      weights.adam.squares,
      weights.average,
      masks.filter((mask) => mask !== undefined),
      [...smoothing.kernels],
    ] as tf.TensorContainer);
  }

  async function unsmoothed(values: ReadonlyMap<string, Float32Array>): Promise<Map<string, Float32Array>> {
    const plain = tf.tidy(() =>
      smoothed(layout, smoothing, asTensors(shapes, values)).map((tensor) => tf.clone(tensor)),
    );
    try {
      return await fromTensors(shapes, plain);
    } finally {
      tf.dispose(plain);
    }
  }

  async function save(): Promise<void> {
    const [parameters, means, squares, average] = await Promise.all(
      [weights.adam.parameters, weights.adam.means, weights.adam.squares, weights.average].map((tensors) =>
        fromTensors(shapes, tensors),
      ),
    );
    await session.saveCheckpoint(
      writeCheckpoint(shapes, {
        parameters: parameters!,
        means: means!,
        squares: squares!,
        average: average!,
        best,
        progress,
        origin,
      }),
    );
  }
}

/** One batch: gradients, Adam, running average. Replaces the tensors in `weights`; answers the batch's loss. */
async function takeStep(
  layout: Layout,
  table: BinnedRows,
  rows: Uint32Array,
  masks: readonly (tf.Tensor | undefined)[],
  smoothing: Smoothing,
  weights: Weights,
  config: AutoregressiveConfig,
  rate: number,
  step: number,
): Promise<number> {
  const old = { ...weights };
  const { loss, adam, average } = tf.tidy(() => {
    const oneHot = oneHotOf(layout, table.bins, rows);
    const { value, grads } = tf.valueAndGrads((...parameters: tf.Tensor[]) =>
      lossOf(layout, smoothed(layout, smoothing, parameters), oneHot),
    )([...old.adam.parameters]);
    const gradients = grads.map((gradient, index) => {
      const mask = masks[index];
      return mask ? tf.mul(gradient, mask) : gradient;
    });
    const adam = adamStep(old.adam, gradients, {
      rate,
      decay: config.weightDecay,
      step,
      clipNorm: CLIP_NORM,
    });
    // Shorter memory at first, so that the average doesn't hang on to the initial values.
    const decay = Math.min(config.averaging, (1 + step) / (10 + step));
    const average = adam.parameters.map((parameter, index) =>
      tf.add(tf.mul(old.average[index]!, decay), tf.mul(parameter, 1 - decay)),
    );
    return { loss: value, adam, average } as unknown as tf.TensorContainer;
  }) as unknown as { loss: tf.Scalar; adam: AdamState; average: tf.Tensor[] };
  tf.dispose([old.adam.parameters, old.adam.means, old.adam.squares, old.average] as tf.TensorContainer);
  weights.adam = adam;
  weights.average = average;
  const [value] = await loss.data();
  loss.dispose();
  return value!;
}

/** Mean held-out loss in nats a row. */
async function validate(
  layout: Layout,
  table: BinnedRows,
  rows: Uint32Array,
  smoothing: Smoothing,
  parameters: readonly tf.Tensor[],
): Promise<number> {
  let total = 0;
  for (let from = 0; from < rows.length; from += VALIDATION_BATCH) {
    const batch = rows.subarray(from, from + VALIDATION_BATCH);
    const loss = tf.tidy(() =>
      lossOf(layout, smoothed(layout, smoothing, parameters), oneHotOf(layout, table.bins, batch)),
    );
    const [value] = await loss.data();
    loss.dispose();
    total += value! * batch.length;
    await setImmediate();
  }
  return total / rows.length;
}

function split(
  rows: number,
  share: number,
  random: Random,
): { training: Uint32Array; validation: Uint32Array } {
  const order = random.permutation(rows);
  const held = Math.min(Math.max(1, Math.round(rows * share)), rows - 1);
  return { validation: order.slice(0, Math.min(held, MOST_VALIDATION_ROWS)), training: order.slice(held) };
}

/** Linear warm-up, then half a cosine down to zero (Loshchilov and Hutter, 2017, without restarts). In [0, 1]. */
function schedule(step: number, steps: number): number {
  const warmUp = Math.max(1, Math.round(steps * WARM_UP_SHARE));
  if (step <= warmUp) return step / warmUp;
  return 0.5 * (1 + Math.cos((Math.PI * (step - warmUp)) / Math.max(1, steps - warmUp + 1)));
}

/** Logarithm of each bin's smoothed share of the rows. Length: the layout's units. */
function logFrequencies(layout: Layout, { bins }: BinnedRows, rows: Uint32Array): Float32Array {
  const { offsets, widths, units } = layout;
  const counts = new Float64Array(units).fill(0.5);
  for (const row of rows) {
    for (let column = 0; column < offsets.length; column++) {
      counts[offsets[column]! + bins[row * offsets.length + column]!]!++;
    }
  }
  const logs = new Float32Array(units);
  widths.forEach((width, column) => {
    const total = rows.length + width / 2;
    for (let unit = offsets[column]!; unit < offsets[column]! + width; unit++)
      logs[unit] = Math.log(counts[unit]! / total);
  });
  return logs;
}

function requireFinite(loss: number, step: number, { learningRate }: AutoregressiveConfig): void {
  if (Number.isFinite(loss)) return;
  throw new UserFailure(
    'DIVERGED',
    `The training loss became ${loss} at step ${step}. Lower the learning rate (it is ${learningRate}; try ` +
      `${Number((learningRate / 10).toPrecision(2))}), or raise batchSize.`,
    { field: 'learningRate' },
  );
}
