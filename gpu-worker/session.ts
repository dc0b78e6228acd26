import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pRetry from 'p-retry';
import type { ColumnSchema } from '../schema/messages/column.js';
import type { Job, JobInput } from '../schema/messages/job.js';
import type { Output, ReportBody } from '../schema/messages/report.js';
import type { InputRole, OutputKind, StepName } from '../schema/messages/run-config.js';
import type { UploadsRequest } from '../schema/messages/uploads.js';
import type { ChildStart, StopOrder } from './child-messages.js';
import { UserFailure } from './failure.js';
import { download, fingerprint, put, TransferRefused, TRANSFER_RETRIES, type Content } from './objects.js';
import type { ParentLink } from './parent-link.js';
import { Points } from './points.js';

const PROGRESS_MILLISECONDS = 250;
/** A routine checkpoint that can't be stored in this time is left out; the run goes on, and the next one is tried. */
const CHECKPOINT_MILLISECONDS = 10_000;
/** How long a run that is told to pause may take to its next checkpoint before it goes without one. */
const PAUSE_MILLISECONDS = 7_000;
/** URLs that were refused as expired though they were asked for right before. */
const MOST_EXPIRED = 5;

/** Why a signal was aborted: the run was told to stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped';

  constructor(readonly order: StopOrder) {
    super(`the run was told to stop: ${order}`);
  }
}

export interface OutputFile {
  readonly kind: OutputKind;
  readonly path: string;
  readonly fileName: string;
  readonly mediaType: string;
  /** The table that it is, or is about, in a run of several, and that table's rows and columns where it is one. */
  readonly table?: string;
  readonly rows?: number;
  readonly columns?: readonly ColumnSchema[];
}

export type StepProgress = (fraction: number, etaSeconds?: number) => void;

/** What one attempt's work may ask for: its job, its steps, its points, its checkpoints and its files. */
export class Session {
  readonly job: Job;
  /** The attempt's own folder. */
  readonly folder: string;
  /** The engine to compute with; no other one will do. */
  readonly engine: string;
  /** Threads that it may compute with. */
  readonly threads: number;
  readonly stepSeconds: Partial<Record<StepName, number>> = {};
  readonly #parent: ParentLink;
  readonly #points: Points;
  readonly #abort = new AbortController();
  #step: StepName | undefined;
  #resumable = false;
  #order: StopOrder | undefined;
  #checkpoints = 0;
  #lastCheckpoint = performance.now();

  constructor({ job, folder, engine, threads }: ChildStart, parent: ParentLink) {
    this.job = job;
    this.folder = folder;
    this.engine = engine;
    this.threads = threads;
    this.#parent = parent;
    this.#points = new Points(job.lastMetricSteps, (body) => parent.report(body));
  }

  /** Aborted, with a `Stopped`, when the work has to end before it is done. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Points that this attempt gave away. */
  get metricPoints(): number {
    return this.#points.count;
  }

