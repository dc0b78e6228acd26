import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { z } from 'zod';
import { AttemptRef } from '../../schema/messages/job.js';
import { deadLetterSubject, GATEWAY_QUEUE_GROUP, STREAMS } from '../../schema/messages/subjects.js';
import { systemContext } from '../access/context.js';
import type { Config } from '../config.js';
import type { Bus, Delivery, Listener } from '../platform/bus.js';
import type { Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import { announce, changeOf } from './announce.js';
import { endAttempt, lockAttempt } from './attempts.js';

/** What lies in the stream of dead letters, written by gateways and workers. */
const Letter = z.object({ subject: z.string(), message: z.string(), reason: z.string() });
type Letter = z.infer<typeof Letter>;

/** The server's word that a message was delivered as often as its consumer allows. */
const MaxDeliveries = z.object({ stream_seq: z.int() });
const EXHAUSTED_JOBS = `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${STREAMS.jobs.name}.*`;

/** Of a message or a reason that is kept. */
const MOST_CHARACTERS = 20_000;
const ACK_WAIT_MILLISECONDS = 30_000;

/**
 * Messages that nobody could handle: kept in a table for a person to look at, with the reason; the run that they belong
 * to, if any, is tried again or fails, and doesn't wait for what will never come.
 */
export class DeadLetters {
  #consumer: { stop(): Promise<void> } | undefined;
  #listener: Listener | undefined;
  readonly #work = new Set<Promise<void>>();

  constructor(private readonly options: { database: Database; bus: Bus; config: Config; log: Logger }) {}

  start(): void {
    const { bus, log } = this.options;
    this.#consumer = bus.consume(
      {
        stream: STREAMS.deadLetters.name,
        name: 'gateways',
        ackWaitMs: ACK_WAIT_MILLISECONDS,
        maxAckPending: 64,
        prefetch: 16,
      },
      (delivery) => {
        const work = this.#file(delivery).catch((error: unknown) => {
          log.error({ err: error }, 'a dead letter could not be filed');
          delivery.redeliver(5_000);
        });
        this.#work.add(work);
        void work.finally(() => this.#work.delete(work));
      },
    );
    this.#listener = bus.subscribe(EXHAUSTED_JOBS, (message) => this.#buryJob(message), GATEWAY_QUEUE_GROUP);
  }

  async stop(): Promise<void> {
    this.#listener?.unsubscribe();
    await this.#consumer?.stop();
    await Promise.all(this.#work);
  }

  /** Resolves once the letter is stored. */
  async bury(message: { subject: string; text: string }, reason: string): Promise<void> {
    const letter: Letter = { subject: message.subject, message: message.text, reason };
    await this.options.bus.publishDurable(deadLetterSubject('reports'), letter, randomUUID());
  }

  async #buryJob(advisory: unknown): Promise<void> {
    const { bus } = this.options;
    const { stream_seq: sequence } = MaxDeliveries.parse(advisory);
    const message = await bus.storedMessage(STREAMS.jobs.name, sequence);
    if (!message) return;
    const reason = 'Workers took the job as often as they may, and none could claim it.';
    const letter: Letter = { subject: message.subject, message: message.text, reason };
    await bus.publishDurable(deadLetterSubject('jobs'), letter, `${STREAMS.jobs.name}.${sequence}`);
    await bus.deleteStoredMessage(STREAMS.jobs.name, sequence);
  }

  async #file(delivery: Delivery): Promise<void> {
    const { database, log } = this.options;
    const letter = Letter.safeParse(jsonOf(delivery.text)).data ?? {
      subject: delivery.subject,
      message: delivery.text,
      reason: 'It came to the dead letters without a reason.',
    };
    const ref = AttemptRef.safeParse(jsonOf(letter.message)).data;
    log.error({ subject: letter.subject, reason: letter.reason, run: ref?.runId }, 'a message is dead');
    await database.asDispatch((tx) =>
      tx.deadLetter.create({
        data: {
          id: newId('deadLetter'),
          tenantId: ref?.tenantId,
          runId: ref?.runId,
          subject: letter.subject,
          reason: kept(letter.reason),
          payload: kept(letter.message),
        },
      }),
    );
    if (ref) await this.#settleRun(ref);
    delivery.ack();
  }

  async #settleRun(ref: AttemptRef): Promise<void> {
    const { database, bus, config } = this.options;
    const context = systemContext(ref.tenantId, `dead letter ${ref.runId}.${ref.attempt}`);
    const change = await database.withTenant(context, async (tx) => {
      const held = await lockAttempt(tx, ref);
      if (!held) return undefined;
      const incidentId = randomUUID();
      const message = `A message of this run could not be handled. The log of the gateway tells more under ${incidentId}.`;
      this.options.log.error(
        { incidentId, ...ref, leaseToken: undefined },
        'a run lost its attempt by a dead letter',
      );
      const moved = await endAttempt(
        context,
        tx,
        held,
        {
          type: 'FAILED',
          failure: { code: 'INTERNAL', message, location: {}, incidentId },
          blameless: false,
        },
        config,
      );
      return changeOf(moved, true);
    });
    if (change) announce(bus, change);
  }
}

/** PostgreSQL's text holds no NUL. */
const kept = (text: string): string => text.slice(0, MOST_CHARACTERS).replaceAll('\0', '�');

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
