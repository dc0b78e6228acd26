import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import { AuditService } from './audit.service.js';
import { AuditEventConnection, AuditEventFilter, AuditEventOrder, type AuditEvent } from './audit.types.js';

@Resolver()
export class AuditResolver {
  constructor(private readonly log: AuditService) {}

  @Query(() => AuditEventConnection, {
    description: 'The log of changes. Takes the permission `audit:read`.',
  })
  async auditLog(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => AuditEventFilter, { nullable: true, description: 'Which.' })
    filter: AuditEventFilter | null,
    @Arg('orderBy', () => AuditEventOrder, {
      defaultValue: AuditEventOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: AuditEventOrder,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<AuditEvent>> {
    return this.log.list(request, filter ?? null, orderBy, args);
  }
}
