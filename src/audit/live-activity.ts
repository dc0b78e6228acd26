import { LiveProjectMessage } from '../../schema/messages/live.js';
import { liveProjectSubject } from '../../schema/messages/subjects.js';
import type { Bus } from '../platform/bus.js';
import type { Database } from '../platform/database.js';
import { LiveTail, SharedByKey, type Sequenced, type TailBatch } from '../platform/live-tail.js';
import type { AuditEvent } from '../platform/prisma-client/client.js';

/** A change to a project or to something in it, with its number. */
export interface Activity extends Sequenced {
  event: AuditEvent;
}

class LiveProject {
  readonly activity: LiveTail<Activity>;
  readonly #stop: () => void;

  constructor(database: Database, bus: Bus, tenantId: string, projectId: string) {
    this.activity = new LiveTail<Activity>({
      announcedEmpty: true,
      load: (after, limit) =>
        database.withTenant({ tenantId }, async (tx) => {
          const events = await tx.auditEvent.findMany({
            where: { tenantId, projectId, projectSequence: { gt: after } },
            orderBy: { projectSequence: 'asc' },
            take: limit,
          });
          return events.map((event) => ({ sequence: event.projectSequence as number, event }));
        }),
      state: () =>
        database.withTenant({ tenantId }, async (tx) => {
          const project = await tx.project.findUnique({
            where: { tenantId_id: { tenantId, id: projectId } },
            select: { activitySequence: true },
          });
          return { lastSequence: project?.activitySequence ?? 0, ended: !project };
        }),
    });
    const listener = bus.subscribe(liveProjectSubject(tenantId, projectId), (message) => {
      LiveProjectMessage.parse(message);
      this.activity.notice();
    });
    this.#stop = () => listener.unsubscribe();
  }

  close(): void {
    this.#stop();
    this.activity.close();
  }
}

/** The projects that somebody at this gateway follows. */
export class LiveProjects {
  readonly #projects: SharedByKey<LiveProject>;

  constructor(database: Database, bus: Bus) {
    this.#projects = new SharedByKey((key) => {
      const [tenantId, projectId] = key.split('/') as [string, string];
      return new LiveProject(database, bus, tenantId, projectId);
    });
  }

  /** Changes after that sequence: stored ones first, then as they come. */
  async *activity(
    tenantId: string,
    projectId: string,
    after: number,
    signal: AbortSignal,
  ): AsyncGenerator<TailBatch<Activity>> {
    const key = `${tenantId}/${projectId}`;
    const project = this.#projects.acquire(key);
    try {
      yield* project.activity.read(after, signal);
    } finally {
      this.#projects.release(key);
    }
  }
}
