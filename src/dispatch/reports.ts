import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ReportsStored } from '../../schema/messages/live.js';
import { Report } from '../../schema/messages/report.js';
import { reportSubject, REPORTS_CONSUMER, REPORTS_STORED, STREAMS } from '../../schema/messages/subjects.js';
import { systemContext } from '../access/context.js';
import type { Config } from '../config.js';
import type { Bus, Delivery, Listener } from '../platform/bus.js';
import type { Database } from '../platform/database.js';
import type { Objects } from '../platform/objects.js';
import { checkOutputs, type CheckedOutputs } from '../runs/run.results.js';
import type { Failure } from '../../schema/messages/failure.js';
import { announce } from './announce.js';
import { ReportQueue } from './report-queue.js';
import { storeReports } from './report-storage.js';

/** A gateway that died gives its messages up after this time. */
const ACK_WAIT_MILLISECONDS = 10_000;
const KEEP_MILLISECONDS = 3_000;
/** A missing report may be in the hands of a gateway that died: it comes again within the time above. */
const GAP_PATIENCE_MILLISECONDS = 30_000;
/** Word of the gateway that stores the missing one comes sooner, as a rule. */
const GAP_WAIT_MILLISECONDS = { first: 20, longest: 250 };
const RETRY_MILLISECONDS = { first: 250, longest: 5_000 };
/** Failures of one report, while the database answers, before it is buried. */
const MOST_FAILURES = 6;
/** Transactions at a time: leaves connections for requests. */
const CONCURRENCY = 4;

interface RunReports {
  queue: ReportQueue;
  busy: boolean;
  /** Something came while it was busy: another report, or word that a predecessor is stored. */
  stirred: boolean;
  gapSince?: number;
  waitMs: number;
  failures: number;
}

/**
 * Stores what workers report, each report once and in the order of its attempt, in one transaction that also does what
 * follows from it. Any number of gateways share the stream. A report is acked after its commit; if the ack is lost, the
 * report comes again and is known by its number.
 */
export class Reports {
  readonly #runs = new Map<string, RunReports>();
  readonly #gateway = randomUUID();
  readonly #ready: string[] = [];
  readonly #work = new Set<Promise<void>>();
  #consumer: { stop(): Promise<void> } | undefined;
  #listener: Listener | undefined;
  #keeper: NodeJS.Timeout | undefined;
  #stopping = new AbortController();
  /** Since the start: reports of attempts that had lost their run. */
  #stale = 0;

  constructor(
    private readonly options: {
      database: Database;
      bus: Bus;
      objects: Objects;
      config: Config;
      log: Logger;
      bury: (delivery: { subject: string; text: string }, reason: string) => Promise<void>;
    },
  ) {}

  get stale(): number {
    return this.#stale;
  }

