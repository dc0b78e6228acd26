import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Job } from '../schema/messages/job.js';
import type { Directive } from '../schema/messages/lease.js';
import { REQUESTS } from '../schema/messages/subjects.js';
import { UploadsReply, type UploadsRequest } from '../schema/messages/uploads.js';
import type { Bus } from './bus.js';
import type { FinalReport, FromChild, StopOrder, ToChild } from './child-messages.js';
import type { ChildProcesses } from './child-processes.js';
import type { WorkerConfig } from './config.js';
import { endOf, failed, internalFailure, type Kill } from './death.js';
import { Lease } from './lease.js';
import { watchMemory } from './process-memory.js';
import { Reporter } from './reporter.js';
import { diskFullFailure } from './tables/disk-full.js';
import { removeFolder } from './work-folders.js';

/** How long a child may take to obey before it is killed. */
const PATIENCE_MILLISECONDS: Record<StopOrder, number> = { CANCEL: 1_500, PAUSE: 10_000, RELEASE: 12_000 };
/** A later order replaces an earlier one only when it is stronger. */
const STRENGTH: Record<StopOrder, number> = { PAUSE: 1, RELEASE: 2, CANCEL: 3 };
const WATCH_MILLISECONDS = 1_000;
const EXIT_MILLISECONDS = 5_000;
/** Of the child's standard error, kept to tell why it died. */
const KEPT_CHARACTERS = 8_192;

export interface AttemptOptions {
  readonly job: Job;
  readonly bus: Bus;
  readonly config: WorkerConfig;
  readonly children: ChildProcesses;
  /** By which the run computes: the one that the worker is known for. */
  readonly engine: string;
  readonly workerId: string;
  /** Of the worker; the attempt makes its own inside. */
  readonly workFolder: string;
  readonly log: Logger;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Of its start. */
  readonly error?: unknown;
}

/**
 * The parent's side of one attempt: forks the child that does the work, renews the lease while the child lives,
 * publishes what the child reports, passes orders on, and says how it ended when the child can't.
 */
export class Attempt {
  readonly job: Job;
  /** Resolves when the end is stored (or the attempt is lost) and nothing of it is left on this machine. */
  readonly done: Promise<void>;
  readonly #options: AttemptOptions;
  readonly #log: Logger;
  readonly #reporter: Reporter;
  readonly #lease: Lease;
  #child: ChildProcess | undefined;
  #final: FinalReport | undefined;
  #order: StopOrder | undefined;
  #kill: Kill | undefined;
  #impatience: NodeJS.Timeout | undefined;
  #lastLife = Date.now();
  #rss = 0;
  #stderr = '';
  #lose: () => void = () => undefined;

