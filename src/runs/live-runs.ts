import { LiveRunMessage, type StoredPoint } from '../../schema/messages/live.js';
import { liveRunSubject } from '../../schema/messages/subjects.js';
import { pointsAfter } from '../metrics/metric.store.js';
import type { Bus } from '../platform/bus.js';
import type { Database, Transaction } from '../platform/database.js';
import { LiveTail, SharedByKey, type TailBatch } from '../platform/live-tail.js';
import type { RunEvent } from '../platform/prisma-client/client.js';
import { isFinal } from './run.states.js';

/** What the subscribers of one run share: one NATS subscription, one tail of its points and one of its events. */
class LiveRun {
  readonly points: LiveTail<StoredPoint>;
  readonly events: LiveTail<RunEvent>;
  readonly #stop: () => void;

  constructor(database: Database, bus: Bus, tenantId: string, runId: string) {
    const read = <R>(work: (tx: Transaction) => Promise<R>) => database.withTenant({ tenantId }, work);
    const state = async (sequence: 'metricSequence' | 'eventSequence') => {
      const run = await read((tx) =>
        tx.run.findUnique({
          where: { tenantId_id: { tenantId, id: runId } },
          select: { state: true, metricSequence: true, eventSequence: true },
        }),
      );
      return { lastSequence: run?.[sequence] ?? 0, ended: !run || isFinal(run.state) };
    };
    this.points = new LiveTail<StoredPoint>({
      load: (after, limit) => read((tx) => pointsAfter(tx, tenantId, runId, after, limit)),
      state: () => state('metricSequence'),
    });
    this.events = new LiveTail<RunEvent>({
      load: (after, limit) =>
        read((tx) =>
          tx.runEvent.findMany({
            where: { tenantId, runId, sequence: { gt: after } },
            orderBy: { sequence: 'asc' },
            take: limit,
          }),
        ),
      state: () => state('eventSequence'),
      announcedEmpty: true,
    });
    const listener = bus.subscribe(liveRunSubject(tenantId, runId), (message) => {
      const told = LiveRunMessage.parse(message);
      switch (told.type) {
        case 'points':
          this.points.push(told.points);
          break;
        case 'events':
          this.events.notice();
          // An event may be the end, after which no point comes.
          this.points.notice();
          break;
      }
    });
    this.#stop = () => listener.unsubscribe();
  }

  close(): void {
    this.#stop();
    this.points.close();
    this.events.close();
  }
}

/** The runs that somebody at this gateway follows. */
export class LiveRuns {
  readonly #runs: SharedByKey<LiveRun>;

  constructor(database: Database, bus: Bus) {
    this.#runs = new SharedByKey((key) => {
      const [tenantId, runId] = key.split('/') as [string, string];
      return new LiveRun(database, bus, tenantId, runId);
    });
  }

  /** Points after that sequence: stored ones first, then as they come, until the run has ended. */
  points(
    tenantId: string,
    runId: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<TailBatch<StoredPoint>> {
    return this.#follow(tenantId, runId, (run) => run.points.read(after, signal));
  }

  /** Events after that sequence, likewise. */
  events(
    tenantId: string,
    runId: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<TailBatch<RunEvent>> {
    return this.#follow(tenantId, runId, (run) => run.events.read(after, signal));
  }

  async *#follow<T>(
    tenantId: string,
    runId: string,
    read: (run: LiveRun) => AsyncGenerator<T>,
  ): AsyncGenerator<T> {
    const key = `${tenantId}/${runId}`;
    const run = this.#runs.acquire(key);
    try {
      yield* read(run);
    } finally {
      this.#runs.release(key);
    }
  }
}