  start(): void {
    this.#stopping = new AbortController();
    this.#consumer = this.options.bus.consume(
      {
        stream: STREAMS.reports.name,
        name: REPORTS_CONSUMER,
        ackWaitMs: ACK_WAIT_MILLISECONDS,
        maxAckPending: 4_096,
        prefetch: 512,
      },
      (delivery) => this.#take(delivery),
    );
    this.#listener = this.options.bus.subscribe(REPORTS_STORED, (message) => {
      const stored = ReportsStored.parse(message);
      if (stored.gateway !== this.#gateway) this.#stir(keyOf(stored));
    });
    this.#keeper = setInterval(() => this.#keep(), KEEP_MILLISECONDS);
  }

  /** Ends what is under way; the rest goes to the other gateways, or waits. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#keeper);
    this.#listener?.unsubscribe();
    await this.#consumer?.stop();
    await Promise.all(this.#work);
    for (const { queue } of this.#runs.values()) for (const { delivery } of queue) delivery.redeliver(0);
    this.#runs.clear();
    this.#ready.length = 0;
  }

  #take(delivery: Delivery): void {
    const report = parseReport(delivery);
    if (typeof report === 'string') {
      this.#track(this.#bury(delivery, report));
      return;
    }
    const key = keyOf(report);
    const run = this.#runs.get(key) ?? newRun();
    this.#runs.set(key, run);
    run.queue.add({ report, delivery });
    this.#stir(key);
  }

  #stir(key: string): void {
    const run = this.#runs.get(key);
    if (!run) return;
    run.stirred = true;
    this.#wake(key, run);
  }

  #wake(key: string, run: RunReports): void {
    if (run.busy) return;
    run.busy = true;
    this.#ready.push(key);
    this.#pump();
  }

  #pump(): void {
    while (this.#work.size < CONCURRENCY && this.#ready.length > 0 && !this.#stopping.signal.aborted) {
      const key = this.#ready.shift() as string;
      const run = this.#runs.get(key);
      if (!run) continue;
      this.#track(
        this.#store(run).then(() => {
          run.busy = false;
          if (run.queue.size === 0) this.#runs.delete(key);
          else if (run.waitMs === 0 || (run.stirred && run.failures === 0)) this.#wake(key, run);
          else this.#wakeLater(key, run);
        }),
      );
    }
  }

  #wakeLater(key: string, run: RunReports): void {
    // Outside of #work: a run that waits must not keep others from their turn.
    void delay(run.waitMs, undefined, { signal: this.#stopping.signal }).then(
      () => {
        // Meanwhile it may have come to its end, and another have begun under its key.
        if (this.#runs.get(key) === run) this.#wake(key, run);
      },
      () => undefined,
    );
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    void work
      .catch((error: unknown) => this.options.log.error({ err: error }, 'a report could not be handled'))
      .finally(() => {
        this.#work.delete(work);
        this.#pump();
      });
  }

  /** Stores the next batch of a run. Leaves in the queue what isn't done, and `waitMs` saying when to try again. */
  async #store(run: RunReports): Promise<void> {
    // After a failure one at a time, so that one bad report doesn't take others with it.
    const batch = run.failures > 0 ? run.queue.batch().slice(0, 1) : run.queue.batch();
    const first = batch[0];
    if (!first) return;
    run.stirred = false;
    const { database, bus, config, log } = this.options;
    const { tenantId, runId } = first.report;
    const context = systemContext(tenantId, `reports ${runId}`);
    let checked: CheckedOutputs | Failure | undefined;
    try {
      checked = await this.#checkOutputs(first.report);
    } catch (error) {
      // No fault of the report, which is never buried for it: should the storage stay away, the lease runs out in time.
      run.waitMs = nextWait(run.waitMs, RETRY_MILLISECONDS);
      log.error({ err: error, run: runId }, 'the outputs of a run could not be looked at');
      return;
    }
    try {
      const acceptGap =
        run.gapSince !== undefined && performance.now() - run.gapSince > GAP_PATIENCE_MILLISECONDS;
      const stored = await database.withTenant(context, (tx) =>
        storeReports(
          context,
          tx,
          batch.map(({ report }) => report),
          { checked, acceptGap, config, log },
        ),
      );
      if (stored.change) {
        bus.publish(REPORTS_STORED, {
          v: 1,
          tenantId,
          runId,
          gateway: this.#gateway,
        } satisfies ReportsStored);
        announce(bus, stored.change);
      }
      this.#stale += stored.stale;
      const done = batch.slice(0, stored.handled);
      for (const { delivery } of done) delivery.ack();
      run.queue.remove(done);
      run.failures = 0;
      if (done.length < batch.length) {
        run.gapSince ??= performance.now();
        run.waitMs = nextWait(run.waitMs, GAP_WAIT_MILLISECONDS);
      } else {
        run.gapSince = undefined;
        run.waitMs = 0;
      }
    } catch (error) {
      run.waitMs = nextWait(run.waitMs, RETRY_MILLISECONDS);
      if (await this.#databaseAnswers()) run.failures += 1;
      log.error({ err: error, run: runId, failures: run.failures }, 'a report could not be stored');
      if (run.failures < MOST_FAILURES) return;
      await this.#bury(first.delivery, 'It could not be stored; the log of the gateway says why.');
      run.queue.remove([first]);
      run.failures = 0;
    }
  }

  async #checkOutputs(report: Report): Promise<CheckedOutputs | Failure | undefined> {
    if (report.body.type !== 'succeeded') return undefined;
    return checkOutputs(this.options.objects, report, report.body);
  }

  async #databaseAnswers(): Promise<boolean> {
    return (
      this.options.database
        // By the connections that reports are stored with: while they are all taken, it is no fault of a report either.
        .withScope({}, (tx) => tx.$queryRaw`SELECT 1`)
        .then(
          () => true,
          () => false,
        )
    );
  }

  async #bury(delivery: Delivery, reason: string): Promise<void> {
    try {
      await this.options.bury(delivery, reason);
      delivery.ack();
    } catch (error) {
      this.options.log.error({ err: error }, 'a report could not be buried');
      delivery.redeliver(1_000);
    }
  }

  /** Tells NATS that the reports in hand are still being worked on. */
  #keep(): void {
    for (const { queue } of this.#runs.values()) for (const { delivery } of queue) delivery.working();
  }
}

const keyOf = ({ tenantId, runId }: { tenantId: string; runId: string }): string => `${tenantId}.${runId}`;

const newRun = (): RunReports => ({
  queue: new ReportQueue(),
  busy: false,
  stirred: false,
  waitMs: 0,
  failures: 0,
});

function parseReport(delivery: Delivery): Report | string {
  let content: unknown;
  try {
    content = JSON.parse(delivery.text);
  } catch {
    return 'It is not JSON.';
  }
  const parsed = Report.safeParse(content);
  if (!parsed.success) return parsed.error.message;
  const { tenantId, runId } = parsed.data;
  if (delivery.subject !== reportSubject(tenantId, runId)) return 'It came on the subject of another run.';
  return parsed.data;
}

function nextWait(waitMs: number, { first, longest }: { first: number; longest: number }): number {
  return waitMs === 0 ? first : Math.min(longest, 2 * waitMs);
}
