import { biasCorrection } from '../../compute/optimizers/adam.js';
import { averagingDecay } from '../../compute/optimizers/averaging.js';
import { warmupCosine } from '../../compute/optimizers/schedules.js';
import { Pace } from '../../compute/pace.js';
import type { Random } from '../../compute/random.js';
import { sizeOf, type Stored, type StoredOf } from '../../compute/tensors.js';
import type { AutoregressiveConfig } from '../../../schema/messages/generator-options/autoregressive.js';
import { UserFailure } from '../../failure.js';
import type { FitSession } from '../generator.js';
import { requireSameOrigin, type Origin } from '../training/origin.js';
import { readCheckpoint, writeCheckpoint, type Checkpoint, type Progress } from './checkpoint.js';
import { decayOf } from './decay.js';
import type { Layout } from './layout.js';
import {
  byName,
  initialParameters,
  inOrder,
  oneHotOf,
  parameterShapes,
  type ParameterShape,
} from './network.js';
import { ParameterPacking } from './packed-parameters.js';
import { dependenceTree, primedWeights, type Dependence } from './priming.js';
import { kernelsOf, plainParameters, trainedDirectWeights } from './smoothing.js';
import { TrainingSteps, type FitState, type TrainingProgram } from './training-steps.js';

/** A table as bins: a row-major matrix with a column a modelled one. */
export interface BinnedRows {
  readonly rows: number;
  readonly bins: Uint16Array;
  /** How many of each column's bins, from the first, are in ascending order; 0 for categories. */
  readonly ordered: readonly number[];
}

/** Share of all steps during which the rate rises from zero. */
const WARM_UP_SHARE = 0.05;
/** Steps that a run takes by default; enough for a table of ten thousand rows, on which it was tuned. */
const DEFAULT_STEPS = 1000;
const DEFAULT_EPOCHS = { least: 4, most: 60 };
/** A small table gets smaller batches: so many to an epoch at least, of so many rows at least. */
const LEAST_BATCHES = 20;
const LEAST_BATCH_SIZE = 32;
/**
 * How far above its lowest the held-out loss may be, as a share of it, in an epoch that is kept. The likelihood of unseen rows
 * falls long before the rows that are drawn lose in likeness or begin to repeat real ones, so its lowest is no good end.
 */
const TOLERATED_RISE = 0.05;
/** Points of a series over a whole fit: what a chart can show, and no flood where steps are short. */
const MOST_POINTS = 3000;
/** Rows a forward pass of validation. */
const VALIDATION_BATCH = 1000;
/** Validation rows are a sample beyond this many, so that validating stays a small part of the time. */
const MOST_VALIDATION_ROWS = 20_000;

