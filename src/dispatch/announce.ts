import type { LiveProjectMessage, LiveRunMessage, StoredPoint } from '../../schema/messages/live.js';
import { liveProjectSubject, liveRunSubject, QUEUE_CHANGED } from '../../schema/messages/subjects.js';
import type { Bus } from '../platform/bus.js';
import type { ProjectChange } from '../platform/database.js';
import type { Run } from '../platform/prisma-client/client.js';

/** What a transaction changed of one run, for those who watch it. Told after the commit; lost, it costs time only. */
export interface RunChange {
  tenantId: string;
  runId: string;
  /** Last event that is stored, when there are new ones. */
  eventSequence?: number;
  points?: readonly StoredPoint[];
  /** A slot came free, or a run was queued. */
  queueChanged?: boolean;
}

/** Points of one message: stays far below the server's limit of 1 MB. */
const MOST_POINTS = 2_000;

export function announce(bus: Bus, change: RunChange): void {
  const subject = liveRunSubject(change.tenantId, change.runId);
  const { points = [], eventSequence } = change;
  for (let start = 0; start < points.length; start += MOST_POINTS) {
    bus.publish(subject, {
      v: 1,
      type: 'points',
      points: points.slice(start, start + MOST_POINTS),
    } satisfies LiveRunMessage);
  }
  if (eventSequence !== undefined) {
    bus.publish(subject, { v: 1, type: 'events', lastSequence: eventSequence } satisfies LiveRunMessage);
  }
  if (change.queueChanged) bus.publish(QUEUE_CHANGED, {});
}

/** Tells those who follow a project that there is more to read of it. */
export function announceProject(bus: Bus, { tenantId, projectId, lastSequence }: ProjectChange): void {
  bus.publish(liveProjectSubject(tenantId, projectId), { v: 1, lastSequence } satisfies LiveProjectMessage);
}

/** What to announce of a run that a transaction moved. */
export function changeOf(moved: Run, queueChanged: boolean): RunChange {
  return { tenantId: moved.tenantId, runId: moved.id, eventSequence: moved.eventSequence, queueChanged };
}
