import type { Logger } from 'pino';
import { Presence as PresenceMessage, PRESENCE_SECONDS } from '../../schema/messages/presence.js';
import { ALL_PRESENCE } from '../../schema/messages/subjects.js';
import type { Bus, Listener } from '../platform/bus.js';
import type { Database } from '../platform/database.js';
import { Loop } from './loop.js';

/** A worker unheard of for so long is taken for gone, and gets no more runs. */
export const LIVE_SECONDS = 3 * PRESENCE_SECONDS;
const SAVE_MILLISECONDS = 4_000;

export interface PoolWorkers {
  slots: number;
  workerIds: string[];
}

interface SeenWorker {
  presence: PresenceMessage;
  /** Of the process's monotonic clock. */
  seenAt: number;
}

/** Which workers there are: in memory for the scheduler, and in the database for everybody else. */
export class Presence {
  readonly #workers = new Map<string, SeenWorker>();
  readonly #unsaved = new Map<string, PresenceMessage>();
  readonly #saving: Loop;
  #listener: Listener | undefined;

  constructor(
    private readonly options: {
      bus: Bus;
      database: Database;
      log: Logger;
      /** A worker of that pool may have room now. */
      onRoom: (pool: string) => void;
    },
  ) {
    this.#saving = new Loop('saving workers', SAVE_MILLISECONDS, () => this.#save(), options.log);
  }

  start(): void {
    this.#listener = this.options.bus.subscribe(ALL_PRESENCE, (message) => this.#see(message));
    this.#saving.start();
  }

  async stop(): Promise<void> {
    this.#listener?.unsubscribe();
    await this.#saving.stop();
  }

  /** Pools that have a live worker, with its slots. */
  pools(): Map<string, PoolWorkers> {
    const pools = new Map<string, PoolWorkers>();
    const oldest = performance.now() - LIVE_SECONDS * 1000;
    for (const [id, { presence, seenAt }] of this.#workers) {
      if (seenAt < oldest) {
        this.#workers.delete(id);
        continue;
      }
      const pool = pools.get(presence.pool) ?? { slots: 0, workerIds: [] };
      pool.slots += presence.slots;
      pool.workerIds.push(id);
      pools.set(presence.pool, pool);
    }
    return pools;
  }

  #see(message: unknown): void {
    const presence = PresenceMessage.parse(message);
    const known = this.#workers.get(presence.workerId);
    this.#unsaved.set(presence.workerId, presence);
    if (presence.leaving) {
      this.#workers.delete(presence.workerId);
      this.#saving.wake();
      return;
    }
    this.#workers.set(presence.workerId, { presence, seenAt: performance.now() });
    if (!known) this.#saving.wake();
    if (presence.runs.length < presence.slots && known?.presence.runs.length !== presence.runs.length) {
      this.options.onRoom(presence.pool);
    }
  }

  async #save(): Promise<void> {
    const workers = [...this.#unsaved.values()];
    if (workers.length === 0) return;
    await this.options.database.asDispatch(
      (tx) => tx.$executeRaw`
        INSERT INTO workers (id, pool, slots, engine, device, version, host, started_at, last_seen_at, left_at)
        SELECT w."workerId", w.pool, w.slots, w.engine, w.device, w.version, w.host,
          to_timestamp(w."startedAt" / 1000), now(), CASE WHEN w.leaving THEN now() END
        FROM jsonb_to_recordset(${JSON.stringify(workers)}::jsonb) AS w("workerId" text, pool text, slots int,
          engine text, device text, version text, host text, "startedAt" float8, leaving boolean)
        ORDER BY w."workerId"
        ON CONFLICT (id) DO UPDATE SET slots = excluded.slots, engine = excluded.engine, device = excluded.device,
          last_seen_at = excluded.last_seen_at, left_at = coalesce(workers.left_at, excluded.left_at)`,
    );
    for (const worker of workers) {
      if (this.#unsaved.get(worker.workerId) === worker) this.#unsaved.delete(worker.workerId);
    }
  }
}
