import {
  connect,
  DiscardPolicy,
  ErrorCode,
  headers,
  nanos,
  NatsError,
  RetentionPolicy,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection,
  type Subscription,
} from 'nats';
import type { Logger } from 'pino';
import { STREAMS } from '../../schema/messages/subjects.js';

/** Handle of something that listens; ends with `unsubscribe`. */
export interface Listener {
  unsubscribe(): void;
}

/**
 * NATS for the gateway. Messages are JSON. Reconnects for ever: while the server is away, durable publishes and
 * requests reject (their callers try again), and core messages wait in the client's buffer.
 */
export class Bus {
  readonly #connection: NatsConnection;
  readonly #jetstream: JetStreamClient;
  readonly #log: Logger;

  private constructor(connection: NatsConnection, log: Logger) {
    this.#connection = connection;
    this.#jetstream = connection.jetstream({ timeout: 5_000 });
    this.#log = log;
  }

  static async connect(options: { url: string; name: string; log: Logger }): Promise<Bus> {
    const url = new URL(options.url);
    const connection = await connect({
      servers: url.host,
      user: url.username ? decodeURIComponent(url.username) : undefined,
      pass: url.password ? decodeURIComponent(url.password) : undefined,
      name: options.name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      waitOnFirstConnect: true,
      pingInterval: 5_000,
    });
    const bus = new Bus(connection, options.log);
    bus.#watchConnection();
    return bus;
  }

  get connected(): boolean {
    return !this.#connection.isClosed() && this.#connection.info !== undefined;
  }

  /** The connection itself, for JetStream consumers. */
  get connection(): NatsConnection {
    return this.#connection;
  }

  /** At most once. */
  publish(subject: string, message: unknown): void {
    this.#connection.publish(subject, JSON.stringify(message));
  }

  /** Resolves once the stream has stored it; a repeat with the same id is stored once. Rejects when nobody confirms. */
  async publishDurable(subject: string, message: unknown, messageId: string): Promise<void> {
    const header = headers();
    header.set('Nats-Msg-Id', messageId);
    await this.#jetstream.publish(subject, JSON.stringify(message), { headers: header });
  }

  /** Calls the handler for each message, one after the other; what it throws is logged. `group` shares the messages. */
  subscribe(
    subject: string,
    handler: (message: unknown, subject: string) => void | Promise<void>,
    group?: string,
  ): Listener {
    const subscription = this.#connection.subscribe(subject, { queue: group });
    void this.#handle(subscription, handler);
    return subscription;
  }

  /** Undefined when nobody listens there, or nobody answers in time. */
  async request(subject: string, message: unknown, timeoutMs: number): Promise<unknown> {
    try {
      const reply = await this.#connection.request(subject, JSON.stringify(message), { timeout: timeoutMs });
      return reply.json();
    } catch (error) {
      if (
        error instanceof NatsError &&
        [ErrorCode.NoResponders, ErrorCode.Timeout].includes(error.code as ErrorCode)
      ) {
        return undefined;
      }
      throw error;
    }
  }

  /** Answers requests, many at a time. A handler that throws is logged and gives no answer: the asker tries again. */
  serve(subject: string, group: string, handler: (message: unknown) => Promise<unknown>): Listener {
    return this.#connection.subscribe(subject, {
      queue: group,
      callback: (error, message) => {
        if (error) return;
        void (async () => message.respond(JSON.stringify(await handler(message.json()))))().catch(
          (failure: unknown) => this.#log.error({ err: failure, subject }, 'a request could not be answered'),
        );
      },
    });
  }

  /** Makes the streams, or leaves those that are there. */
  async ensureStreams(): Promise<void> {
    const manager = await this.#connection.jetstreamManager();
    const day = nanos(24 * 3600 * 1000);
    const common = {
      storage: StorageType.File,
      num_replicas: 1,
      // Two minutes of memory for message ids: longer than any gateway or worker tries to publish the same message.
      duplicate_window: nanos(120_000),
    };
    await ensureStream(manager, {
      ...common,
      name: STREAMS.jobs.name,
      subjects: [...STREAMS.jobs.subjects],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_age: 7 * day,
    });
    await ensureStream(manager, {
      ...common,
      name: STREAMS.reports.name,
      subjects: [...STREAMS.reports.subjects],
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_bytes: 2 * 1024 ** 3,
    });
    await ensureStream(manager, {
      ...common,
      name: STREAMS.deadLetters.name,
      subjects: [...STREAMS.deadLetters.subjects],
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      max_age: 30 * day,
      max_bytes: 256 * 1024 ** 2,
    });
  }

  async close(): Promise<void> {
    await this.#connection.drain();
  }

  async #handle(
    subscription: Subscription,
    handler: (message: unknown, subject: string) => void | Promise<void>,
  ): Promise<void> {
    for await (const message of subscription) {
      try {
        await handler(message.json(), message.subject);
      } catch (error) {
        this.#log.error({ err: error, subject: message.subject }, 'a message could not be handled');
      }
    }
  }

  #watchConnection(): void {
    void (async () => {
      for await (const status of this.#connection.status()) {
        if (status.type === 'disconnect' || status.type === 'reconnect') {
          this.#log.warn({ server: status.data }, `nats ${status.type}`);
        }
      }
    })();
  }
}

async function ensureStream(
  manager: JetStreamManager,
  config: Parameters<JetStreamManager['streams']['add']>[0],
): Promise<void> {
  try {
    await manager.streams.info(config.name as string);
  } catch (error) {
    if (!(error instanceof NatsError) || error.api_error?.err_code !== STREAM_NOT_FOUND) throw error;
    await manager.streams.add(config);
  }
}

const STREAM_NOT_FOUND = 10059;
