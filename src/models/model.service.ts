import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { actorId, scopeOf, type RequestContext } from '../access/context.js';
import { requireTrained } from '../artifacts/artifact.service.js';
import { audit } from '../audit/audit.js';
import type { Database } from '../platform/database.js';
import { violatesUnique } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Model, ModelVersion, Prisma } from '../platform/prisma-client/client.js';
import { requireProject } from '../projects/project.service.js';
import { UserError, UserErrorCode } from '../server/errors.js';
import { once } from '../server/idempotency.js';
import { keysetOrder, readPages, type ConnectionArgs, type Page } from '../server/pagination.js';
import { lineOf, paragraphsOf } from '../server/text.js';
import { keyOf, requireModel, visibleTo } from './model.lookup.js';
import type { AddModelVersionInput, CreateModelInput, ModelFilter, ModelOrder } from './model.types.js';

/** Models in use and their versions. What is live is the deployment service's. */
export class ModelService {
  constructor(private readonly database: Database) {}

  async create(request: RequestContext, input: CreateModelInput): Promise<Model> {
    const context = requireTenant(request);
    const { projectId } = input;
    const data = {
      name: lineOf(input.name, 'A name', 100, ['input', 'name']),
      description: paragraphsOf(input.description ?? '', 'A description', 5_000, ['input', 'description']),
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const project = await requireProject(context, tx, projectId, ['input', 'projectId']);
      await authorize(context, tx, 'model:create', projectId);
      const request = { operation: 'createModel', key: input.idempotencyKey, body: input };
      const { id } = await once(context, tx, request, async () => {
        if (project.archivedAt) {
          throw new UserError(
            UserErrorCode.INVALID_STATE,
            'The project is archived; bring it back to make models in it.',
            ['input', 'projectId'],
          );
        }
        const made = { ...data, id: newId('model'), tenantId: context.tenantId, projectId };
        await tx.model
          .create({ data: { ...made, createdById: actorId(context.actor) ?? 'system' } })
          .catch((error: unknown) => {
            if (!violatesUnique(error)) throw error;
            throw new UserError(
              UserErrorCode.ALREADY_EXISTS,
              `The project has a model "${data.name}" already. Add a version to it, or choose another name.`,
              ['input', 'name'],
            );
          });
        await audit(context, tx, { action: 'model:create', subjectId: made.id, projectId, after: data });
        return made.id;
      });
      return tx.model.findUniqueOrThrow({ where: keyOf(context, id) });
    });
  }

  async addVersion(request: RequestContext, input: AddModelVersionInput): Promise<ModelVersion> {
    const context = requireTenant(request);
    const { modelId, recommenderArtifactId } = input;
    const note = paragraphsOf(input.note ?? '', 'A note', 5_000, ['input', 'note']);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const model = await requireModel(context, tx, modelId, 'model:create', ['input', 'modelId']);
      const request = { operation: 'addModelVersion', key: input.idempotencyKey, body: input };
      const { id } = await once(context, tx, request, async () => {
        const path = ['input', 'recommenderArtifactId'];
        const artifact = await requireTrained(context, tx, recommenderArtifactId, 'RECOMMENDER', path);
        if (artifact.projectId !== model.projectId) {
          throw new UserError(
            UserErrorCode.INVALID_INPUT,
            `The recommender belongs to another project than the model "${model.name}".`,
            path,
          );
        }
        // Numbers have no gaps and no repeats, whoever else adds a version at this time.
        await tx.$executeRaw`SELECT 1 FROM models WHERE tenant_id = ${context.tenantId} AND id = ${modelId} FOR UPDATE`;
        const versions = await tx.modelVersion.findMany({
          where: { tenantId: context.tenantId, modelId },
          select: { number: true, artifactId: true },
          orderBy: { number: 'desc' },
        });
        const same = versions.find(({ artifactId }) => artifactId === recommenderArtifactId);
        if (same) {
          throw new UserError(
            UserErrorCode.ALREADY_EXISTS,
            `The recommender is version ${same.number} of the model "${model.name}" already.`,
            path,
          );
        }
        const version = await tx.modelVersion.create({
          data: {
            tenantId: context.tenantId,
            id: newId('modelVersion'),
            modelId,
            number: (versions[0]?.number ?? 0) + 1,
            artifactId: recommenderArtifactId,
            note,
            createdById: actorId(context.actor) ?? 'system',
          },
        });
        await audit(context, tx, {
          action: 'model:create',
          subjectId: version.id,
          projectId: model.projectId,
          after: { modelId, number: version.number, artifactId: recommenderArtifactId, note },
        });
        return version.id;
      });
      return tx.modelVersion.findUniqueOrThrow({ where: keyOf(context, id) });
    });
  }

  async find(request: RequestContext, id: string): Promise<Model | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const model = await tx.model.findFirst({ where: { AND: [visibleTo(context), { id }] } });
      if (model) await authorize(context, tx, 'model:read', model.projectId);
      return model;
    });
  }

  async findVersion(request: RequestContext, id: string): Promise<ModelVersion | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const found = await tx.modelVersion.findFirst({
        where: { tenantId: context.tenantId, id, model: visibleTo(context) },
        include: { model: { select: { projectId: true } } },
      });
      if (!found) return null;
      const { model, ...version } = found;
      await authorize(context, tx, 'model:read', model.projectId);
      return version;
    });
  }

  /** In the order of the ids; null for those that aren't there for the caller. */
  async findMany(request: RequestContext, ids: readonly string[]): Promise<(Model | null)[]> {
    const context = requireTenant(request);
    const models = await this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'model:read', confinedTo(context));
      return tx.model.findMany({ where: { AND: [visibleTo(context), { id: { in: [...ids] } }] } });
    });
    return ids.map((id) => models.find((model) => model.id === id) ?? null);
  }

  /** A page of each project's models, in the order of the projects. */
  listOfProjects(
    request: RequestContext,
    projectIds: readonly string[],
    filter: ModelFilter | null,
    orderBy: ModelOrder,
    args: ConnectionArgs,
  ): Promise<Page<Model>[]> {
    const context = requireTenant(request);
    const where: Prisma.ModelWhereInput = { ...visibleTo(context), name: filter?.name ?? undefined };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'model:read', confinedTo(context));
      return readPages(
        projectIds,
        (model) => model.projectId,
        args,
        keysetOrder(orderBy),
        async (keyset) => {
          // One query a project: only so does the database stop at the end of the page.
          const models: Model[] = [];
          for (const projectId of projectIds) {
            models.push(
              ...(await tx.model.findMany({
                where: { AND: [where, keyset.where, { projectId }] },
                orderBy: keyset.orderBy,
                take: keyset.take,
              })),
            );
          }
          return models;
        },
        async () => {
          const counts = await this.database.withTenant(scopeOf(context), (later) =>
            later.model.groupBy({
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

  /** A page of each model's versions, the newest first, in the order of the models. */
  versionsOf(
    request: RequestContext,
    modelIds: readonly string[],
    args: ConnectionArgs,
  ): Promise<Page<ModelVersion>[]> {
    const context = requireTenant(request);
    const where: Prisma.ModelVersionWhereInput = {
      tenantId: context.tenantId,
      modelId: { in: [...modelIds] },
      model: visibleTo(context),
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'model:read', confinedTo(context));
      return readPages(
        modelIds,
        (version) => version.modelId,
        args,
        keysetOrder('NUMBER_DESC'),
        (keyset) =>
          tx.modelVersion.findMany({ where: { AND: [where, keyset.where] }, orderBy: keyset.orderBy }),
        async () => {
          const counts = await this.database.withTenant(scopeOf(context), (later) =>
            later.modelVersion.groupBy({ by: 'modelId', where, _count: true }),
          );
          return new Map(counts.map(({ modelId, _count }) => [modelId, _count]));
        },
      );
    });
  }

  /** The live versions of each model, by number, in the order of the models. */
  async liveOf(request: RequestContext, modelIds: readonly string[]): Promise<ModelVersion[][]> {
    const context = requireTenant(request);
    const versions = await this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'model:read', confinedTo(context));
      return tx.modelVersion.findMany({
        where: {
          tenantId: context.tenantId,
          modelId: { in: [...modelIds] },
          model: visibleTo(context),
          stage: 'LIVE',
        },
        orderBy: { number: 'asc' },
      });
    });
    return modelIds.map((id) => versions.filter(({ modelId }) => modelId === id));
  }
}
