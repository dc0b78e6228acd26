import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext } from '../access/context.js';
import type { Database } from '../platform/database.js';
import { notFound } from '../server/errors.js';
import { resumeCursor, sequenceAt } from '../server/resume-cursor.js';
import { boundLater, type SubscriptionSources } from '../server/subscription-sources.js';
import { ProjectActivity } from './activity.types.js';
import type { Activity, LiveProjects } from './live-activity.js';

@Resolver()
export class ActivityResolver implements SubscriptionSources {
  readonly sources = {
    projectActivity: (request: RequestContext, args: Record<string, unknown>, signal: AbortSignal) =>
      this.#open(request, args['projectId'] as string, args['after'] as string | null | undefined, signal),
  };

  constructor(
    private readonly database: Database,
    private readonly projects: LiveProjects,
  ) {}

  @Subscription(() => ProjectActivity, {
    subscribe: boundLater,
    description:
      'What happens in a project, each thing once and in order: from the beginning or from `after`, then as it happens.',
  })
  projectActivity(
    @Root() { sequence, event }: Activity,
    @Arg('projectId', () => ID, { description: 'The project.' }) _projectId: string,
    @Arg('after', () => String, { nullable: true, description: 'Only what comes after this cursor.' })
    _after: string | null,
  ): ProjectActivity {
    const { action, subjectId, actorKind, actorId, createdAt } = event;
    return {
      cursor: resumeCursor('activity', sequence),
      action,
      subjectId,
      actorKind,
      actorId,
      at: createdAt,
    };
  }

  async #open(
    request: RequestContext,
    projectId: string,
    after: string | null | undefined,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Activity>> {
    const context = requireTenant(request);
    const sequence = sequenceAt('activity', after);
    await this.database.withTenant(scopeOf(context), async (tx) => {
      const boundTo = confinedTo(context);
      const project = await tx.project.findUnique({
        where: { tenantId_id: { tenantId: context.tenantId, id: projectId } },
        select: { id: true },
      });
      if (!project || (boundTo && boundTo !== projectId)) throw notFound('project', projectId, ['projectId']);
      await authorize(context, tx, 'project:read', projectId);
    });
    return eachOf(this.projects.activity(context.tenantId, projectId, sequence, signal));
  }
}

async function* eachOf(batches: AsyncGenerator<{ items: readonly Activity[] }>): AsyncGenerator<Activity> {
  for await (const { items } of batches) yield* items;
}
