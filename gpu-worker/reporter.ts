import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AttemptRef } from '../schema/messages/job.js';
import type { Report, ReportBody } from '../schema/messages/report.js';
import { reportSubject } from '../schema/messages/subjects.js';
import type { Bus } from './bus.js';

/** Points of one message. At some 100 bytes a point it stays far below the server's limit of 1 MB. */
const MOST_POINTS = 2_000;
const FIRST_WAIT_MILLISECONDS = 100;
const LONGEST_WAIT_MILLISECONDS = 2_000;

interface Waiting {
  body: ReportBody;
  at: number;
  stored: (() => void)[];
}

/**
 * Publishes the reports of one attempt, one after the other, numbered 1, 2, 3, …; each is tried until the stream has
 * it, however long the server is away. While one is under way, later points join into one message, and a newer
 * progress of the same step replaces the one that waits.
 */
export class Reporter {
  readonly #bus: Pick<Bus, 'connected' | 'publishDurable'>;
  readonly #attempt: AttemptRef;
  readonly #log: Logger;
  readonly #queue: Waiting[] = [];
  #sequence = 0;
  #publishing = false;
  #closed = false;

  constructor(bus: Pick<Bus, 'connected' | 'publishDurable'>, attempt: AttemptRef, log: Logger) {
    this.#bus = bus;
    this.#attempt = attempt;
    this.#log = log;
  }

  /** Resolves once this report, and with it every earlier one, is stored. Never resolves after `close`. */
  report(body: ReportBody): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) return;
      if (!this.#join(body, resolve)) this.#queue.push({ body, at: Date.now(), stored: [resolve] });
      if (!this.#publishing) void this.#publishAll();
    });
  }

  /** Drops what isn't published: another attempt speaks for the run now. */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
  }

  #join(body: ReportBody, stored: () => void): boolean {
    const last = this.#queue.at(-1);
    if (body.type === 'metrics' && last?.body.type === 'metrics') {
      if (last.body.points.length + body.points.length > MOST_POINTS) return false;
      last.body = { type: 'metrics', points: [...last.body.points, ...body.points] };
      last.stored.push(stored);
      return true;
    }
    if (body.type !== 'progress') return false;
    const older = this.#queue.find(
      (waiting) => waiting.body.type === 'progress' && waiting.body.step === body.step,
    );
    if (!older) return false;
    older.body = body;
    older.stored.push(stored);
    return true;
  }

  async #publishAll(): Promise<void> {
    this.#publishing = true;
    for (let next = this.#queue.shift(); next && !this.#closed; next = this.#queue.shift()) {
      this.#sequence += 1;
      await this.#publish(next, this.#sequence);
      for (const resolve of next.stored) resolve();
    }
    this.#publishing = false;
  }

  async #publish({ body, at }: Waiting, sequence: number): Promise<void> {
    const { tenantId, runId, attempt, leaseToken } = this.#attempt;
    const report: Report = { v: 1, tenantId, runId, attempt, leaseToken, sequence, at, body };
    const messageId = `${runId}.${attempt}.${sequence}`;
    for (
      let wait = FIRST_WAIT_MILLISECONDS;
      !this.#closed;
      wait = Math.min(2 * wait, LONGEST_WAIT_MILLISECONDS)
    ) {
      try {
        await this.#bus.connected();
        if (this.#closed) break;
        await this.#bus.publishDurable(reportSubject(tenantId, runId), report, messageId);
        return;
      } catch (error) {
        this.#log.warn({ err: error, messageId }, 'a report is not stored yet; trying again');
        await delay(wait);
      }
    }
    // Closed: whoever waits for this report waits for ever, and is dropped with the attempt.
    await new Promise<never>(() => undefined);
  }
}
