import type { Role } from '../platform/prisma-client/client.js';
import type { Permission } from './permissions.js';

/** Who calls. */
export type Actor =
  | { kind: 'ANONYMOUS' }
  | { kind: 'USER'; userId: string; sessionId: string }
  | {
      kind: 'API_KEY';
      apiKeyId: string;
      scopes: ReadonlySet<Permission>;
      /** When set, nothing outside this project exists for the key. */
      projectId: string | undefined;
    }
  | { kind: 'SYSTEM' };

/** The first argument of every use case: who calls, for which tenant, with what rights. */
export interface RequestContext {
  /** Written to the log with every line, and shown to the caller with a masked error. */
  readonly requestId: string;
  readonly actor: Actor;
  /** The tenant that the request is about: an API key's, the header's, or the user's only one. */
  readonly tenantId: string | undefined;
  /** A user's role on that tenant. Undefined for API keys, whose scopes say everything. */
  readonly role: Role | undefined;
}

/** A context with a tenant: what all use cases but sign-in and the like take. */
export interface TenantContext extends RequestContext {
  readonly tenantId: string;
}

export function systemContext(tenantId: string, requestId: string): TenantContext {
  return { requestId, actor: { kind: 'SYSTEM' }, tenantId, role: undefined };
}

/** The id under which an actor's rows and idempotency keys are kept. */
export function actorId(actor: Actor): string | undefined {
  switch (actor.kind) {
    case 'USER':
      return actor.userId;
    case 'API_KEY':
      return actor.apiKeyId;
    case 'ANONYMOUS':
    case 'SYSTEM':
      return undefined;
  }
}

/** What `withTenant` takes of a context. */
export function scopeOf(context: TenantContext): { tenantId: string; userId?: string } {
  return context.actor.kind === 'USER'
    ? { tenantId: context.tenantId, userId: context.actor.userId }
    : { tenantId: context.tenantId };
}
