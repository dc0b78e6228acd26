import type { Database } from '../platform/database.js';
import { authorize, permissionsOn, requireTenant } from './authorize.js';
import { scopeOf, type RequestContext, type TenantContext } from './context.js';
import type { User } from '../platform/prisma-client/client.js';
import { PERMISSIONS, type Permission } from './permissions.js';
import { ViewerKind, type Membership, type Viewer } from './viewer.types.js';

/** Tells callers who they are. */
export class ViewerService {
  constructor(private readonly database: Database) {}

  /** Null for strangers. */
  async viewer(request: RequestContext): Promise<Viewer | null> {
    switch (request.actor.kind) {
      case 'ANONYMOUS':
      case 'SYSTEM':
        return null;
      case 'USER':
        return this.#user(request, request.actor.userId);
      case 'API_KEY':
        return this.#apiKey(request as TenantContext, request.actor.apiKeyId);
    }
  }

  /** The caller, or a colleague in the tenant that the request is about. */
  async findUser(request: RequestContext, id: string): Promise<User | null> {
    const { actor } = request;
    if (actor.kind === 'USER' && actor.userId === id) {
      return this.database.withScope({ userId: id }, (tx) => tx.user.findUnique({ where: { id } }));
    }
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'member:read');
      const member = await tx.member.findUnique({
        where: { tenantId_userId: { tenantId: context.tenantId, userId: id } },
        include: { user: true },
      });
      return member?.user ?? null;
    });
  }

  async #user(request: RequestContext, userId: string): Promise<Viewer> {
    // Without a tenant in scope a user sees all of their memberships; with one, that tenant alone.
    const { user, memberships } = await this.database.withScope({ userId }, async (tx) => ({
      user: await tx.user.findUniqueOrThrow({ where: { id: userId } }),
      memberships: (
        await tx.member.findMany({
          where: { userId },
          include: { tenant: true },
          orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
        })
      ).map((member): Membership => ({ memberId: member.id, tenant: member.tenant, role: member.role })),
    }));
    const current = memberships.find(({ tenant }) => tenant.id === request.tenantId);
    return {
      id: user.id,
      kind: ViewerKind.USER,
      email: user.email,
      user,
      apiKey: null,
      memberships,
      tenant: current?.tenant ?? null,
      role: current?.role ?? null,
      permissions: current ? await this.#permissions(request as TenantContext) : [],
    };
  }

  async #apiKey(context: TenantContext, apiKeyId: string): Promise<Viewer> {
    const { tenantId } = context;
    const { key, tenant } = await this.database.withTenant(scopeOf(context), async (tx) => ({
      key: await tx.apiKey.findUniqueOrThrow({ where: { tenantId_id: { tenantId, id: apiKeyId } } }),
      tenant: await tx.tenant.findUniqueOrThrow({ where: { id: tenantId } }),
    }));
    return {
      id: key.id,
      kind: ViewerKind.API_KEY,
      email: null,
      user: null,
      apiKey: { ...key, scopes: key.scopes as Permission[] },
      memberships: [],
      tenant,
      role: null,
      permissions: await this.#permissions(context),
    };
  }

  async #permissions(context: TenantContext): Promise<Permission[]> {
    const held = await this.database.withTenant(scopeOf(context), (tx) => permissionsOn(context, tx));
    return PERMISSIONS.filter((permission) => held.has(permission));
  }
}
