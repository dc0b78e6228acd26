import type { Authentication } from '../access/authentication.js';
import { authorize, permissionsOn, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { PERMISSIONS_OF_ROLE } from '../access/permissions.js';
import { audit } from '../audit/audit.js';
import type { Database, Transaction } from '../platform/database.js';
import type { Member, Prisma, Role, User } from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import { keysetOrder, readPage, type ConnectionArgs, type Page } from '../server/pagination.js';
import { literally } from '../server/text.js';
import type { MemberFilter, MemberOrder, UpdateMemberInput } from './tenant.types.js';

export type MemberWithUser = Member & { user: User };

/** Lists members, changes their roles, and lets them go. */
export class MemberService {
  constructor(
    private readonly database: Database,
    private readonly authentication: Authentication,
  ) {}

  async list(
    request: RequestContext,
    filter: MemberFilter | null,
    orderBy: MemberOrder,
    args: ConnectionArgs,
  ): Promise<Page<MemberWithUser>> {
    const context = requireTenant(request);
    const contains = filter?.nameContains
      ? { contains: literally(filter.nameContains), mode: 'insensitive' as const }
      : undefined;
    const where: Prisma.MemberWhereInput = {
      tenantId: context.tenantId,
      role: filter?.roles ? { in: filter.roles } : undefined,
      user: contains && { OR: [{ name: contains }, { email: contains }] },
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'member:read');
      return readPage(
        args,
        keysetOrder(orderBy),
        (keyset) =>
          tx.member.findMany({
            where: { AND: [where, keyset.where] },
            orderBy: keyset.orderBy,
            take: keyset.take,
            include: { user: true },
          }),
        () => this.database.withTenant(scopeOf(context), (later) => later.member.count({ where })),
      );
    });
  }

  async find(request: RequestContext, id: string): Promise<MemberWithUser | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'member:read');
      return tx.member.findUnique({
        where: { tenantId_id: { tenantId: context.tenantId, id } },
        include: { user: true },
      });
    });
  }

  /** Throws FORBIDDEN for a role above the caller's own, given or taken, and INVALID_STATE for the last OWNER. */
  async update(request: RequestContext, input: UpdateMemberInput): Promise<MemberWithUser> {
    const context = requireTenant(request);
    const updated = await this.database.withTenant(scopeOf(context), async (tx) => {
      const member = await lockedMember(context, tx, input.id);
      await authorize(context, tx, 'member:update');
      await requireMayGrant(context, tx, member.role, ['input', 'id']);
      await requireMayGrant(context, tx, input.role, ['input', 'role']);
      if (member.role === input.role) return member;
      if (member.role === 'OWNER') await requireOtherOwner(context, tx, member, ['input', 'role']);
      const changed = await tx.member.update({
        where: { tenantId_id: { tenantId: context.tenantId, id: member.id } },
        data: { role: input.role },
        include: { user: true },
      });
      await audit(context, tx, {
        action: 'member:update',
        subjectId: member.id,
        before: { role: member.role },
        after: { role: input.role },
      });
      return changed;
    });
    this.authentication.forgetUsers();
    return updated;
  }

  /** Everybody may leave; others take `member:remove` to remove. API keys that the member made stay: they are the tenant's. */
  async remove(request: RequestContext, id: string): Promise<string> {
    const context = requireTenant(request);
    await this.database.withTenant(scopeOf(context), async (tx) => {
      const member = await lockedMember(context, tx, id);
      const leaves = context.actor.kind === 'USER' && context.actor.userId === member.userId;
      if (!leaves) {
        await authorize(context, tx, 'member:remove');
        await requireMayGrant(context, tx, member.role, ['input', 'id']);
      }
      if (member.role === 'OWNER') await requireOtherOwner(context, tx, member, ['input', 'id']);
      await audit(context, tx, {
        action: leaves ? 'member:leave' : 'member:remove',
        subjectId: member.id,
        before: { role: member.role, userId: member.userId },
      });
      await tx.member.delete({ where: { tenantId_id: { tenantId: context.tenantId, id: member.id } } });
    });
    this.authentication.forgetUsers();
    return id;
  }
}

/** Locks the tenant first, so that of two owners who leave at the same time one stays. */
async function lockedMember(context: TenantContext, tx: Transaction, id: string): Promise<MemberWithUser> {
  await tx.$executeRaw`SELECT 1 FROM tenants WHERE id = ${context.tenantId} FOR UPDATE`;
  const member = await tx.member.findUnique({
    where: { tenantId_id: { tenantId: context.tenantId, id } },
    include: { user: true },
  });
  if (!member) throw notFound('member', id, ['input', 'id']);
  return member;
}

async function requireOtherOwner(
  context: TenantContext,
  tx: Transaction,
  member: Member,
  path: readonly string[],
): Promise<void> {
  const others = await tx.member.count({
    where: { tenantId: context.tenantId, role: 'OWNER', id: { not: member.id } },
  });
  if (others === 0) {
    throw new UserError(
      UserErrorCode.INVALID_STATE,
      'This is the last owner. Make somebody else an owner first.',
      path,
    );
  }
}

/** Nobody gives or takes a role that may do what they may not. */
export async function requireMayGrant(
  context: TenantContext,
  tx: Transaction,
  role: Role,
  path: readonly string[],
  projectId?: string,
): Promise<void> {
  const held = await permissionsOn(context, tx, projectId);
  if ([...PERMISSIONS_OF_ROLE[role]].every((permission) => held.has(permission))) return;
  throw new UserError(
    UserErrorCode.FORBIDDEN,
    `The role ${role} may do what you may not. Ask somebody who has it.`,
    path,
  );
}