  constructor(options: AttemptOptions) {
    const { job, bus, workerId } = options;
    this.#options = options;
    this.job = job;
    this.#log = options.log.child({ run: job.runId, attempt: job.attempt });
    this.#reporter = new Reporter(bus, job, this.#log);
    this.#lease = new Lease({
      bus,
      attempt: job,
      workerId,
      seconds: job.lease.seconds,
      isAlive: () => Date.now() - this.#lastLife < this.#hangMilliseconds || this.#child === undefined,
      onDirective: (directive) => this.direct(directive),
      log: this.#log,
    });
    this.done = this.#run();
  }

  /** Passes a gateway's directive on to the child; answers false when there is nothing left to direct. */
  direct(directive: Directive): boolean {
    switch (directive) {
      case 'CONTINUE':
        return true;
      case 'PAUSE':
      case 'CANCEL':
        return this.stop(directive);
      case 'LOST':
        this.#log.warn('another attempt has taken over');
        this.#reporter.close();
        this.#lease.drop();
        this.#killChild('LOST');
        this.#lose();
        return true;
    }
  }

  /** Tells the child to stop, and kills it when it doesn't obey in time. */
  stop(order: StopOrder): boolean {
    if (this.#final || this.#kill) return false;
    if (this.#order && STRENGTH[this.#order] >= STRENGTH[order]) return true;
    this.#order = order;
    this.#log.info({ order }, 'the run is told to stop');
    this.#send({ type: 'stop', order });
    clearTimeout(this.#impatience);
    this.#impatience = setTimeout(() => this.#killChild(order), PATIENCE_MILLISECONDS[order]);
    return true;
  }

  get #hangMilliseconds(): number {
    return this.#options.config.hangSeconds * 1000;
  }

  async #run(): Promise<void> {
    const { job } = this;
    const lost = new Promise<void>((resolve) => (this.#lose = resolve));
    const folder = join(this.#options.workFolder, `${job.runId}.${job.attempt}`);
    try {
      const final = await this.#work(folder);
      this.#log.info({ end: final?.type ?? 'lost' }, 'the attempt has ended');
      if (final && this.#kill !== 'LOST') await Promise.race([this.#reporter.report(final), lost]);
    } finally {
      if (this.#kill === 'LOST') this.#lease.drop();
      else this.#lease.end();
      await removeFolder(folder).catch((error: unknown) =>
        this.#log.error({ err: error, folder }, 'a work folder could not be removed'),
      );
    }
  }

  /** Resolves when the child is gone, with what is to be reported; undefined when the attempt is lost. */
  async #work(folder: string): Promise<FinalReport | undefined> {
    try {
      // What an earlier try of the same attempt left is worth nothing.
      await removeFolder(folder);
      await mkdir(folder, { recursive: true });
    } catch (error) {
      const full = diskFullFailure(error);
      if (full) return failed(full.code, full.message);
      return internalFailure('the work folder could not be made', error, this.#log);
    }
    if (this.#kill) return undefined;
    const exit = await this.#live(folder);
    clearTimeout(this.#impatience);
    this.#child = undefined;
    if (this.#kill === 'LOST') return undefined;
    return this.#final ?? this.#endWithoutWord(exit);
  }

  /** Runs the child to its exit. */
  #live(folder: string): Promise<Exit> {
    const { config, children, engine } = this.#options;
    const child = children.take();
    this.#child = child;
    this.#lastLife = Date.now();
    this.#listen(child);
    this.#send({ type: 'start', start: { job: this.job, folder, engine, threads: config.threads } });
    if (this.#order) this.#send({ type: 'stop', order: this.#order });
    const stops = [this.#watch(), watchMemory(child, (rss) => this.#judgeMemory(rss))];
    const stopWatching = (): void => stops.forEach((stop) => stop());
    return new Promise((resolve) => {
      // `close` comes after the last message and the last line of output.
      child.once('close', (code, signal) => {
        stopWatching();
        resolve({ code, signal });
      });
      child.once('error', (error) => {
        stopWatching();
        resolve({ code: null, signal: null, error });
      });
    });
  }

  #listen(child: ChildProcess): void {
    child.stdout
      ?.setEncoding('utf8')
      .on('data', (text: string) => this.#log.debug({ output: text.trimEnd() }));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_CHARACTERS);
      this.#log.debug({ output: text.trimEnd() });
    });
    child.on('message', (message) => this.#take(message as FromChild));
  }

  #take(message: FromChild): void {
    this.#lastLife = Date.now();
    switch (message.type) {
      case 'alive':
        this.#judgeMemory(message.rss);
        return;
      case 'report':
        void this.#reporter.report(message.body).then(() => this.#send({ type: 'stored', id: message.id }));
        return;
      case 'uploads':
        void this.#askUploads(message.files).then((reply) =>
          this.#send({ type: 'uploads', id: message.id, reply }),
        );
        return;
      case 'warning':
        this.#log.warn({ detail: message.detail }, message.message);
        return;
      case 'ended': {
        if (this.#kill) return;
        this.#final = message.body;
        clearTimeout(this.#impatience);
        if (message.detail) {
          const incidentId = message.body.type === 'failed' ? message.body.failure.incidentId : undefined;
          this.#log.error({ incidentId, detail: message.detail }, 'a run failed by our fault');
        }
        const child = this.#child;
        const overdue = setTimeout(() => child?.kill('SIGKILL'), EXIT_MILLISECONDS);
        child?.once('close', () => clearTimeout(overdue));
        return;
      }
    }
  }

  /** Kills a child that hangs. */
  #watch(): () => void {
    let lastLook = Date.now();
    const timer = setInterval(() => {
      const now = Date.now();
      // After this process itself was stopped for a while, the child's messages are still to be read.
      if (now - lastLook > 5 * WATCH_MILLISECONDS) this.#lastLife = now;
      lastLook = now;
      if (now - this.#lastLife > this.#hangMilliseconds) this.#killChild('HUNG');
    }, WATCH_MILLISECONDS);
    return () => clearInterval(timer);
  }

  #judgeMemory(rss: number): void {
    this.#rss = rss;
    if (rss > this.#options.config.memoryLimitBytes) this.#killChild('MEMORY');
  }

  #killChild(why: Kill): void {
    if (this.#kill && why !== 'LOST') return;
    this.#kill = why;
    if (why !== 'LOST') this.#log.warn({ why }, 'the process of a run is killed');
    this.#child?.kill('SIGKILL');
  }

  #send(message: ToChild): void {
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  async #askUploads(files: UploadsRequest['files']): Promise<UploadsReply | undefined> {
    const { tenantId, runId, attempt, leaseToken } = this.job;
    const request: UploadsRequest = { v: 1, tenantId, runId, attempt, leaseToken, files };
    const answer = await this.#options.bus.request(REQUESTS.uploads, request, 5_000);
    if (answer === undefined) return undefined;
    const reply = UploadsReply.safeParse(answer);
    if (reply.success) return reply.data;
    this.#log.error({ answer }, 'a gateway answered a request for uploads with something else');
    return undefined;
  }

  /** The child died before it could say how it ended. */
  #endWithoutWord(exit: Exit): FinalReport {
    const death = {
      ...exit,
      kill: this.#kill,
      order: this.#order,
      stderr: this.#stderr,
      rss: this.#rss,
      memoryLimitBytes: this.#options.config.memoryLimitBytes,
      silentMilliseconds: Date.now() - this.#lastLife,
    };
    return endOf(death, this.#log);
  }
}
