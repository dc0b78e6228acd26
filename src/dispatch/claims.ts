import type { Logger } from 'pino';
import { ClaimRequest, type ClaimReply } from '../../schema/messages/job.js';
import { GATEWAY_QUEUE_GROUP, REQUESTS } from '../../schema/messages/subjects.js';
import { systemContext, type TenantContext } from '../access/context.js';
import type { Config } from '../config.js';
import type { Bus, Listener } from '../platform/bus.js';
import type { Database, Transaction } from '../platform/database.js';
import type { Objects } from '../platform/objects.js';
import type { Run } from '../platform/prisma-client/client.js';
import { moveRun } from '../runs/run.transitions.js';
import { announce, changeOf, type RunChange } from './announce.js';
import { endAttempt, lockAttempt, type HeldAttempt } from './attempts.js';
import { buildJob } from './job.js';

interface Answer {
  reply: ClaimReply;
  change?: RunChange;
}

/** Hands dispatched attempts to the workers that ask for them. */
export class Claims {
  #listener: Listener | undefined;

  constructor(
    private readonly options: {
      database: Database;
      bus: Bus;
      objects: Objects;
      config: Config;
      log: Logger;
    },
  ) {}

  start(): void {
    this.#listener = this.options.bus.serve(REQUESTS.claim, GATEWAY_QUEUE_GROUP, (message) =>
      this.claim(ClaimRequest.parse(message)),
    );
  }

  stop(): void {
    this.#listener?.unsubscribe();
  }

  /**
   * Grants the attempt once, to one worker; the same worker gets the same answer again, since the first may have been
   * lost. A run that was cancelled or paused before anybody took it ends here.
   */
  async claim(request: ClaimRequest): Promise<ClaimReply> {
    const { database, bus } = this.options;
    const context = systemContext(request.tenantId, `claim ${request.runId}.${request.attempt}`);
    const { reply, change } = await database.withTenant(context, (tx) => this.#answer(context, tx, request));
    if (change) announce(bus, change);
    return reply;
  }

  async #answer(context: TenantContext, tx: Transaction, request: ClaimRequest): Promise<Answer> {
    const held = await lockAttempt(tx, request);
    if (!held) return refused('the attempt is over');
    const { run, attempt } = held;
    if (attempt.state === 'RUNNING' && attempt.workerId !== request.workerId) {
      return refused('another worker has the attempt');
    }
    if (run.state === 'CANCELLING' || run.state === 'PAUSING') {
      const type = run.state === 'CANCELLING' ? 'CANCELLED' : 'PAUSED';
      const moved = await endAttempt(context, tx, held, { type }, this.options.config);
      return refused(`the run is ${type.toLowerCase()}`, changeOf(moved, true));
    }
    const job = await buildJob(tx, held, this.options);
    if ('code' in job) {
      const ending = { type: 'FAILED', failure: job, blameless: false } as const;
      const moved = await endAttempt(context, tx, held, ending, this.options.config);
      return refused(job.message, changeOf(moved, true));
    }
    const reply: ClaimReply = { answer: 'GRANTED', job };
    if (attempt.state === 'RUNNING') return { reply };
    const moved = await this.#grant(context, tx, held, request);
    return { reply, change: changeOf(moved, false) };
  }

  async #grant(
    context: TenantContext,
    tx: Transaction,
    { run, attempt }: HeldAttempt,
    { workerId, engine, version, device }: ClaimRequest,
  ): Promise<Run> {
    // By the database's clock, which is the one that the reaper goes by.
    await tx.$executeRaw`
      UPDATE attempts SET state = 'RUNNING', worker_id = ${workerId}, engine = ${engine},
        engine_version = ${version ?? null}, device = ${device}, claimed_at = now(), points_before = ${run.metricSequence},
        lease_expires_at = clock_timestamp() + make_interval(secs => ${this.options.config.leaseSeconds})
      WHERE tenant_id = ${attempt.tenantId} AND run_id = ${attempt.runId} AND number = ${attempt.number}`;
    const moved = await moveRun(context, tx, run, 'CLAIM', {
      engine,
      engineVersion: version ?? null,
      device,
      startedAt: run.startedAt ?? new Date(),
      message: attempt.number > 1 ? `Attempt ${attempt.number}, by ${workerId}` : undefined,
    });
    if (!moved) throw new Error(`A run in ${run.state} had an attempt that nobody had claimed.`);
    return moved;
  }
}

function refused(reason: string, change?: RunChange): Answer {
  return { reply: { answer: 'REFUSED', reason }, change };
}
