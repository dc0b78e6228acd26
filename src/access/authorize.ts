import type { Transaction } from '../platform/database.js';
import type { Role } from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import type { RequestContext, TenantContext } from './context.js';
import { PERMISSIONS_OF_ROLE, higherRole, type Permission } from './permissions.js';

/** Throws UNAUTHENTICATED for strangers, and INVALID_INPUT when it isn't clear which tenant is meant. */
export function requireTenant(context: RequestContext): TenantContext {
  if (context.actor.kind === 'ANONYMOUS') {
    throw new UserError(
      UserErrorCode.UNAUTHENTICATED,
      'Sign in first: send `authorization: Bearer …` with an access token or an API key.',
    );
  }
  if (!context.tenantId) {
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      'Say which tenant: send its id in the header `synthcart-tenant` (`tenant` in connectionParams of a WebSocket). ' +
        '`viewer { memberships { tenant { id name } } }` lists yours; `createTenant` makes one.',
    );
  }
  return context as TenantContext;
}

/**
 * Throws unless the caller may do that: NOT_FOUND for a project that they can't see, FORBIDDEN for one that they can.
 * With a project, the higher of the role on it and the role on the tenant counts.
 */
export async function authorize(
  context: TenantContext,
  tx: Transaction,
  permission: Permission,
  projectId?: string,
): Promise<void> {
  switch (context.actor.kind) {
    case 'SYSTEM':
      return;
    case 'API_KEY': {
      const { scopes, projectId: boundTo } = context.actor;
      if (boundTo && projectId !== undefined && projectId !== boundTo) throw notFound('project', projectId);
      // Its maker may have had the scope on the project alone.
      if (boundTo && projectId === undefined && permission !== 'tenant:read') throw forbidden(permission);
      if (!scopes.has(permission)) throw forbidden(permission);
      return;
    }
    case 'USER': {
      const role = await roleOn(context, tx, context.actor.userId, projectId);
      if (!role || !PERMISSIONS_OF_ROLE[role].has(permission)) throw forbidden(permission);
      return;
    }
    case 'ANONYMOUS':
      throw new UserError(UserErrorCode.UNAUTHENTICATED, 'Sign in first.');
  }
}

/** All that the caller may do, on the tenant or, with a project, on that. Empty for a key that is confined elsewhere. */
export async function permissionsOn(
  context: TenantContext,
  tx: Transaction,
  projectId?: string,
): Promise<ReadonlySet<Permission>> {
  switch (context.actor.kind) {
    case 'SYSTEM':
      return PERMISSIONS_OF_ROLE.OWNER;
    case 'API_KEY': {
      const { scopes, projectId: boundTo } = context.actor;
      return boundTo && projectId !== undefined && boundTo !== projectId ? new Set() : scopes;
    }
    case 'USER': {
      const role = await roleOn(context, tx, context.actor.userId, projectId);
      return role ? PERMISSIONS_OF_ROLE[role] : new Set();
    }
    case 'ANONYMOUS':
      return new Set();
  }
}

/** The project that the caller is confined to, for the filters of lists. */
export function confinedTo(context: TenantContext): string | undefined {
  return context.actor.kind === 'API_KEY' ? context.actor.projectId : undefined;
}

async function roleOn(
  context: TenantContext,
  tx: Transaction,
  userId: string,
  projectId: string | undefined,
): Promise<Role | undefined> {
  const member = await tx.member.findUnique({
    where: { tenantId_userId: { tenantId: context.tenantId, userId } },
    select: { role: true, grants: projectId ? { where: { projectId }, select: { role: true } } : false },
  });
  if (!member) return undefined;
  const granted = member.grants?.[0]?.role;
  return granted ? higherRole(member.role, granted) : member.role;
}

function forbidden(permission: Permission): UserError {
  return new UserError(
    UserErrorCode.FORBIDDEN,
    `This needs the permission ${permission}. Ask an owner or admin of the tenant for a role or an API key with it.`,
  );
}
