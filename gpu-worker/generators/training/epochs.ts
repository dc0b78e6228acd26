import { Pace } from '../../compute/pace.js';
import type { Engine, Variables } from '../../compute/program.js';
import type { Random } from '../../compute/random.js';
import type { StoredOf } from '../../compute/tensors.js';
import { UserFailure } from '../../failure.js';
import type { FitSession } from '../generator.js';
import { readCheckpoint, writeCheckpoint, type Progress } from './checkpoint.js';
import type { Origin } from './origin.js';

/** Rows of one training step. */
export interface Batch {
  /** Indices into the table. */
  readonly rows: Uint32Array;
  /** From 1. */
  readonly step: number;
  /** Of all steps of the fit, how many there may be. */
  readonly steps: number;
  /** For this step's noise; depends on seed, epoch and batch only. */
  readonly random: Random;
}

/** Values by the name of their series, such as `train/loss`. */
export type Metrics = Readonly<Record<string, number>>;

/** What a model does with batches; its state is held by the engine. */
export interface Trainer {
  /** Takes steps, one after the other; answers what each of them measured. */
  take(batches: readonly Batch[]): Promise<readonly Metrics[]>;
  /** How far what the model makes is from held-out rows; lower is better. */
  validate(random: Random): Promise<{ readonly error: number; readonly metrics: Metrics }>;
  dispose(): void;
}

export interface EpochOptions<State extends object, Kept extends object> {
  /** The generator's name, for messages and checkpoints. */
  readonly generator: string;
  readonly session: FitSession;
  readonly random: Random;
  readonly origin: Origin;
  /** Indices of the rows to learn from. */
  readonly rows: Uint32Array;
  /** At most as many as there are rows. */
  readonly batchSize: number;
  readonly epochs: number;
  /** Validations in a row without a new lowest error after which the fit ends. */
  readonly patience: number;
  readonly learningRate: number;
  /** The state before the first step. */
  readonly first: StoredOf<State>;
  /** Compiles what is needed around the state. */
  readonly open: (engine: Engine, state: Variables<State>) => Promise<Trainer>;
  /** The part of a state that makes the model. */
  readonly kept: (state: StoredOf<State>) => StoredOf<Kept>;
}

/** Points of a series over a whole fit: what a chart can show, and no flood where steps are short. */
const MOST_POINTS = 3000;
/** Validations of a whole fit, evenly spaced. */
const MOST_VALIDATIONS = 30;

/**
 * Takes epochs of shuffled batches (what is left of an epoch after the last whole batch waits for the next shuffle) and gives
 * what was kept when the held-out error was lowest. Rejects with the session's reason when aborted, and with UserFailure
 * DIVERGED when anything measured isn't finite.
 *
 * Every random choice derives from (seed, epoch, batch), so that a fit that goes on from a checkpoint meets the same
 * batches. A checkpoint of any other `origin` is refused with a RangeError.
 */
export async function trainEpochs<State extends object, Kept extends object>(
  options: EpochOptions<State, Kept>,
): Promise<StoredOf<Kept>> {
  const { generator, session, random, origin, rows, batchSize, epochs, first, kept } = options;
  const batches = Math.max(1, Math.floor(rows.length / batchSize));
  const steps = epochs * batches;
  const pointEvery = Math.max(1, Math.ceil(steps / MOST_POINTS));
  const validateEvery = Math.max(1, Math.ceil(epochs / MOST_VALIDATIONS));

  const resumed =
    session.checkpoint &&
    readCheckpoint<State, Kept>(generator, session.checkpoint, { state: first, best: kept(first) }, origin);
  const progress: Progress = resumed?.progress ?? { epoch: 0, batch: 0, lowestError: null, bestEpoch: -1 };
  let best = resumed?.best ?? kept(first);
  const state = session.engine.hold<State>(resumed?.state ?? first);
  const trainer = await options.open(session.engine, state);
  const clock = { started: performance.now(), fromStep: progress.epoch * batches + progress.batch };
  const pace = new Pace();
  try {
    while (progress.epoch < epochs && !isTired(progress)) {
      const order = random.derive('order', progress.epoch).permutation(rows.length);
      while (progress.batch < batches) {
        session.signal.throwIfAborted();
        // A checkpoint that is due waits for one batch, not for several.
        const most = session.checkpointDue() ? 1 : pace.steps(batchSize);
        const taken: Batch[] = [];
        for (let batch = progress.batch; taken.length < most && batch < batches; batch++) {
          taken.push({
            rows: order.subarray(batch * batchSize, (batch + 1) * batchSize).map((at) => rows[at]!),
            step: progress.epoch * batches + batch + 1,
            steps,
            random: random.derive('batch', progress.epoch, batch),
          });
        }
        const metrics = await pace.timed(batchSize * taken.length, () => trainer.take(taken));
        progress.batch += taken.length;
        report(taken, metrics);
        // At an epoch's end the held-out error comes first.
        if (progress.batch < batches && session.checkpointDue()) await save();
      }
      progress.epoch++;
      progress.batch = 0;
      if (progress.epoch % validateEvery === 0 || progress.epoch === epochs) await validate();
      if (session.checkpointDue()) await save();
    }
    session.progress(1, 0);
    return best;
  } finally {
    trainer.dispose();
    state.dispose();
  }

  function isTired({ epoch, bestEpoch, lowestError }: Progress): boolean {
    return lowestError !== null && epoch - bestEpoch >= options.patience * validateEvery;
  }

  function report(taken: readonly Batch[], metrics: readonly Metrics[]): void {
    const seconds = (performance.now() - clock.started) / 1000;
    const done = taken.at(-1)!.step - clock.fromStep;
    for (const [index, { step }] of taken.entries()) {
      for (const [name, value] of Object.entries(metrics[index]!)) requireFinite(name, value, step);
      if (step % pointEvery !== 0) continue;
      for (const [name, value] of Object.entries(metrics[index]!)) session.metric(name, step, value);
      session.metric('train/rows_per_second', step, (done * batchSize) / seconds);
      session.progress(step / steps, (seconds / done) * (steps - step));
    }
  }

  async function validate(): Promise<void> {
    session.signal.throwIfAborted();
    const { error, metrics } = await trainer.validate(random.derive('validation'));
    const step = progress.epoch * batches;
    for (const [name, value] of Object.entries(metrics)) {
      requireFinite(name, value, step);
      session.metric(name, step, value);
    }
    if (progress.lowestError !== null && error >= progress.lowestError) return;
    progress.lowestError = error;
    progress.bestEpoch = progress.epoch;
    best = kept(await state.read());
  }

  async function save(): Promise<void> {
    await session.saveCheckpoint(
      writeCheckpoint<State, Kept>(generator, { state: await state.read(), best, progress, origin }),
    );
  }

  function requireFinite(name: string, value: number, step: number): void {
    if (Number.isFinite(value)) return;
    throw new UserFailure(
      'DIVERGED',
      `The series ${name} became ${value} at step ${step}. Lower the learning rate (it is ${options.learningRate}; try ` +
        `${Number((options.learningRate / 10).toPrecision(2))}), or raise batchSize.`,
      { field: 'learningRate' },
    );
  }
}

/** Rows apart: those to learn from, and a share held out, at least one row and at most `most`. */
export function splitRows(
  rows: number,
  share: number,
  most: number,
  random: Random,
): { readonly training: Uint32Array; readonly validation: Uint32Array } {
  const order = random.permutation(rows);
  const held = Math.min(Math.max(1, Math.round(rows * share)), Math.max(0, rows - 1));
  return { validation: order.slice(0, Math.min(held, most)), training: order.slice(held) };
}
