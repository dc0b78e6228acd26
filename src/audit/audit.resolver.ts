import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import { AuditService } from './audit.service.js';
import { AuditEventConnection, AuditFilter, type AuditEvent } from './audit.types.js';

@Resolver()
export class AuditResolver {
  constructor(private readonly log: AuditService) {}

  @Query(() => AuditEventConnection, {
    description: 'The log of changes, newest first. Takes the permission `audit:read`.',
  })
  async auditLog(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => AuditFilter, { nullable: true, description: 'Which.' }) filter: AuditFilter | null,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<AuditEvent>> {
    return this.log.list(request, filter ?? null, args);
  }
}
