import type { Logger } from 'pino';
import { jobSubject, QUEUE_CHANGED, GATEWAY_QUEUE_GROUP } from '../../schema/messages/subjects.js';
import type { Bus, Listener } from '../platform/bus.js';
import type { Database, Transaction } from '../platform/database.js';
import { announce, type RunChange } from './announce.js';
import { Loop } from './loop.js';
import type { PoolWorkers } from './presence.js';

const TICK_MILLISECONDS = 1_000;
/** A run that no worker claims within this time goes back to the queue. */
export const DISPATCH_SECONDS = 30;
/** Runs of one transaction. */
const BATCH = 64;
/** Serialises dispatching over all gateways: slots and the tenants' limits are counted under this lock. */
const ADVISORY_LOCK = 0x5c4ed;

interface Dispatched {
  tenant_id: string;
  id: string;
  event_sequence: number;
}

/**
 * Gives queued runs to pools that have free slots. Looks when told that something changed, and every second anyway: a
 * lost message costs a second, no more.
 */
export class Scheduler {
  readonly #loop: Loop;
  #listener: Listener | undefined;

  constructor(
    private readonly options: {
      database: Database;
      bus: Bus;
      log: Logger;
      pools: () => Map<string, PoolWorkers>;
      onDispatched: () => void;
    },
  ) {
    this.#loop = new Loop('dispatching runs', TICK_MILLISECONDS, () => this.#schedule(), options.log);
  }

  start(): void {
    // One gateway looks for each change; should it be stuck, the others' next look is a second away.
    this.#listener = this.options.bus.subscribe(QUEUE_CHANGED, () => this.wake(), GATEWAY_QUEUE_GROUP);
    this.#loop.start();
  }

  wake(): void {
    this.#loop.wake();
  }

  async stop(): Promise<void> {
    this.#listener?.unsubscribe();
    await this.#loop.stop();
  }

  async #schedule(): Promise<void> {
    for (const [pool, workers] of this.options.pools()) {
      let dispatched: Dispatched[];
      do {
        dispatched = await this.options.database.asDispatch((tx) => dispatchRuns(tx, pool, workers));
        if (dispatched.length > 0) this.options.onDispatched();
        for (const run of dispatched) announce(this.options.bus, changeOfDispatched(run));
      } while (dispatched.length === BATCH);
    }
  }
}