/**
 * Fits the network by maximum likelihood, and gives the averaged parameters of the last epoch whose held-out loss is not far
 * above the lowest. Rejects with the session's reason when aborted, and with UserFailure DIVERGED when the loss isn't finite.
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
  const { training, validation } = split(table.rows, config.validationShare, random.derive('split'));
  const logs = logFrequencies(layout, table, training);
  const batchSize = Math.min(
    config.batchSize,
    training.length,
    Math.max(LEAST_BATCH_SIZE, Math.ceil(training.length / LEAST_BATCHES)),
  );
  const batches = Math.ceil(training.length / batchSize);
  const epochs =
    config.epochs ??
    Math.min(DEFAULT_EPOCHS.most, Math.max(DEFAULT_EPOCHS.least, Math.round(DEFAULT_STEPS / batches)));
  const steps = epochs * batches;
  const pointEvery = Math.max(1, Math.ceil(steps / MOST_POINTS));
  const warmup = Math.max(1, Math.round(steps * WARM_UP_SHARE));
  const rateOf = warmupCosine({ peak: config.learningRate, warmup, steps: steps + 1 });

  const resumed = session.checkpoint && readCheckpoint(session.checkpoint);
  if (resumed) requireSameOrigin(resumed.origin, origin);
  const tree = dependenceTree(layout, table, training);
  const kernels = kernelsOf(layout, table.ordered, logs.map(Math.exp));
  const start =
    resumed?.parameters ??
    primed(
      initialParameters(layout, config.residualBlocks, logs, random.derive('initial')),
      layout,
      tree,
      kernels,
      table,
      training,
    );
  const packing = new ParameterPacking(shapes);
  const programs = new TrainingSteps(
    session.engine,
    layout,
    config,
    packing,
    firstState(layout, tree, shapes, packing, kernels, start, resumed),
  );
  let best = resumed?.best ?? start;
  const progress: Progress = resumed?.progress ?? {
    epoch: 0,
    batch: 0,
    epochLoss: 0,
    bestLoss: null,
    bestEpoch: -1,
  };
  const clock = { started: performance.now(), fromStep: progress.epoch * batches + progress.batch };

  const pace = new Pace();
  try {
    // A checkpoint may lie after the last epoch: then nothing is left to do.
    while (progress.epoch < epochs && progress.epoch - 1 - progress.bestEpoch < config.patience) {
      const order = random.derive('order', progress.epoch).permutation(training.length);
      while (progress.batch < batches) {
        session.signal.throwIfAborted();
        // A checkpoint that is due waits for one batch, not for several.
        const most = session.checkpointDue() ? 1 : pace.steps(batchSize);
        const taken: Batch[] = [];
        for (let batch = progress.batch; taken.length < most && batch < batches; batch++) {
          const rows = order.subarray(batch * batchSize, (batch + 1) * batchSize).map((at) => training[at]!);
          // The last one of an epoch may be shorter, and is another program's.
          if (taken.length > 0 && rows.length !== taken[0]!.rows.length) break;
          const step = progress.epoch * batches + batch + 1;
          taken.push({ rows, step, rate: rateOf(step) });
        }
        const rowsTaken = taken.reduce((sum, { rows }) => sum + rows.length, 0);
        // Compiled before the clock runs.
        const program = await programs.training(taken[0]!.rows.length);
        const losses = await pace.timed(rowsTaken, () => takeSteps(program, layout, table, taken, config));
        const seconds = (performance.now() - clock.started) / 1000;
        const done = taken.at(-1)!.step - clock.fromStep;
        for (const [index, { rows, step, rate }] of taken.entries()) {
          progress.epochLoss += losses[index]! * rows.length;
          progress.batch++;
          if (step % pointEvery !== 0) continue;
          session.metric('train/loss', step, losses[index]!);
          session.metric('train/learning_rate', step, rate);
          session.metric('train/rows_per_second', step, (done * batchSize) / seconds);
          session.progress(step / steps, (seconds / done) * (steps - step));
        }
        // At an epoch's end the held-out loss comes first.
        if (progress.batch < batches && session.checkpointDue()) await save();
      }
      const heldOut = await validate(programs, layout, table, validation, session.signal);
      const step = (progress.epoch + 1) * batches;
      session.metric('train/epoch_loss', step, progress.epochLoss / training.length);
      session.metric('validation/loss', step, heldOut);
      progress.bestLoss = Math.min(progress.bestLoss ?? heldOut, heldOut);
      if (heldOut <= progress.bestLoss * (1 + TOLERATED_RISE)) {
        progress.bestEpoch = progress.epoch;
        best = packing.unpackStored((await programs.state.read()).average);
      }
      progress.epoch++;
      progress.batch = 0;
      progress.epochLoss = 0;
      if (session.checkpointDue()) await save();
    }
    session.progress(1, 0);
  } finally {
    await programs.dispose();
  }
  return byName(shapes, await plainParameters(session.engine, layout, kernels, inOrder(shapes, best)));

  async function save(): Promise<void> {
    const { adam, average } = await programs.state.read();
    await session.saveCheckpoint(
      writeCheckpoint(shapes, {
        parameters: packing.unpackStored(adam.parameters),
        means: packing.unpackStored(adam.means),
        squares: packing.unpackStored(adam.squares),
        average: packing.unpackStored(average),
        best,
        progress,
        origin,
      }),
    );
  }
}

/** The same with direct weights of a tree of pairs. */
function primed(
  initial: Map<string, Float32Array>,
  layout: Layout,
  tree: readonly Dependence[],
  kernels: readonly Stored[],
  table: BinnedRows,
  training: Uint32Array,
): Map<string, Float32Array> {
  const direct = new Float32Array(layout.units ** 2);
  for (const { from, to, weights } of primedWeights(layout, tree, table, training)) {
    const width = layout.widths[to]!;
    weights.forEach((weight, at) => {
      const row = layout.offsets[from]! + Math.floor(at / width);
      direct[row * layout.units + layout.offsets[to]! + (at % width)] = weight;
    });
  }
  return new Map(initial).set('direct/weights', trainedDirectWeights(layout, kernels, direct));
}

