import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { actorId, scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { audit } from '../audit/audit.js';
import type { Database, Transaction } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Member, Prisma, Project, ProjectGrant, User } from '../platform/prisma-client/client.js';
import { notFound } from '../server/errors.js';
import { once } from '../server/idempotency.js';
import { readPage, type ConnectionArgs, keysetOrder, type Page } from '../server/pagination.js';
import { lineOf, literally, paragraphsOf } from '../server/text.js';
import { requireMayGrant } from '../tenants/member.service.js';
import {
  type ProjectOrder,
  type ArchiveProjectInput,
  type CreateProjectInput,
  type GrantProjectRoleInput,
  type ProjectFilter,
  type RevokeProjectRoleInput,
  type UpdateProjectInput,
} from './project.types.js';

export type GrantWithMember = ProjectGrant & { member: Member & { user: User } };

/** Projects, and who has which role on them. */
export class ProjectService {
  constructor(private readonly database: Database) {}

  async create(request: RequestContext, input: CreateProjectInput): Promise<Project> {
    const context = requireTenant(request);
    const name = nameOf(input.name);
    const description = descriptionOf(input.description ?? '');
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'project:create');
      const { id } = await once(
        context,
        tx,
        { operation: 'createProject', key: input.idempotencyKey, body: input },
        async () => {
          const project = await tx.project.create({
            data: {
              tenantId: context.tenantId,
              id: newId('project'),
              name,
              description,
              createdById: actorId(context.actor) ?? 'system',
            },
          });
          await audit(context, tx, {
            action: 'project:create',
            subjectId: project.id,
            projectId: project.id,
            after: { name, description },
          });
          return project.id;
        },
      );
      return tx.project.findUniqueOrThrow({ where: keyOf(context, id) });
    });
  }

  async update(request: RequestContext, input: UpdateProjectInput): Promise<Project> {
    const context = requireTenant(request);
    const name = input.name == null ? undefined : nameOf(input.name);
    const description = input.description == null ? undefined : descriptionOf(input.description);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const before = await requireProject(context, tx, input.id, ['input', 'id']);
      await authorize(context, tx, 'project:update', input.id);
      const project = await tx.project.update({
        where: keyOf(context, input.id),
        data: { name, description },
      });
      await audit(context, tx, {
        action: 'project:update',
        subjectId: project.id,
        projectId: project.id,
        before: { name: before.name, description: before.description },
        after: { name: project.name, description: project.description },
      });
      return project;
    });
  }

  async archive(request: RequestContext, input: ArchiveProjectInput): Promise<Project> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const before = await requireProject(context, tx, input.id, ['input', 'id']);
      await authorize(context, tx, 'project:archive', input.id);
      if ((before.archivedAt !== null) === input.archived) return before;
      const project = await tx.project.update({
        where: keyOf(context, input.id),
        data: { archivedAt: input.archived ? new Date() : null },
      });
      await audit(context, tx, {
        action: 'project:archive',
        subjectId: project.id,
        projectId: project.id,
        before: { archived: !input.archived },
        after: { archived: input.archived },
      });
      return project;
    });
  }

  async grant(request: RequestContext, input: GrantProjectRoleInput): Promise<GrantWithMember> {
    const context = requireTenant(request);
    const { projectId, memberId, role } = input;
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await requireProject(context, tx, projectId, ['input', 'projectId']);
      await requireMember(context, tx, memberId);
      await authorize(context, tx, 'member:update', projectId);
      await requireMayGrant(context, tx, role, ['input', 'role'], projectId);
      const where = { tenantId_projectId_memberId: { tenantId: context.tenantId, projectId, memberId } };
      const before = await tx.projectGrant.findUnique({ where });
      if (before) await requireMayGrant(context, tx, before.role, ['input', 'memberId'], projectId);
      const grant = await tx.projectGrant.upsert({
        where,
        create: { tenantId: context.tenantId, projectId, memberId, role },
        update: { role },
        include: { member: { include: { user: true } } },
      });
      await audit(context, tx, {
        action: 'member:update',
        subjectId: memberId,
        projectId,
        before: { projectRole: before?.role ?? null },
        after: { projectRole: role },
      });
      return grant;
    });
  }

  async revokeGrant(request: RequestContext, input: RevokeProjectRoleInput): Promise<Project> {
    const context = requireTenant(request);
    const { projectId, memberId } = input;
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const project = await requireProject(context, tx, projectId, ['input', 'projectId']);
      const where = { tenantId_projectId_memberId: { tenantId: context.tenantId, projectId, memberId } };
      const grant = await tx.projectGrant.findUnique({ where });
      if (!grant) throw notFound('member with a role on this project', memberId, ['input', 'memberId']);
      await authorize(context, tx, 'member:update', projectId);
      await requireMayGrant(context, tx, grant.role, ['input', 'memberId'], projectId);
      await tx.projectGrant.delete({ where });
      await audit(context, tx, {
        action: 'member:update',
        subjectId: memberId,
        projectId,
        before: { projectRole: grant.role },
        after: { projectRole: null },
      });
      return project;
    });
  }

  async find(request: RequestContext, id: string): Promise<Project | null> {
    const context = requireTenant(request);
    const confinement = confinedTo(context);
    if (confinement && confinement !== id) return null;
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const project = await tx.project.findUnique({ where: keyOf(context, id) });
      if (!project) return null;
      await authorize(context, tx, 'project:read', id);
      return project;
    });
  }

  /** Many at once, in the order of their ids; null for those that aren't there for the caller. */
  async findMany(request: RequestContext, ids: readonly string[]): Promise<(Project | null)[]> {
    const context = requireTenant(request);
    const confinement = confinedTo(context);
    const projects = await this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'project:read', confinement);
      return tx.project.findMany({
        where: { tenantId: context.tenantId, AND: [{ id: { in: [...ids] } }, { id: confinement }] },
      });
    });
    return ids.map((id) => projects.find((project) => project.id === id) ?? null);
  }

  async list(
    request: RequestContext,
    filter: ProjectFilter | null,
    orderBy: ProjectOrder,
    args: ConnectionArgs,
  ): Promise<Page<Project>> {
    const context = requireTenant(request);
    const where: Prisma.ProjectWhereInput = {
      tenantId: context.tenantId,
      id: confinedTo(context),
      name: filter?.nameContains
        ? { contains: literally(filter.nameContains), mode: 'insensitive' }
        : undefined,
      archivedAt: filter?.archived == null ? undefined : filter.archived ? { not: null } : null,
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'project:read', confinedTo(context));
      return readPage(
        args,
        keysetOrder(orderBy),
        (keyset) =>
          tx.project.findMany({
            where: { AND: [where, keyset.where] },
            orderBy: keyset.orderBy,
            take: keyset.take,
          }),
        () => this.database.withTenant(scopeOf(context), (later) => later.project.count({ where })),
      );
    });
  }

  /** The roles granted on projects, for many projects at once, in the order of their ids. */
  async grantsOf(request: RequestContext, projectIds: readonly string[]): Promise<GrantWithMember[][]> {
    const context = requireTenant(request);
    const grants = await this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'member:read', confinedTo(context));
      return tx.projectGrant.findMany({
        where: { tenantId: context.tenantId, projectId: { in: [...projectIds] } },
        orderBy: [{ createdAt: 'asc' }, { memberId: 'asc' }],
        include: { member: { include: { user: true } } },
      });
    });
    return projectIds.map((id) => grants.filter((grant) => grant.projectId === id));
  }
}

const keyOf = (context: TenantContext, id: string) => ({ tenantId_id: { tenantId: context.tenantId, id } });
const nameOf = (text: string) => lineOf(text, 'A name', 100, ['input', 'name']);
const descriptionOf = (text: string) => paragraphsOf(text, 'A description', 5_000, ['input', 'description']);

/** Missing, another tenant's, and outside a key's project are one and the same. */
export async function requireProject(
  context: TenantContext,
  tx: Transaction,
  id: string,
  path: readonly string[],
): Promise<Project> {
  const confinement = confinedTo(context);
  const visible = !confinement || confinement === id;
  const project = visible ? await tx.project.findUnique({ where: keyOf(context, id) }) : null;
  if (!project) throw notFound('project', id, path);
  return project;
}

async function requireMember(context: TenantContext, tx: Transaction, id: string): Promise<void> {
  const member = await tx.member.findUnique({ where: keyOf(context, id), select: { id: true } });
  if (!member) throw notFound('member', id, ['input', 'memberId']);
}
