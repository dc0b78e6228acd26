import { Arg, Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Project } from '../projects/project.types.js';
import { Run } from '../runs/run.types.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import type { ArtifactRow, ArtifactService } from './artifact.service.js';
import { ArtifactConnection, ArtifactFilter, ArtifactOrder } from './artifact.types.js';

@Resolver(() => Project)
export class ProjectArtifactsResolver {
  constructor(private readonly service: ArtifactService) {}

  @FieldResolver(() => ArtifactConnection, { description: 'What its runs have made.' })
  async artifacts(
    @Root() project: Project,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => ArtifactFilter, { nullable: true, description: 'Which.' })
    filter: ArtifactFilter | null,
    @Arg('orderBy', () => ArtifactOrder, {
      defaultValue: ArtifactOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: ArtifactOrder,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<ArtifactRow>> {
    return context
      .loader<string, Page<ArtifactRow>>(
        `Project.artifacts ${JSON.stringify([args, filter, orderBy])}`,
        (ids) => this.service.listOfProjects(context.request, ids, filter ?? null, orderBy, args),
      )
      .load(project.id);
  }
}

@Resolver(() => Run)
export class RunArtifactsResolver {
  constructor(private readonly service: ArtifactService) {}

  @FieldResolver(() => ArtifactConnection, { description: 'What it has made.' })
  async artifacts(
    @Root() run: Run,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => ArtifactFilter, { nullable: true, description: 'Which.' })
    filter: ArtifactFilter | null,
    @Arg('orderBy', () => ArtifactOrder, {
      defaultValue: ArtifactOrder.CREATED_AT_ASC,
      description: 'In which order.',
    })
    orderBy: ArtifactOrder,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<ArtifactRow>> {
    return context
      .loader<string, Page<ArtifactRow>>(`Run.artifacts ${JSON.stringify([args, filter, orderBy])}`, (ids) =>
        this.service.listOfRuns(context.request, ids, filter ?? null, orderBy, args),
      )
      .load(run.id);
  }
}