/** Everything that the programs hold, as it is before the first step or as a checkpoint left it. */
function firstState(
  layout: Layout,
  tree: readonly Dependence[],
  shapes: readonly ParameterShape[],
  packing: ParameterPacking,
  kernels: readonly Stored[],
  start: ReadonlyMap<string, Float32Array>,
  resumed: Checkpoint | undefined,
): StoredOf<FitState> {
  const zeros = new Map([...start].map(([name, values]) => [name, new Float32Array(values.length)]));
  const decays = shapes.map(({ name, shape }) => {
    const decay = decayOf(layout, tree, name);
    return [name, decay ?? new Float32Array(sizeOf(shape))] as const;
  });
  return {
    adam: {
      parameters: packing.pack(start),
      means: packing.pack(resumed?.means ?? zeros),
      squares: packing.pack(resumed?.squares ?? zeros),
    },
    average: packing.pack(resumed?.average ?? start),
    decay: packing.pack(new Map(decays)).weights,
    kernels,
  };
}

interface Batch {
  readonly rows: Uint32Array;
  readonly step: number;
  readonly rate: number;
}

/**
 * Some batches of the same length, one after the other; answers their losses. Throws UserFailure DIVERGED where a loss
 * or a gradient isn't finite.
 */
async function takeSteps(
  program: TrainingProgram,
  layout: Layout,
  table: BinnedRows,
  batches: readonly Batch[],
  config: AutoregressiveConfig,
): Promise<number[]> {
  const answers = await program.runAll(
    batches.map(({ rows, step, rate }) => ({
      oneHot: oneHotOf(layout, table.bins, rows),
      rate: Float32Array.of(rate),
      correction: Float32Array.of(biasCorrection(step)),
      averaging: Float32Array.of(averagingDecay(step, config.averaging)),
    })),
  );
  return answers.map(({ loss, norm }, index) => {
    const { step } = batches[index]!;
    requireFinite('loss', loss[0]!, step, config);
    // The loss is of the parameters before the step; a gradient like that has spoilt those after it.
    requireFinite('gradient', norm[0]!, step, config);
    return loss[0]!;
  });
}

/** Mean held-out loss in nats a row. */
async function validate(
  programs: TrainingSteps,
  layout: Layout,
  table: BinnedRows,
  rows: Uint32Array,
  signal: AbortSignal,
): Promise<number> {
  let total = 0;
  for (let from = 0; from < rows.length; from += VALIDATION_BATCH) {
    signal.throwIfAborted();
    const batch = rows.subarray(from, from + VALIDATION_BATCH);
    const program = await programs.validation(batch.length);
    const { loss } = await program.run({ oneHot: oneHotOf(layout, table.bins, batch) });
    total += loss[0]! * batch.length;
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

function requireFinite(
  what: 'loss' | 'gradient',
  value: number,
  step: number,
  { learningRate }: AutoregressiveConfig,
): void {
  if (Number.isFinite(value)) return;
  throw new UserFailure(
    'DIVERGED',
    `The training ${what} became ${value} at step ${step}. Lower the learning rate (it is ${learningRate}; try ` +
      `${Number((learningRate / 10).toPrecision(2))}), or raise batchSize.`,
    { field: 'learningRate' },
  );
}
