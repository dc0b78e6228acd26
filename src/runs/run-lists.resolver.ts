import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Experiment } from '../experiments/experiment.types.js';
import type { Run as RunRow } from '../platform/prisma-client/client.js';
import { Project } from '../projects/project.types.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import type { RunService } from './run.service.js';
import { RunFilter, RunOrder } from './run.inputs.js';
import { RunConnection } from './run.types.js';

@Resolver(() => Project)
export class ProjectRunsResolver {
  constructor(private readonly service: RunService) {}

  @FieldResolver(() => RunConnection, { description: 'Its runs.' })
  async runs(
    @Root() project: Project,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => RunFilter, { nullable: true, description: 'Which.' }) filter: RunFilter | null,
    @Arg('orderBy', () => RunOrder, {
      defaultValue: RunOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: RunOrder,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<RunRow>> {
    return this.service.list(request, { projectId: project.id }, filter ?? null, orderBy, args);
  }
}

@Resolver(() => Experiment)
export class ExperimentRunsResolver {
  constructor(private readonly service: RunService) {}

  @FieldResolver(() => RunConnection, { description: 'The runs that answer it.' })
  async runs(
    @Root() experiment: Experiment,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => RunFilter, { nullable: true, description: 'Which.' }) filter: RunFilter | null,
    @Arg('orderBy', () => RunOrder, {
      defaultValue: RunOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: RunOrder,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<RunRow>> {
    const of = { projectId: experiment.projectId, experimentId: experiment.id };
    return this.service.list(request, of, filter ?? null, orderBy, args);
  }
}
