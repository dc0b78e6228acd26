import type { Transaction } from '../platform/database.js';
import type { Run } from '../platform/prisma-client/client.js';
import { LIVE_SECONDS } from './presence.js';

export interface QueuePosition {
  /** 1-based among the tenant's queued runs of the same pool. */
  position: number;
  /** A plain sentence for the user: why the run isn't worked on yet. */
  reason: string;
}

/** Workers are saved a few seconds late. */
const SEEN_SECONDS = LIVE_SECONDS + 8;

interface Facts {
  ahead: number;
  held: number;
  most: number;
  slots: number;
  wait_seconds: number | null;
  awaited: string | null;
}

/** Where a queued run stands, and why it waits; undefined when it isn't queued. Runs with the tenant's rows in sight. */
export async function queuePosition(
  tx: Transaction,
  run: Pick<Run, 'tenantId' | 'id' | 'pool' | 'state'>,
): Promise<QueuePosition | undefined> {
  if (run.state !== 'QUEUED') return undefined;
  const { tenantId, id, pool } = run;
  const [facts] = await tx.$queryRaw<Facts[]>`
    SELECT
      (SELECT count(*)::int FROM runs o
       WHERE o.tenant_id = ${tenantId} AND o.state = 'QUEUED' AND o.pool = ${pool}
         AND (-o.priority, o.queued_at, o.id) < (-r.priority, r.queued_at, r.id)) AS ahead,
      (SELECT count(*)::int FROM runs h
       WHERE h.tenant_id = ${tenantId} AND h.state IN ('DISPATCHED', 'RUNNING', 'PAUSING', 'CANCELLING')) AS held,
      (SELECT max_running_runs FROM tenants WHERE id = ${tenantId}) AS most,
      (SELECT coalesce(sum(slots), 0)::int FROM workers
       WHERE pool = ${pool} AND left_at IS NULL AND last_seen_at > now() - make_interval(secs => ${SEEN_SECONDS})) AS slots,
      (SELECT string_agg(DISTINCT format('%s (%s, %s)', a.id, a.kind, a.state), ', ') FROM run_inputs i
       JOIN runs a ON a.tenant_id = i.tenant_id AND a.id = i.awaited_run_id
       WHERE i.tenant_id = r.tenant_id AND i.run_id = r.id AND i.artifact_id IS NULL AND r.awaits > 0) AS awaited,
      CASE WHEN r.not_before > now() THEN extract(epoch FROM r.not_before - now())::float8 END AS wait_seconds
    FROM runs r WHERE r.tenant_id = ${tenantId} AND r.id = ${id} AND r.state = 'QUEUED'`;
  return facts && { position: facts.ahead + 1, reason: reasonOf(facts, pool) };
}

function reasonOf({ ahead, held, most, slots, wait_seconds: wait, awaited }: Facts, pool: string): string {
  if (awaited !== null) return `It waits for what another run makes: ${awaited}.`;
  if (wait !== null) {
    return `It is tried again in ${Math.ceil(wait)} s, after the last attempt failed by no fault of yours.`;
  }
  if (slots === 0) return `No worker is connected in the pool "${pool}".`;
  if (held >= most) {
    return `Your organisation runs ${held} at a time, as many as it may; it starts when one of them ends.`;
  }
  const before =
    ahead === 0 ? 'It is next' : `${ahead} of your runs ${ahead === 1 ? 'is' : 'are'} ahead of it`;
  return `${before}; the ${slots === 1 ? 'one slot' : `${slots} slots`} of the pool "${pool}" ${slots === 1 ? 'is' : 'are'} busy.`;
}
