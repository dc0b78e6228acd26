import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { actorId, scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import type { Permission } from '../access/permissions.js';
import { audit } from '../audit/audit.js';
import type { Database, Transaction } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Experiment, Prisma } from '../platform/prisma-client/client.js';
import { requireProject } from '../projects/project.service.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import { once } from '../server/idempotency.js';
import { readPages, type ConnectionArgs, keysetOrder, type Page } from '../server/pagination.js';
import { lineOf, literally, paragraphsOf } from '../server/text.js';
import {
  type ExperimentOrder,
  MAX_TAGS,
  MAX_TAG_LENGTH,
  type ArchiveExperimentInput,
  type CreateExperimentInput,
  type ExperimentFilter,
  type UpdateExperimentInput,
} from './experiment.types.js';

/** Questions, and what is said about them. Their runs are the run service's. */
export class ExperimentService {
  constructor(private readonly database: Database) {}

  async create(request: RequestContext, input: CreateExperimentInput): Promise<Experiment> {
    const context = requireTenant(request);
    const { projectId } = input;
    const data = {
      name: nameOf(input.name),
      question: questionOf(input.question ?? ''),
      tags: tagsOf(input.tags ?? []),
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const project = await requireProject(context, tx, projectId, ['input', 'projectId']);
      await authorize(context, tx, 'experiment:create', projectId);
      const { id } = await once(
        context,
        tx,
        { operation: 'createExperiment', key: input.idempotencyKey, body: input },
        async () => {
          if (project.archivedAt) {
            throw new UserError(
              UserErrorCode.INVALID_STATE,
              'The project is archived; bring it back to make experiments in it.',
              ['input', 'projectId'],
            );
          }
          const experiment = await tx.experiment.create({
            data: {
              tenantId: context.tenantId,
              id: newId('experiment'),
              projectId,
              ...data,
              createdById: actorId(context.actor) ?? 'system',
            },
          });
          await audit(context, tx, {
            action: 'experiment:create',
            subjectId: experiment.id,
            projectId,
            after: data,
          });
          return experiment.id;
        },
      );
      return tx.experiment.findUniqueOrThrow({ where: keyOf(context, id) });
    });
  }

  async update(request: RequestContext, input: UpdateExperimentInput): Promise<Experiment> {
    const context = requireTenant(request);
    const data = {
      name: input.name == null ? undefined : nameOf(input.name),
      question: input.question == null ? undefined : questionOf(input.question),
      tags: input.tags == null ? undefined : tagsOf(input.tags),
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const before = await requireExperiment(context, tx, input.id, 'experiment:update');
      const experiment = await tx.experiment.update({ where: keyOf(context, input.id), data });
      await audit(context, tx, {
        action: 'experiment:update',
        subjectId: experiment.id,
        projectId: experiment.projectId,
        before: { name: before.name, question: before.question, tags: before.tags },
        after: { name: experiment.name, question: experiment.question, tags: experiment.tags },
      });
      return experiment;
    });
  }

  async archive(request: RequestContext, input: ArchiveExperimentInput): Promise<Experiment> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const before = await requireExperiment(context, tx, input.id, 'experiment:archive');
      if ((before.archivedAt !== null) === input.archived) return before;
      const experiment = await tx.experiment.update({
        where: keyOf(context, input.id),
        data: { archivedAt: input.archived ? new Date() : null },
      });
      await audit(context, tx, {
        action: 'experiment:archive',
        subjectId: experiment.id,
        projectId: experiment.projectId,
        before: { archived: !input.archived },
        after: { archived: input.archived },
      });
      return experiment;
    });
  }

  async find(request: RequestContext, id: string): Promise<Experiment | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const experiment = await tx.experiment.findFirst({ where: { AND: [{ id }, visibleTo(context)] } });
      if (!experiment) return null;
      await authorize(context, tx, 'experiment:read', experiment.projectId);
      return experiment;
    });
  }

  /** A page of each project's experiments, in the order of the projects. */
  async listOfProjects(
    request: RequestContext,
    projectIds: readonly string[],
    filter: ExperimentFilter | null,
    orderBy: ExperimentOrder,
    args: ConnectionArgs,
  ): Promise<Page<Experiment>[]> {
    const context = requireTenant(request);
    const where: Prisma.ExperimentWhereInput = {
      ...visibleTo(context),
      name: filter?.nameContains
        ? { contains: literally(filter.nameContains), mode: 'insensitive' }
        : undefined,
      tags: filter?.tag == null ? undefined : { has: filter.tag },
      archivedAt: filter?.archived == null ? undefined : filter.archived ? { not: null } : null,
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'experiment:read', confinedTo(context));
      return readPages(
        projectIds,
        (experiment) => experiment.projectId,
        args,
        keysetOrder(orderBy),
        async (keyset) => {
          // One query a project: only so does the database stop at the end of the page.
          const experiments: Experiment[] = [];
          for (const projectId of projectIds) {
            experiments.push(
              ...(await tx.experiment.findMany({
                where: { AND: [where, keyset.where, { projectId }] },
                orderBy: keyset.orderBy,
                take: keyset.take,
              })),
            );
          }
          return experiments;
        },
        async () => {
          const counts = await this.database.withTenant(scopeOf(context), (later) =>
            later.experiment.groupBy({
              by: 'projectId',
              where: { AND: [where, { projectId: { in: [...projectIds] } }] },
              _count: true,
            }),
          );
          return new Map(counts.map(({ projectId, _count }) => [projectId, _count]));
        },
      );
    });
  }
}

const keyOf = (context: TenantContext, id: string) => ({ tenantId_id: { tenantId: context.tenantId, id } });
const visibleTo = (context: TenantContext) => ({
  tenantId: context.tenantId,
  projectId: confinedTo(context),
});
const nameOf = (text: string) => lineOf(text, 'A name', 100, ['input', 'name']);
const questionOf = (text: string) => paragraphsOf(text, 'A question', 5_000, ['input', 'question']);

function tagsOf(texts: readonly string[]): string[] {
  const tags = new Set(
    texts.map((text, index) => lineOf(text, 'A tag', MAX_TAG_LENGTH, ['input', 'tags', String(index)])),
  );
  if (tags.size > MAX_TAGS) {
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      `An experiment has at most ${MAX_TAGS} tags; these are ${tags.size}.`,
      ['input', 'tags'],
    );
  }
  return [...tags];
}

/** Missing, another tenant's, and outside a key's project are one and the same. */
async function requireExperiment(
  context: TenantContext,
  tx: Transaction,
  id: string,
  permission: Permission,
): Promise<Experiment> {
  const experiment = await tx.experiment.findFirst({ where: { AND: [{ id }, visibleTo(context)] } });
  if (!experiment) throw notFound('experiment', id, ['input', 'id']);
  await authorize(context, tx, permission, experiment.projectId);
  return experiment;
}
