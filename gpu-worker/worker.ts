import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ClaimReply, JobMessage, type ClaimRequest, type Job } from '../schema/messages/job.js';
import { ControlRequest, type ControlReply } from '../schema/messages/lease.js';
import { PRESENCE_SECONDS, type Presence } from '../schema/messages/presence.js';
import {
  controlSubject,
  deadLetterSubject,
  jobSubject,
  presenceSubject,
  rankGroup,
  rankSubject,
  searchSubject,
  REQUESTS,
} from '../schema/messages/subjects.js';
import { Attempt } from './attempt.js';
import type { Bus, Delivery } from './bus.js';
import { ChildProcesses } from './child-processes.js';
import type { WorkerConfig } from './config.js';
import { ServingProcess } from './serving/serving-process.js';

const CLAIM_MILLISECONDS = 5_000;
const CLAIM_AGAIN_MILLISECONDS = 500;
/** Less than half of the time after which the server would give the job to another worker. */
const WORKING_MILLISECONDS = 3_000;
/** A stop may take 20 s in all; this is for the children. */
const STOP_MILLISECONDS = 16_000;

/** What computes here, as the probe found it. */
export interface EngineInfo {
  readonly name: string;
  readonly device: string;
  readonly version: string;
}

export interface WorkerOptions {
  readonly bus: Bus;
  readonly config: WorkerConfig;
  readonly engine: EngineInfo;
  readonly workFolder: string;
  readonly log: Logger;
}

