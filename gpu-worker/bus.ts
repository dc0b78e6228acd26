import { setTimeout as delay } from 'node:timers/promises';
import {
  AckPolicy,
  connect,
  DeliverPolicy,
  ErrorCode,
  Events,
  headers,
  nanos,
  NatsError,
  type Consumer,
  type JetStreamClient,
  type JsMsg,
  type NatsConnection,
} from 'nats';
import type { Logger } from 'pino';
import { jobConsumer, jobSubject, STREAMS } from '../schema/messages/subjects.js';

/** How long a taken job may stay unanswered before the server gives it to another worker. */
const ACK_WAIT_MILLISECONDS = 10_000;
const NEXT_JOB_MILLISECONDS = 5_000;
const STREAM_OR_CONSUMER_NOT_FOUND = new Set([10014, 10059]);

/** A job taken from the queue. Exactly one of `done`, `giveBack` and `drop` ends it. */
export interface Delivery {
  readonly text: string;
  /** The claim takes longer: don't give the job to another worker yet. */
  working(): void;
  done(): void;
  giveBack(): void;
  /** Nobody can ever handle it. */
  drop(): void;
}

/** NATS for the worker: messages are JSON. Reconnects for ever, and says nothing on the wire while it is away. */
export class Bus {
  readonly #connection: NatsConnection;
  readonly #jetstream: JetStreamClient;
  readonly #log: Logger;
  #connected = true;
  #waiting: (() => void)[] = [];
  #jobs: Consumer | undefined;

  private constructor(connection: NatsConnection, log: Logger) {
    this.#connection = connection;
    this.#jetstream = connection.jetstream({ timeout: 5_000 });
    this.#log = log;
    void this.#watchConnection();
  }

  /** Waits for the server as long as it takes. */
  static async connect({ url, name, log }: { url: string; name: string; log: Logger }): Promise<Bus> {
    const parsed = new URL(url.includes('://') ? url : `nats://${url}`);
    const connection = await connect({
      servers: parsed.host,
      user: parsed.username ? decodeURIComponent(parsed.username) : undefined,
      pass: parsed.password ? decodeURIComponent(parsed.password) : undefined,
      name,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      waitOnFirstConnect: true,
      pingInterval: 5_000,
    });
    return new Bus(connection, log);
  }

  /** Resolves when the server is there. */
  async connected(): Promise<void> {
    if (this.#connected) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** At most once; nothing is kept for later while the server is away. */
  publish(subject: string, message: unknown): void {
    if (this.#connected && !this.#connection.isClosed()) {
      this.#connection.publish(subject, JSON.stringify(message));
    }
  }

  /** Resolves once a stream has stored it; a repeat with the same id is stored once. Rejects when nobody confirms. */
  async publishDurable(subject: string, message: unknown, messageId: string): Promise<void> {
    const header = headers();
    header.set('Nats-Msg-Id', messageId);
    await this.#jetstream.publish(subject, JSON.stringify(message), { headers: header });
  }

  /** Undefined when nobody answers in time, for whatever reason. */
  async request(subject: string, message: unknown, timeoutMilliseconds: number): Promise<unknown> {
    if (!this.#connected) return undefined;
    try {
      const reply = await this.#connection.request(subject, JSON.stringify(message), {
        timeout: timeoutMilliseconds,
      });
      return reply.json();
    } catch (error) {
      if (error instanceof NatsError || error instanceof SyntaxError) {
        if (!isSilence(error)) this.#log.warn({ err: error, subject }, 'a request got no answer');
        return undefined;
      }
      throw error;
    }
  }

  /** Answers requests, many at a time: each to this worker alone, or to whichever one of a group gets it. Ends with `unsubscribe`. */
  serve(
    subject: string,
    handler: (message: unknown) => unknown,
    group?: string,
  ): { readonly unsubscribe: () => void } {
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

  /** The same for JSON that others read and write: passes texts through. */
  relay(
    subject: string,
    handler: (request: string) => Promise<string>,
    group: string,
  ): { readonly unsubscribe: () => void } {
    return this.#connection.subscribe(subject, {
      queue: group,
      callback: (error, message) => {
        if (error) return;
        void (async () => message.respond(await handler(message.string())))().catch((failure: unknown) =>
          this.#log.error({ err: failure, subject }, 'a request could not be answered'),
        );
      },
    });
  }

  /** The next job of the pool, or undefined when none came within some seconds or the server is away. */
  async nextJob(pool: string): Promise<Delivery | undefined> {
    await this.connected();
    try {
      this.#jobs ??= await this.#jobConsumer(pool);
      const message = await this.#jobs.next({ expires: NEXT_JOB_MILLISECONDS });
      return message ? deliveryOf(message) : undefined;
    } catch (error) {
      if (this.#connection.isClosed()) return undefined;
      this.#jobs = undefined;
      this.#log.debug({ err: error }, 'no jobs can be taken now');
      await delay(250);
      return undefined;
    }
  }

  async flush(): Promise<void> {
    if (this.#connected) await this.#connection.flush();
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  /** Finds or makes the pool's durable consumer. Fails while no gateway has made the stream. */
  async #jobConsumer(pool: string): Promise<Consumer> {
    const { name: stream } = STREAMS.jobs;
    const durable = jobConsumer(pool);
    try {
      return await this.#jetstream.consumers.get(stream, durable);
    } catch (error) {
      if (!(error instanceof NatsError) || !STREAM_OR_CONSUMER_NOT_FOUND.has(error.api_error?.err_code ?? 0))
        throw error;
    }
    const manager = await this.#connection.jetstreamManager({ checkAPI: false });
    await manager.consumers.add(stream, {
      durable_name: durable,
      filter_subject: jobSubject(pool),
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MILLISECONDS),
      max_deliver: -1,
    });
    return this.#jetstream.consumers.get(stream, durable);
  }

  async #watchConnection(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === Events.Disconnect) {
        if (this.#connected) this.#log.warn('the connection to NATS is lost');
        this.#connected = false;
      } else if (status.type === Events.Reconnect) {
        this.#log.info('the connection to NATS is back');
        this.#connected = true;
        for (const resolve of this.#waiting.splice(0)) resolve();
      }
    }
  }
}

function deliveryOf(message: JsMsg): Delivery {
  return {
    text: message.string(),
    working: () => message.working(),
    done: () => message.ack(),
    giveBack: () => message.nak(),
    // Without a reason: older servers take `term(reason)` for nothing, and deliver the message again.
    drop: () => message.term(),
  };
}

function isSilence(error: Error): boolean {
  const silence: readonly string[] = [ErrorCode.NoResponders, ErrorCode.Timeout, ErrorCode.Disconnect];
  return error instanceof NatsError && silence.includes(error.code);
}
