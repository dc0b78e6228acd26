import type { Logger } from 'pino';
import type { Bus, Listener } from '../platform/bus.js';
import type { Database } from '../platform/database.js';
import { Loop } from './loop.js';

const TICK_MILLISECONDS = 1_000;
const BATCH = 100;

interface OutboxRow {
  id: bigint;
  subject: string;
  message_id: string;
  payload: unknown;
}

/**
 * Publishes what transactions left in the outbox, in the order of its ids, each until the stream has confirmed it. A crash
 * between confirmation and delete publishes again under the same message id, which the stream stores once.
 */
export class Outbox {
  readonly #loop: Loop;
  #listener: Listener | undefined;

  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
    log: Logger,
  ) {
    this.#loop = new Loop('publishing the outbox', TICK_MILLISECONDS, () => this.#relay(), log);
  }

  start(): void {
    this.#listener = this.bus.onReconnect(() => this.wake());
    this.#loop.start();
  }

  wake(): void {
    this.#loop.wake();
  }

  async stop(): Promise<void> {
    this.#listener?.unsubscribe();
    await this.#loop.stop();
  }

  async #relay(): Promise<void> {
    // Not merely an optimisation: the batch below holds a connection of the database while it waits for NATS.
    while (this.bus.connected && (await this.#relayBatch()) === BATCH);
  }

  /** Row locks keep two gateways from publishing the same rows; NATS answers, or the client gives up, within seconds. */
  #relayBatch(): Promise<number> {
    return this.database.asDispatch(async (tx) => {
      const rows = await tx.$queryRaw<OutboxRow[]>`
        SELECT id, subject, message_id, payload FROM outbox_messages ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`;
      if (rows.length === 0) return 0;
      const published = await Promise.allSettled(
        rows.map((row) => this.bus.publishDurable(row.subject, row.payload, row.message_id)),
      );
      const done = rows.filter((_, index) => published[index]?.status === 'fulfilled').map(({ id }) => id);
      await tx.$executeRaw`DELETE FROM outbox_messages WHERE id = ANY(${done})`;
      const failed = published.find((result) => result.status === 'rejected');
      // Thrown only when nothing went through: the deletes of what did must be kept.
      if (failed && done.length === 0) throw failed.reason;
      return rows.length;
    });
  }
}
