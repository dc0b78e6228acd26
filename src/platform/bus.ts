import {
  AckPolicy,
  connect,
  DeliverPolicy,
  DiscardPolicy,
  ErrorCode,
  Events,
  headers,
  nanos,
  NatsError,
  RetentionPolicy,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type NatsConnection,
  type Subscription,
} from 'nats';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { STREAMS } from '../../schema/messages/subjects.js';

/** Handle of something that listens; ends with `unsubscribe`. */
export interface Listener {
  unsubscribe(): void;
}

/** A message of a stream. Exactly one of `ack` and `redeliver` ends it. */
export interface Delivery {
  readonly subject: string;
  readonly text: string;
  /** 1 for the first. */
  readonly deliveries: number;
  ack(): void;
  /** Give it again, to whichever gateway asks next. */
  redeliver(afterMs: number): void;
  /** It takes longer: don't give it to another gateway yet. */
  working(): void;
}

export interface DurableConsumer {
  stream: string;
  name: string;
  /** How long a message may stay unanswered before another gateway gets it. */
  ackWaitMs: number;
  /** Messages given out and not answered, over all gateways. */
  maxAckPending: number;
  /** Messages that this gateway asks for in advance. */
  prefetch: number;
}

/**
 * NATS for the gateway. Messages are JSON. Reconnects for ever: while the server is away, durable publishes and
 * requests reject (their callers try again), and core messages wait in the client's buffer.
 */
export class Bus {
  readonly #connection: NatsConnection;
  readonly #jetstream: JetStreamClient;
  readonly #log: Logger;
  readonly #onReconnect = new Set<() => void>();
  #connected = true;

  private constructor(connection: NatsConnection, log: Logger) {
    this.#connection = connection;
    this.#jetstream = connection.jetstream({ timeout: CONFIRM_MILLISECONDS });
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
    return this.#connected && !this.#connection.isClosed();
  }

  /** Calls back each time that the connection came back after a loss. */
  onReconnect(callback: () => void): Listener {
    this.#onReconnect.add(callback);
    return { unsubscribe: () => void this.#onReconnect.delete(callback) };
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

  /**
   * Takes messages of a stream as one of the gateways that share the durable consumer, which is made when it is not
   * there. The handler must not throw; it answers each message when it likes. Goes on through losses of the
   * connection. `stop` resolves when no more messages come; those that were given and not answered come again.
   */
  consume(consumer: DurableConsumer, handler: (delivery: Delivery) => void): { stop(): Promise<void> } {
    let stopped = false;
    let stopMessages: () => unknown = () => undefined;
    // A server that lost its disk comes back without the consumer: pulls that are under way notice half a minute later.
    const reconnection = this.onReconnect(() => stopMessages());
    const running = (async () => {
      while (!stopped && !this.#connection.isClosed()) {
        try {
          await this.#ensureConsumer(consumer);
          const source = await this.#jetstream.consumers.get(consumer.stream, consumer.name);
          const messages = await source.consume({
            max_messages: consumer.prefetch,
            abort_on_missing_resource: true,
          });
          stopMessages = () => messages.stop();
          // Stopped while it was being made.
          if (stopped as boolean) messages.stop();
          for await (const message of messages) handler(deliveryOf(message));
        } catch (error) {
          if (!stopped) this.#log.warn({ err: error, consumer: consumer.name }, 'a consumer is interrupted');
        }
        if (!stopped) await delay(RETRY_MILLISECONDS);
      }
    })();
    return {
      stop: async () => {
        stopped = true;
        reconnection.unsubscribe();
        stopMessages();
        await running;
      },
    };
  }

  /** A message that is still in a stream, or undefined. */
  async storedMessage(
    stream: string,
    sequence: number,
  ): Promise<{ subject: string; text: string } | undefined> {
    const manager = await this.#connection.jetstreamManager();
    try {
      const message = await manager.streams.getMessage(stream, { seq: sequence });
      return { subject: message.subject, text: message.string() };
    } catch (error) {
      if (isApiError(error, MESSAGE_NOT_FOUND)) return undefined;
      throw error;
    }
  }

  async deleteStoredMessage(stream: string, sequence: number): Promise<void> {
    const manager = await this.#connection.jetstreamManager();
    await manager.streams.deleteMessage(stream, sequence, false).catch((error: unknown) => {
      if (!isApiError(error, MESSAGE_NOT_FOUND)) throw error;
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

  async #ensureConsumer(consumer: DurableConsumer): Promise<void> {
    await this.ensureStreams();
    const manager = await this.#connection.jetstreamManager();
    try {
      await manager.consumers.info(consumer.stream, consumer.name);
    } catch (error) {
      if (!isApiError(error, CONSUMER_NOT_FOUND)) throw error;
      await manager.consumers.add(consumer.stream, {
        durable_name: consumer.name,
        deliver_policy: DeliverPolicy.All,
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(consumer.ackWaitMs),
        max_ack_pending: consumer.maxAckPending,
        max_deliver: -1,
      });
    }
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
        if (status.type === Events.Disconnect) {
          if (this.#connected) this.#log.warn({ server: status.data }, 'the connection to NATS is lost');
          this.#connected = false;
        } else if (status.type === Events.Reconnect) {
          this.#log.info({ server: status.data }, 'the connection to NATS is back');
          this.#connected = true;
          for (const callback of this.#onReconnect) callback();
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
    if (!isApiError(error, STREAM_NOT_FOUND)) throw error;
    await manager.streams.add(config);
  }
}

function deliveryOf(message: JsMsg): Delivery {
  return {
    subject: message.subject,
    text: message.string(),
    deliveries: message.info.deliveryCount,
    ack: () => message.ack(),
    redeliver: (afterMs) => message.nak(afterMs),
    working: () => message.working(),
  };
}

function isApiError(error: unknown, code: number): boolean {
  return error instanceof NatsError && error.api_error?.err_code === code;
}

const CONSUMER_NOT_FOUND = 10014;
const MESSAGE_NOT_FOUND = 10037;
const STREAM_NOT_FOUND = 10059;
const RETRY_MILLISECONDS = 500;
/** A confirmation that was lost with the connection never comes: publishing again is safe, and soon better. */
const CONFIRM_MILLISECONDS = 2_000;