/** Letters, digits and dashes: it is part of NATS subjects. */
export function newWorkerId(): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9]+/g, '-')
    .slice(0, 32);
  return `${host}-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Takes jobs of one pool, one for each free slot, and tells the gateways every two seconds that it is here. */
export class Worker {
  readonly id = newWorkerId();
  readonly #options: WorkerOptions;
  readonly #log: Logger;
  readonly #startedAt = Date.now();
  readonly #attempts = new Set<Attempt>();
  readonly #slots: Promise<void>[] = [];
  readonly #stopping = new AbortController();
  readonly #children: ChildProcesses;
  readonly #serving: ServingProcess;
  readonly #answering: { readonly unsubscribe: () => void }[] = [];
  #presence: NodeJS.Timeout | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#children = new ChildProcesses(options.config);
    this.#log = options.log.child({ worker: this.id });
    this.#serving = new ServingProcess(options.config, this.#log);
  }

  start(): void {
    const { bus, config } = this.#options;
    bus.serve(controlSubject(this.id), (message) => this.#control(message));
    const group = rankGroup(config.pool);
    this.#answering.push(
      bus.relay(rankSubject(config.pool), (request) => this.#serving.ask('rank', request), group),
      bus.relay(searchSubject(config.pool), (request) => this.#serving.ask('find', request), group),
    );
    this.#present();
    this.#presence = setInterval(() => this.#present(), PRESENCE_SECONDS * 1000);
    for (let slot = 0; slot < config.slots; slot += 1) this.#slots.push(this.#workInSlot());
    this.#log.info(
      { pool: config.pool, slots: this.#slots.length, engine: this.#options.engine },
      'the worker waits for jobs',
    );
  }

  /** Takes no more jobs; runs save a checkpoint and are given back, for another worker to go on with. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const listener of this.#answering) listener.unsubscribe();
    for (const attempt of this.#attempts) attempt.stop('RELEASE');
    const impatience = new AbortController();
    await Promise.race([
      Promise.all([...this.#attempts].map((attempt) => attempt.done)),
      delay(STOP_MILLISECONDS, undefined, { signal: impatience.signal }).catch(() => undefined),
    ]);
    impatience.abort();
    this.#children.close();
    this.#serving.close();
    clearInterval(this.#presence);
    this.#present(true);
    await this.#options.bus.flush().catch(() => undefined);
  }

  async #workInSlot(): Promise<void> {
    const { bus, config } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const delivery = await bus.nextJob(config.pool);
      if (!delivery) continue;
      const job = await this.#claim(delivery).catch((error: unknown) => {
        this.#log.error({ err: error }, 'a job could not be claimed');
        delivery.giveBack();
        return undefined;
      });
      if (job) await this.#do(job);
    }
  }

  async #do(job: Job): Promise<void> {
    const { bus, config, engine, workFolder } = this.#options;
    const children = this.#children;
    const attempt = new Attempt({
      job,
      bus,
      config,
      children,
      engine: engine.name,
      workFolder,
      workerId: this.id,
      log: this.#log,
    });
    this.#attempts.add(attempt);
    this.#present();
    if (this.#stopping.signal.aborted) attempt.stop('RELEASE');
    try {
      await attempt.done;
    } catch (error) {
      this.#log.error({ err: error, run: job.runId }, 'an attempt ended in a way that it should not');
    } finally {
      this.#attempts.delete(attempt);
      if (!this.#stopping.signal.aborted) this.#present();
    }
  }

  /** Asks the gateways for the job, as long as it takes. Undefined when it isn't to be done. */
  async #claim(delivery: Delivery): Promise<Job | undefined> {
    const { bus, engine } = this.#options;
    if (this.#stopping.signal.aborted) {
      delivery.giveBack();
      return undefined;
    }
    const message = JobMessage.safeParse(jsonOf(delivery.text));
    if (!message.success) {
      await this.#bury(delivery, message.error.message);
      return undefined;
    }
    const request: ClaimRequest = {
      ...message.data,
      workerId: this.id,
      engine: engine.name,
      version: engine.version,
      device: engine.device,
    };
    const working = setInterval(() => delivery.working(), WORKING_MILLISECONDS);
    try {
      while (!this.#stopping.signal.aborted) {
        const answer = await bus.request(REQUESTS.claim, request, CLAIM_MILLISECONDS);
        if (answer === undefined) {
          await delay(CLAIM_AGAIN_MILLISECONDS, undefined, { signal: this.#stopping.signal }).catch(
            () => undefined,
          );
          continue;
        }
        const reply = ClaimReply.safeParse(answer);
        if (!reply.success) {
          await this.#bury(delivery, `the answer to its claim doesn't parse: ${reply.error.message}`);
          return undefined;
        }
        delivery.done();
        if (reply.data.answer === 'GRANTED') return reply.data.job;
        this.#log.info({ run: request.runId, reason: reply.data.reason }, 'a job is not wanted any more');
        return undefined;
      }
      delivery.giveBack();
      return undefined;
    } finally {
      clearInterval(working);
    }
  }

  async #bury(delivery: Delivery, reason: string): Promise<void> {
    const { bus, config } = this.#options;
    this.#log.error({ reason }, 'a job goes to the dead letters');
    const letter = { subject: jobSubject(config.pool), message: delivery.text, reason, at: Date.now() };
    await bus.publishDurable(deadLetterSubject('jobs'), letter, `${this.id}.${letter.at}`);
    delivery.drop();
  }

  #control(message: unknown): ControlReply {
    const request = ControlRequest.parse(message);
    const attempt = [...this.#attempts].find(
      ({ job }) => job.runId === request.runId && job.attempt === request.attempt,
    );
    return { accepted: attempt?.direct(request.directive) ?? false };
  }

  #present(leaving = false): void {
    const { bus, config, engine } = this.#options;
    const presence: Presence = {
      v: 1,
      workerId: this.id,
      pool: config.pool,
      slots: config.slots,
      runs: [...this.#attempts].map(({ job }) => ({ runId: job.runId, attempt: job.attempt })),
      engine: engine.name,
      device: engine.device,
      version: engine.version,
      threads: config.threads,
      memoryLimitBytes: config.memoryLimitBytes,
      host: hostname(),
      pid: process.pid,
      startedAt: this.#startedAt,
      leaving,
    };
    bus.publish(presenceSubject(this.id), presence);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
