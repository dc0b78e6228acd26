import type { Authentication } from '../access/authentication.js';
import { authorize, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { signedIn } from '../access/session.service.js';
import { audit } from '../audit/audit.js';
import { setScope, type Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Tenant } from '../platform/prisma-client/client.js';
import { once } from '../server/idempotency.js';
import { lineOf } from '../server/text.js';
import type { CreateTenantInput, UpdateTenantInput } from './tenant.types.js';

/** Makes tenants and changes them. */
export class TenantService {
  constructor(
    private readonly database: Database,
    private readonly authentication: Authentication,
  ) {}

  /** The caller becomes its first OWNER. */
  async create(request: RequestContext, input: CreateTenantInput): Promise<Tenant> {
    const { userId } = signedIn(request);
    const name = lineOf(input.name, 'A name', 100, ['input', 'name']);
    const tenant = await this.database.withScope({ userId }, async (tx) => {
      const { id } = await once(
        request,
        tx,
        { operation: 'createTenant', key: input.idempotencyKey, body: input, tenantId: '' },
        async () => {
          const tenantId = newId('tenant');
          const context: TenantContext = { ...request, tenantId, role: 'OWNER' };
          await setScope(tx, scopeOf(context));
          await tx.tenant.create({ data: { id: tenantId, name } });
          await tx.member.create({ data: { tenantId, id: newId('member'), userId, role: 'OWNER' } });
          await audit(context, tx, { action: 'tenant:create', subjectId: tenantId, after: { name } });
          return tenantId;
        },
      );
      await setScope(tx, { tenantId: id, userId });
      return tx.tenant.findUniqueOrThrow({ where: { id } });
    });
    this.authentication.forgetUsers();
    return tenant;
  }

  async update(request: RequestContext, input: UpdateTenantInput): Promise<Tenant> {
    const context = requireTenant(request);
    const name = input.name == null ? undefined : lineOf(input.name, 'A name', 100, ['input', 'name']);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'tenant:update');
      const where = { id: context.tenantId };
      const before = await tx.tenant.findUniqueOrThrow({ where });
      if (name === undefined || name === before.name) return before;
      const tenant = await tx.tenant.update({ where, data: { name } });
      await audit(context, tx, {
        action: 'tenant:update',
        subjectId: tenant.id,
        before: { name: before.name },
        after: { name },
      });
      return tenant;
    });
  }

  /** The tenant that the request is about. */
  async current(request: RequestContext): Promise<Tenant | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'tenant:read');
      return tx.tenant.findUnique({ where: { id: context.tenantId } });
    });
  }

  async find(request: RequestContext, id: string): Promise<Tenant | null> {
    return request.tenantId === id ? this.current(request) : null;
  }
}
