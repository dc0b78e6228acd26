import type { Logger } from 'pino';
import { RenewLeaseRequest, type Directive, type RenewLeaseReply } from '../../schema/messages/lease.js';
import { GATEWAY_QUEUE_GROUP, REQUESTS } from '../../schema/messages/subjects.js';
import { systemContext } from '../access/context.js';
import type { Config } from '../config.js';
import type { Bus, Listener } from '../platform/bus.js';
import type { Database, Transaction } from '../platform/database.js';
import type { RunState } from '../platform/prisma-client/client.js';
import { holdsSlot } from '../runs/run.states.js';
import { announce, changeOf } from './announce.js';
import { attemptKey, endAttempt, lockAttempt } from './attempts.js';
import { workerLost } from './endings.js';
import { Loop } from './loop.js';

const TICK_MILLISECONDS = 1_000;
const BATCH = 100;

interface ExpiredRow {
  tenant_id: string;
  run_id: string;
  number: number;
  lease_token: string;
}

/** Renews the leases of attempts, and takes runs from workers that stopped renewing. */
export class Leases {
  readonly #reaper: Loop;
  readonly #listeners: Listener[] = [];
  /** Monotonic. Until then nobody is reaped: renewals could not arrive a while ago. */
  #graceUntil = 0;
  #lastLook = 0;

  constructor(private readonly options: { database: Database; bus: Bus; config: Config; log: Logger }) {
    this.#reaper = new Loop('reaping leases', TICK_MILLISECONDS, () => this.#look(), options.log);
  }

  start(): void {
    const { bus } = this.options;
    this.#grantGrace();
    this.#listeners.push(
      bus.serve(REQUESTS.renewLease, GATEWAY_QUEUE_GROUP, (message) =>
        this.renew(RenewLeaseRequest.parse(message)),
      ),
      bus.onReconnect(() => this.#grantGrace()),
    );
    this.#reaper.start();
  }

  async stop(): Promise<void> {
    for (const listener of this.#listeners.splice(0)) listener.unsubscribe();
    await this.#reaper.stop();
  }

  async renew(request: RenewLeaseRequest): Promise<RenewLeaseReply> {
    const { database, config } = this.options;
    const { tenantId, runId, attempt, leaseToken } = request;
    try {
      const [row] = await database.asDispatch(
        (tx) => tx.$queryRaw<{ state: RunState }[]>`
          UPDATE attempts a SET lease_expires_at = clock_timestamp() + make_interval(secs => ${config.leaseSeconds})
          FROM runs r
          WHERE a.tenant_id = ${tenantId} AND a.run_id = ${runId} AND a.number = ${attempt}
            AND a.lease_token = ${leaseToken} AND a.state = 'RUNNING'
            AND r.tenant_id = a.tenant_id AND r.id = a.run_id AND r.attempt = a.number
          RETURNING r.state`,
      );
      return { directive: row ? directiveFor(row.state) : 'LOST' };
    } catch (error) {
      // The database is away, for all workers alike: their leases run out through no fault of theirs.
      this.#grantGrace();
      throw error;
    }
  }

  /** Takes back every attempt whose lease has run out. Answers how many. */
  async reap(): Promise<number> {
    const expired = await this.options.database.asDispatch(
      (tx) => tx.$queryRaw<ExpiredRow[]>`
        SELECT tenant_id, run_id, number, lease_token FROM attempts
        WHERE state IN ('DISPATCHED', 'RUNNING') AND lease_expires_at < clock_timestamp()
        ORDER BY lease_expires_at LIMIT ${BATCH}`,
    );
    let reaped = 0;
    for (const row of expired) {
      try {
        if (await this.#reapOne(row)) reaped += 1;
      } catch (error) {
        // One that can't be reaped must not keep the others.
        this.options.log.error({ err: error, run: row.run_id }, 'a lost run could not be taken back');
      }
    }
    return reaped;
  }

  async #look(): Promise<void> {
    const now = performance.now();
    // This process itself was stopped for a while (a debugger, a suspended machine): so were its answers to renewals.
    if (this.#lastLook > 0 && now - this.#lastLook > this.#leaseMilliseconds / 2) this.#grantGrace();
    this.#lastLook = now;
    if (!this.options.bus.connected) this.#grantGrace();
    if (now < this.#graceUntil) return;
    try {
      await this.reap();
    } catch (error) {
      this.#grantGrace();
      throw error;
    }
  }

  async #reapOne(row: ExpiredRow): Promise<boolean> {
    const { database, bus, log, config } = this.options;
    const context = systemContext(row.tenant_id, `lease ${row.run_id}.${row.number}`);
    const reaped = await database.withTenant(context, async (tx) => {
      const held = await lockAttempt(tx, {
        tenantId: row.tenant_id,
        runId: row.run_id,
        attempt: row.number,
        leaseToken: row.lease_token,
      });
      // Another gateway was faster, or a renewal came in the last moment.
      if (!held || held.attempt.leaseExpiresAt.getTime() > (await databaseTime(tx))) return undefined;
      const { workerId } = held.attempt;
      if (!holdsSlot(held.run.state)) {
        await tx.attempt.update({
          where: attemptKey(held.attempt),
          data: { state: 'ENDED', endedAt: new Date() },
        });
        log.error({ run: row.run_id, state: held.run.state }, 'a run had ended without its attempt');
        return undefined;
      }
      const moved = await endAttempt(
        context,
        tx,
        held,
        { type: 'FAILED', failure: workerLost(workerId), blameless: held.attempt.state === 'DISPATCHED' },
        config,
      );
      return { workerId, state: moved.state, change: await changeOf(tx, moved, true) };
    });
    if (!reaped) return false;
    log.warn({ run: row.run_id, attempt: row.number, ...reaped, change: undefined }, 'a lease ran out');
    announce(bus, reaped.change);
    return true;
  }

  get #leaseMilliseconds(): number {
    return this.options.config.leaseSeconds * 1000;
  }

  #grantGrace(): void {
    this.#graceUntil = performance.now() + this.#leaseMilliseconds;
  }
}

async function databaseTime(tx: Transaction): Promise<number> {
  const [row] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  return row ? row.now.getTime() : 0;
}

function directiveFor(state: RunState): Directive {
  switch (state) {
    case 'DISPATCHED':
    case 'RUNNING':
      return 'CONTINUE';
    case 'PAUSING':
      return 'PAUSE';
    case 'CANCELLING':
      return 'CANCEL';
    case 'QUEUED':
    case 'PAUSED':
    case 'SUCCEEDED':
    case 'FAILED':
    case 'CANCELLED':
      return 'LOST';
  }
}