  /** Does a step: tells when it starts, how far it is and when it is done, and takes its time. */
  async step<Result>(name: StepName, work: (progress: StepProgress) => Promise<Result>): Promise<Result> {
    this.signal.throwIfAborted();
    this.#step = name;
    const start = performance.now();
    this.#tell({ type: 'step', step: name, state: 'STARTED' });
    const result = await work(this.#progressOf(name, start));
    this.signal.throwIfAborted();
    void this.#points.flush();
    this.stepSeconds[name] = (performance.now() - start) / 1000;
    this.#tell({ type: 'step', step: name, state: 'FINISHED' });
    return result;
  }

  metric(name: string, step: number, value: number, at = Date.now()): void {
    this.#points.add(name, step, value, at);
  }

  /** Tells the child to stop: at once, or (when the work can be resumed) at its next checkpoint. */
  stop(order: StopOrder): void {
    this.#order = order;
    if (order === 'CANCEL' || !this.#resumable) {
      this.#abort.abort(new Stopped(order));
      return;
    }
    setTimeout(() => this.#abort.abort(new Stopped(order)), PAUSE_MILLISECONDS).unref();
  }

  /** Does work that saves checkpoints: a stop waits for the next one. */
  async resumable<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#resumable = true;
    this.#lastCheckpoint = performance.now();
    try {
      return await work();
    } finally {
      this.#resumable = false;
      if (this.#order) this.#abort.abort(new Stopped(this.#order));
    }
  }

  /** True when a checkpoint is wanted: by time, for a stop, or to wait until too many points are stored. */
  checkpointDue(): boolean {
    if (this.#order || this.#points.tooMany) return true;
    return performance.now() - this.#lastCheckpoint >= this.job.checkpointSeconds * 1000;
  }

  /**
   * Resolves once the state, and every point before it, is stored. While nothing can be stored, a routine checkpoint is
   * given up and the run goes on; the points still wait in order.
   */
  async saveCheckpoint(state: Uint8Array): Promise<void> {
    const points = this.#points.flush();
    const impatience = new AbortController();
    const stored = this.#storeCheckpoint(state, AbortSignal.any([this.signal, impatience.signal]));
    const patience = delay(CHECKPOINT_MILLISECONDS, 'late' as const, { signal: impatience.signal }).catch(
      () => undefined,
    );
    try {
      stored.catch(() => undefined);
      if ((await Promise.race([stored, patience, aborted(this.signal)])) === 'late') {
        this.#parent.warn('a checkpoint was given up', 'it could not be stored in time');
      }
    } catch (error) {
      if (!this.signal.aborted) this.#parent.warn('a checkpoint was given up', error);
    } finally {
      impatience.abort();
    }
    this.signal.throwIfAborted();
    if (this.#points.tooMany) await Promise.race([points, aborted(this.signal)]);
    this.#lastCheckpoint = performance.now();
    if (this.#order) this.#abort.abort(new Stopped(this.#order));
  }

  /** The state that an earlier attempt saved last. */
  async checkpoint(): Promise<Uint8Array | undefined> {
    const { checkpoint } = this.job;
    if (!checkpoint) return undefined;
    const path = join(this.folder, 'checkpoint');
    try {
      await download(checkpoint, 'The checkpoint', path, this.signal);
    } catch (error) {
      if (!(error instanceof UserFailure)) throw error;
      // Without it the work takes longer, but comes out the same.
      this.#parent.warn('the last checkpoint is gone; the run starts from the beginning', error);
      return undefined;
    }
    return readFile(path);
  }

  /** The job's input of that role; throws when it has none. */
  input(role: InputRole): JobInput {
    const input = this.optionalInput(role);
    if (!input) throw new Error(`the job has no input ${role}`);
    return input;
  }

  optionalInput(role: InputRole): JobInput | undefined {
    return this.job.inputs.find((candidate) => candidate.role === role);
  }

  /** Fetches an input into the attempt's folder and answers its path. */
  async fetch(input: JobInput): Promise<string> {
    // Not under the user's file name, which may be anything.
    const name = input.name === undefined ? input.role : `${input.role}-${input.name}`;
    const path = join(this.folder, `input-${name.toLowerCase()}`);
    await download(input, `"${input.label}"`, path, this.signal);
    return path;
  }

  /** Uploads files, and answers how the end of the run names them. */
  async publish(files: readonly OutputFile[], progress: StepProgress): Promise<Output[]> {
    const described = await Promise.all(
      files.map(async (file) => ({ ...file, ...(await fingerprint(file.path)) })),
    );
    const total = described.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total > this.job.maxOutputBytes) {
      throw new UserFailure(
        'LIMIT_EXCEEDED',
        `The outputs have ${total} bytes together, more than the ${this.job.maxOutputBytes} that are allowed. Ask for fewer rows.`,
      );
    }
    const outputs: Output[] = [];
    for (const { kind, path, fileName, mediaType, bytes, sha256, table, rows, columns } of described) {
      const file = { purpose: kind, fileName, mediaType, bytes, sha256 };
      const key = await this.#upload(file, { path, bytes }, this.signal);
      outputs.push({
        ...{ kind, key, fileName, mediaType, bytes, sha256 },
        ...(table !== undefined && { table }),
        ...(rows !== undefined && { rows }),
        ...(columns && { columns: [...columns] }),
      });
      progress(outputs.length / described.length);
    }
    return outputs;
  }

  async #storeCheckpoint(state: Uint8Array, signal: AbortSignal): Promise<void> {
    const sha256 = createHash('sha256').update(state).digest('hex');
    this.#checkpoints += 1;
    const file = {
      purpose: 'CHECKPOINT' as const,
      fileName: `checkpoint-${this.#checkpoints}`,
      mediaType: 'application/octet-stream',
      bytes: state.length,
      sha256,
    };
    const key = await this.#upload(file, state, signal, this.#order ? 'wait' : 'give up');
    signal.throwIfAborted();
    await this.#parent.report({ type: 'checkpointed', key, bytes: state.length, sha256 });
  }

  /** Puts one file where a gateway says, through outages of the store and (unless told to give up) of the gateways. */
  async #upload(
    file: UploadsRequest['files'][number],
    content: Content,
    signal: AbortSignal,
    withoutGateway: 'wait' | 'give up' = 'wait',
  ): Promise<string> {
    let expired = 0;
    return pRetry(
      async () => {
        const reply = await this.#parent.askUploads([file]);
        if (!reply) throw new GatewaysAway('no gateway answers');
        if (reply.answer === 'REFUSED') throw new UserFailure('LIMIT_EXCEEDED', reply.reason);
        const target = reply.uploads[0];
        if (!target) throw new Error('a gateway granted an upload without a URL');
        await put(target.url, content, file.mediaType, signal);
        return target.key;
      },
      {
        ...TRANSFER_RETRIES,
        signal,
        shouldRetry: ({ error }) => {
          // A storage is full; or the attempt is over, and nobody will read what it says.
          if (error instanceof UserFailure) return false;
          if (error instanceof GatewaysAway) return withoutGateway === 'wait';
          if (!(error instanceof TransferRefused)) return true;
          return error.temporary || (error.expired && ++expired < MOST_EXPIRED);
        },
      },
    );
  }

  #progressOf(step: StepName, start: number): StepProgress {
    let last = -Infinity;
    return (fraction, etaSeconds) => {
      const now = performance.now();
      if (now - last < PROGRESS_MILLISECONDS || this.#step !== step) return;
      last = now;
      const done = Math.min(1, Math.max(0, fraction));
      const elapsed = (now - start) / 1000;
      // Below that share a guess is worth nothing.
      const guess = done > 0.02 ? (elapsed * (1 - done)) / done : undefined;
      this.#tell({ type: 'progress', step, fraction: done, etaSeconds: etaSeconds ?? guess });
    };
  }

  #tell(body: ReportBody): void {
    void this.#parent.report(body);
  }
}

class GatewaysAway extends Error {}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
