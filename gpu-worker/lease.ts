import type { Logger } from 'pino';
import type { AttemptRef } from '../schema/messages/job.js';
import { RenewLeaseReply, type Directive, type RenewLeaseRequest } from '../schema/messages/lease.js';
import { REQUESTS } from '../schema/messages/subjects.js';
import type { Bus } from './bus.js';

const LONGEST_INTERVAL_MILLISECONDS = 2_000;
/** After the end of an attempt the lease is kept until a gateway has stored that end, but no longer than this. */
const LONGEST_AFTER_END_MILLISECONDS = 10 * 60_000;

export interface LeaseOptions {
  readonly bus: Pick<Bus, 'request'>;
  readonly attempt: AttemptRef;
  readonly workerId: string;
  readonly seconds: number;
  /** Answers false when the lease must not be renewed now, since its child shows no life. */
  readonly isAlive: () => boolean;
  /** Called with each answer of a gateway, until the lease is let go. */
  readonly onDirective: (directive: Directive) => void;
  readonly log: Logger;
}

/**
 * Renews the lease of an attempt, several times per lease. An outage changes nothing: while nobody answers, the work
 * goes on, and only a gateway's LOST says that it was for nothing.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;
  #endedAt: number | undefined;
  #gone = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#interval = Math.min(LONGEST_INTERVAL_MILLISECONDS, (options.seconds * 1000) / 5);
    this.#schedule();
  }

  /**
   * The attempt's last report is on its way. Renewals go on until a gateway says that the attempt is over: else a
   * gateway that is behind with its reports would take the worker for lost, and run everything again.
   */
  end(): void {
    this.#endedAt = Date.now();
  }

  /** Stops at once. */
  drop(): void {
    this.#gone = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#gone) return;
    this.#timer = setTimeout(() => void this.#renew().finally(() => this.#schedule()), this.#interval);
  }

  async #renew(): Promise<void> {
    const { bus, attempt, workerId, log, isAlive, onDirective } = this.#options;
    if (this.#endedAt !== undefined && Date.now() - this.#endedAt > LONGEST_AFTER_END_MILLISECONDS) {
      this.drop();
      return;
    }
    if (!isAlive()) return;
    const { tenantId, runId, leaseToken } = attempt;
    const request: RenewLeaseRequest = {
      v: 1,
      tenantId,
      runId,
      attempt: attempt.attempt,
      leaseToken,
      workerId,
    };
    const answer = await bus.request(REQUESTS.renewLease, request, 2_000);
    if (answer === undefined || this.#gone) return;
    const reply = RenewLeaseReply.safeParse(answer);
    if (!reply.success) {
      log.error({ answer }, 'a gateway answered a renewal with something else');
      return;
    }
    if (reply.data.directive === 'LOST') this.drop();
    if (this.#endedAt === undefined) onDirective(reply.data.directive);
  }
}