/** Fills the free slots of a pool, in one transaction of the dispatch role. Answers the runs that it dispatched. */
export async function dispatchRuns(
  tx: Transaction,
  pool: string,
  workers: PoolWorkers,
): Promise<Dispatched[]> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`;
  // A statement of its own, so that it sees what the lock's last holder committed. Runs of workers that are gone don't
  // count: their slots don't either.
  const [held] = await tx.$queryRaw<{ slots: number }[]>`
    SELECT count(*)::int AS slots
    FROM unnest(ARRAY['DISPATCHED', 'RUNNING', 'PAUSING', 'CANCELLING']::"RunState"[]) AS slot(state)
    CROSS JOIN LATERAL (SELECT r.tenant_id, r.id, r.attempt FROM runs r WHERE r.state = slot.state AND r.pool = ${pool}
                        ORDER BY r.state, r.pool, r.tenant_id OFFSET 0) r
    JOIN attempts a ON a.tenant_id = r.tenant_id AND a.run_id = r.id AND a.number = r.attempt
    WHERE a.worker_id IS NULL OR a.worker_id = ANY(${workers.workerIds})`;
  const free = Math.min(BATCH, workers.slots - (held?.slots ?? 0));
  return free > 0 ? pickAndDispatch(tx, pool, free) : [];
}

/**
 * Fair picking in one statement. Tenants with waiting runs are found by hopping over the index (one probe a tenant,
 * however many runs they have). Each tenant's n-th pick is worth (held slots + n − 1) / weight; taking the smallest
 * first is what handing out slots one by one to the tenant with the smallest share would do. Ties go to whoever was
 * served least recently. Within a tenant: priority, then age.
 *
 * Every "ORDER BY state, pool, tenant_id, …" spells out the columns of one index. Columns that an equality fixes would
 * not need it, but under row level security the planner may not conclude that from a comparison of enums.
 *
 * The update is the transition DISPATCH of run.states.ts with its event, for many runs at once.
 */
function pickAndDispatch(tx: Transaction, pool: string, free: number): Promise<Dispatched[]> {
  return tx.$queryRaw<Dispatched[]>`
    WITH RECURSIVE waiting AS (
      (SELECT tenant_id FROM runs WHERE state = 'QUEUED' AND pool = ${pool}
       ORDER BY state, pool, tenant_id LIMIT 1)
      UNION ALL
      SELECT (SELECT r.tenant_id FROM runs r
              WHERE r.state = 'QUEUED' AND r.pool = ${pool} AND r.tenant_id > w.tenant_id
              ORDER BY r.state, r.pool, r.tenant_id LIMIT 1)
      FROM waiting w WHERE w.tenant_id IS NOT NULL
    ), held AS (
      SELECT tenant_id, count(*) AS everywhere, count(*) FILTER (WHERE pool = ${pool}) AS here
      FROM unnest(ARRAY['DISPATCHED', 'RUNNING', 'PAUSING', 'CANCELLING']::"RunState"[]) AS slot(state)
      CROSS JOIN LATERAL (SELECT r.tenant_id, r.pool FROM runs r WHERE r.state = slot.state
                          ORDER BY r.state, r.pool, r.tenant_id OFFSET 0) r
      GROUP BY tenant_id
    ), contenders AS (
      SELECT t.id AS tenant_id, t.weight::float8 AS weight, coalesce(h.here, 0) AS held,
        t.max_running_runs - coalesce(h.everywhere, 0) AS room, served.at AS served_at
      FROM waiting w
      JOIN tenants t ON t.id = w.tenant_id
      LEFT JOIN held h ON h.tenant_id = t.id
      CROSS JOIN LATERAL (
        SELECT 1 FROM runs r
        WHERE r.state = 'QUEUED' AND r.pool = ${pool} AND r.tenant_id = t.id
          AND r.awaits = 0 AND (r.not_before IS NULL OR r.not_before <= now())
        ORDER BY r.state, r.pool, r.tenant_id, r.priority DESC, r.queued_at, r.id LIMIT 1) ready
      LEFT JOIN LATERAL (SELECT a.created_at AS at FROM attempts a WHERE a.tenant_id = t.id
                         ORDER BY a.tenant_id DESC, a.created_at DESC LIMIT 1) served ON true
      WHERE t.max_running_runs > coalesce(h.everywhere, 0)
      ORDER BY coalesce(h.here, 0) / t.weight::float8, served.at NULLS FIRST, t.id
      LIMIT ${free}
    ), picked AS (
      SELECT c.tenant_id, q.id
      FROM contenders c CROSS JOIN LATERAL (
        SELECT r.id, row_number() OVER (ORDER BY r.state, r.pool, r.tenant_id, r.priority DESC, r.queued_at, r.id) AS nth
        FROM runs r
        WHERE r.state = 'QUEUED' AND r.pool = ${pool} AND r.tenant_id = c.tenant_id
          AND r.awaits = 0 AND (r.not_before IS NULL OR r.not_before <= now())
        ORDER BY r.state, r.pool, r.tenant_id, r.priority DESC, r.queued_at, r.id
        LIMIT least(c.room, ${free})
      ) q
      ORDER BY (c.held + q.nth - 1) / c.weight, q.nth > 1, (q.nth - 2) / c.weight, c.served_at NULLS FIRST, c.tenant_id
      LIMIT ${free}
    ), locked AS (
      SELECT r.tenant_id, r.id FROM runs r JOIN picked p ON p.tenant_id = r.tenant_id AND p.id = r.id
      WHERE r.state = 'QUEUED' FOR UPDATE OF r SKIP LOCKED
    ), moved AS (
      UPDATE runs r SET state = 'DISPATCHED', attempt = r.attempt + 1, event_sequence = r.event_sequence + 1,
        not_before = NULL, updated_at = now()
      FROM locked l WHERE r.tenant_id = l.tenant_id AND r.id = l.id
      RETURNING r.tenant_id, r.id, r.attempt, r.event_sequence
    ), event AS (
      INSERT INTO run_events (tenant_id, run_id, sequence, type, attempt, state)
      SELECT tenant_id, id, event_sequence, 'STATE_CHANGED', attempt, 'DISPATCHED' FROM moved
    ), tried AS (
      INSERT INTO attempts (tenant_id, run_id, number, state, lease_token, lease_expires_at, created_at)
      SELECT tenant_id, id, attempt, 'DISPATCHED', replace(gen_random_uuid()::text, '-', ''),
        clock_timestamp() + make_interval(secs => ${DISPATCH_SECONDS}), clock_timestamp()
      FROM moved
      RETURNING tenant_id, run_id, number, lease_token
    ), message AS (
      INSERT INTO outbox_messages (tenant_id, subject, message_id, payload)
      SELECT tenant_id, ${jobSubject(pool)}, run_id || '.' || number, jsonb_build_object(
        'v', 1, 'tenantId', tenant_id, 'runId', run_id, 'attempt', number, 'leaseToken', lease_token)
      FROM tried
    )
    SELECT tenant_id, id, event_sequence FROM moved`;
}

const changeOfDispatched = (run: Dispatched): RunChange => ({
  tenantId: run.tenant_id,
  runId: run.id,
  eventSequence: run.event_sequence,
});
