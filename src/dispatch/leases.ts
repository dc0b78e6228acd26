import type { Logger } from 'pino';
import type { AttemptRef } from '../../schema/messages/job.js';
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

interface Renewal {
  row: AttemptRef;
  resolve: (reply: RenewLeaseReply) => void;
  reject: (error: unknown) => void;
}

/** Renews the leases of attempts, and takes runs from workers that stopped renewing. */
export class Leases {
  readonly #reaper: Loop;
  readonly #listeners: Listener[] = [];
  /** Monotonic. Until then nobody is reaped: renewals could not arrive a while ago. */
  #graceUntil = 0;
  #lastLook = 0;
  readonly #renewals: Renewal[] = [];
  #renewing = false;

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

  /** Renewals that come while a statement is under way share the next one: however many there are, it stays one a time. */
  renew({ tenantId, runId, attempt, leaseToken }: RenewLeaseRequest): Promise<RenewLeaseReply> {
    return new Promise((resolve, reject) => {
      this.#renewals.push({ row: { tenantId, runId, attempt, leaseToken }, resolve, reject });
      if (!this.#renewing) void this.#renewAll();
    });
  }

  async #renewAll(): Promise<void> {
    this.#renewing = true;
    for (let batch = this.#renewals.splice(0); batch.length > 0; batch = this.#renewals.splice(0)) {
      try {
        const states = await this.#extend(batch.map(({ row }) => row));
        for (const { row, resolve } of batch) {
          const state = states.get(row.leaseToken);
          resolve({ directive: state ? directiveFor(state) : 'LOST' });
        }
      } catch (error) {
        // The database is away, for all workers alike: their leases run out through no fault of theirs.
        this.#grantGrace();
        for (const { reject } of batch) reject(error);
      }
    }
    this.#renewing = false;
  }

  /** Extends those leases that are still good. Answers their runs' states by lease token. */
  async #extend(rows: readonly AttemptRef[]): Promise<Map<string, RunState>> {
    const extended = await this.options.database.asDispatch(
      (tx) => tx.$queryRaw<{ lease_token: string; state: RunState }[]>`
        WITH asked AS (
          SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
            AS r("tenantId" text, "runId" text, attempt int, "leaseToken" text)
        ), locked AS (
          -- In one order, so that two gateways can't wait for each other.
          SELECT a.tenant_id, a.run_id, a.number FROM attempts a
          JOIN asked ON a.tenant_id = asked."tenantId" AND a.run_id = asked."runId" AND a.number = asked.attempt
            AND a.lease_token = asked."leaseToken"
          WHERE a.state = 'RUNNING'
          ORDER BY a.tenant_id, a.run_id FOR NO KEY UPDATE OF a
        )
        UPDATE attempts a
        SET lease_expires_at = clock_timestamp() + make_interval(secs => ${this.options.config.leaseSeconds})
        FROM locked l JOIN runs r ON r.tenant_id = l.tenant_id AND r.id = l.run_id AND r.attempt = l.number
        WHERE a.tenant_id = l.tenant_id AND a.run_id = l.run_id AND a.number = l.number AND a.state = 'RUNNING'
        RETURNING a.lease_token, r.state`,
    );
    return new Map(extended.map(({ lease_token, state }) => [lease_token, state]));
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
      return { workerId, state: moved.state, change: changeOf(moved, true) };
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
