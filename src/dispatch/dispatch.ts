import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Bus } from '../platform/bus.js';
import type { Database } from '../platform/database.js';
import type { Objects } from '../platform/objects.js';
import { AwaitedInputs } from './awaited-inputs.js';
import { Claims } from './claims.js';
import { Control } from './control.js';
import { DeadLetters } from './dead-letters.js';
import { Leases } from './leases.js';
import { Outbox } from './outbox.js';
import { Presence } from './presence.js';
import { Reports } from './reports.js';
import { Scheduler } from './scheduler.js';
import { Sweep } from './sweep.js';
import { Uploads } from './uploads.js';

export interface DispatchOptions {
  database: Database;
  bus: Bus;
  objects: Objects;
  config: Config;
  log: Logger;
}

/** Everything between the queue and the workers. Every gateway runs one; README.md says what keeps them apart. */
export class Dispatch {
  readonly control: Control;
  readonly #bus: Bus;
  readonly #parts: readonly { start(): void; stop(): void | Promise<void> }[];

  constructor(options: DispatchOptions) {
    const log = options.log.child({ part: 'dispatch' });
    const { database, bus } = options;
    const common = { ...options, log };
    const outbox = new Outbox(database, bus, log);
    const deadLetters = new DeadLetters(common);
    const presence = new Presence({ bus, database, log, onRoom: () => scheduler.wake() });
    const scheduler: Scheduler = new Scheduler({
      database,
      bus,
      log,
      pools: () => presence.pools(),
      onDispatched: () => outbox.wake(),
    });
    this.#bus = bus;
    this.control = new Control(bus);
    this.#parts = [
      outbox,
      new Claims(common),
      new Uploads(common),
      new Leases(common),
      deadLetters,
      new Reports({ ...common, bury: (message, reason) => deadLetters.bury(message, reason) }),
      new Sweep(common),
      new AwaitedInputs(common),
      scheduler,
      presence,
    ];
  }

  /** Resolves when workers are served. */
  async start(): Promise<void> {
    await this.#bus.ensureStreams();
    for (const part of this.#parts) part.start();
  }

  /** Takes nothing new, and resolves when what was under way is done. */
  async stop(): Promise<void> {
    for (const part of [...this.#parts].reverse()) await part.stop();
  }
}
