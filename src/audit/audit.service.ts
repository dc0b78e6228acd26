import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { scopeOf, type RequestContext } from '../access/context.js';
import type { Database } from '../platform/database.js';
import type { AuditEvent, Prisma } from '../platform/prisma-client/client.js';
import { keysetOrder, readPage, type ConnectionArgs, type Page } from '../server/pagination.js';
import type { AuditEventFilter, AuditEventOrder } from './audit.types.js';

/** Reads the log of changes. It is written by `audit`, in the transaction of each change. */
export class AuditService {
  constructor(private readonly database: Database) {}

  async list(
    request: RequestContext,
    filter: AuditEventFilter | null,
    orderBy: AuditEventOrder,
    args: ConnectionArgs,
  ): Promise<Page<AuditEvent>> {
    const context = requireTenant(request);
    const projectId = confinedTo(context);
    const where: Prisma.AuditEventWhereInput = {
      AND: [
        { tenantId: context.tenantId, projectId },
        {
          projectId: filter?.projectId ?? undefined,
          subjectId: filter?.subjectId ?? undefined,
          actorId: filter?.actorId ?? undefined,
          action: filter?.action ?? undefined,
          createdAt: { gte: filter?.createdAfter ?? undefined, lt: filter?.createdBefore ?? undefined },
        },
      ],
    };
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'audit:read', projectId ?? filter?.projectId ?? undefined);
      return readPage(
        args,
        keysetOrder(orderBy),
        (keyset) =>
          tx.auditEvent.findMany({
            where: { AND: [where, keyset.where] },
            orderBy: keyset.orderBy,
            take: keyset.take,
          }),
        () => this.database.withTenant(scopeOf(context), (later) => later.auditEvent.count({ where })),
      );
    });
  }

  async find(request: RequestContext, id: string): Promise<AuditEvent | null> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const event = await tx.auditEvent.findFirst({
        where: { tenantId: context.tenantId, id, projectId: confinedTo(context) },
      });
      if (!event) return null;
      await authorize(context, tx, 'audit:read', event.projectId ?? undefined);
      return event;
    });
  }
}
