/**
 * Every NATS subject and stream. Subjects that belong to a run carry its tenant, so that permissions can be cut by it.
 * Delivery: JetStream streams keep what must not be lost (jobs, reports); the rest is core NATS, at most once, and
 * whoever relies on it has a second way to learn the same (a lease renewal, a look into the database).
 */
export const STREAMS = {
  /** Work queue: one message per dispatched attempt, taken by exactly one worker. */
  jobs: { name: 'SYNTHCART_JOBS', subjects: ['synthcart.jobs.*'] },
  /** What workers tell about attempts, in order. Kept until a gateway has stored it. */
  reports: { name: 'SYNTHCART_REPORTS', subjects: ['synthcart.reports.>'] },
  /** Messages that nobody could handle, with the reason, for a person to look at. */
  deadLetters: { name: 'SYNTHCART_DEAD_LETTERS', subjects: ['synthcart.dead.>'] },
} as const;

/** Jobs of a pool; the pool's durable consumer is named after it. */
export const jobSubject = (pool: string): string => `synthcart.jobs.${pool}`;
export const jobConsumer = (pool: string): string => `pool-${pool}`;

/** Reports of a run; `>` after the tenant takes all of its runs. */
export const reportSubject = (tenantId: string, runId: string): string =>
  `synthcart.reports.${tenantId}.${runId}`;
export const REPORTS_CONSUMER = 'gateways';

export const deadLetterSubject = (origin: 'jobs' | 'reports'): string => `synthcart.dead.${origin}`;

/** Core NATS, gateway → every gateway: reports of that run are stored; whoever holds their successors can go on. */
export const REPORTS_STORED = 'synthcart.stored.reports';

/** Request/reply, worker → any gateway (queue group `gateways`). */
export const REQUESTS = {
  claim: 'synthcart.claim',
  renewLease: 'synthcart.lease',
  uploads: 'synthcart.uploads',
} as const;
export const GATEWAY_QUEUE_GROUP = 'gateways';

/** Request/reply, gateway → one worker: cancel or pause now, instead of at its next renewal. */
export const controlSubject = (workerId: string): string => `synthcart.control.${workerId}`;

/** Request/reply, gateway → any worker of a pool (queue group `rankGroup`): rank with a recommender. */
export const rankSubject = (pool: string): string => `synthcart.rank.${pool}`;
/** The same for search rankers: find products. */
export const searchSubject = (pool: string): string => `synthcart.search.${pool}`;
export const rankGroup = (pool: string): string => `rankers-${pool}`;

/** Core NATS, worker → every gateway, every two seconds. */
export const presenceSubject = (workerId: string): string => `synthcart.presence.${workerId}`;
export const ALL_PRESENCE = 'synthcart.presence.*';

/** Core NATS, gateway → every gateway: what was just stored, for their subscribers. */
export const liveRunSubject = (tenantId: string, runId: string): string =>
  `synthcart.live.${tenantId}.run.${runId}`;
export const liveProjectSubject = (tenantId: string, projectId: string): string =>
  `synthcart.live.${tenantId}.project.${projectId}`;

/** Core NATS, gateway → every gateway: a run was queued or a slot came free; look at the queue now. */
export const QUEUE_CHANGED = 'synthcart.queue.changed';
