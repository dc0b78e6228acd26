import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import { ProjectService } from './project.service.js';
import {
  ArchiveProjectInput,
  CreateProjectInput,
  GrantProjectRoleInput,
  GrantProjectRolePayload,
  Project,
  ProjectConnection,
  ProjectFilter,
  ProjectGrant,
  ProjectOrder,
  CreateProjectPayload,
  UpdateProjectPayload,
  ArchiveProjectPayload,
  type ProjectPayload,
  RevokeProjectRoleInput,
  RevokeProjectRolePayload,
  UpdateProjectInput,
} from './project.types.js';

@Resolver(() => Project)
export class ProjectResolver {
  constructor(private readonly projectsOfTenant: ProjectService) {}

  @Query(() => Project, {
    nullable: true,
    description: 'A project, or null when there is none for the caller.',
  })
  async project(
    @Arg('id', () => ID, { description: 'The project.' }) id: string,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Project | null> {
    return this.projectsOfTenant.find(request, id);
  }

  @Query(() => ProjectConnection, { description: 'The projects of the tenant.' })
  async projects(
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => ProjectFilter, { nullable: true, description: 'Which.' })
    filter: ProjectFilter | null,
    @Arg('orderBy', () => ProjectOrder, {
      defaultValue: ProjectOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: ProjectOrder,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<Project>> {
    return this.projectsOfTenant.list(request, filter ?? null, orderBy, args);
  }

  @FieldResolver(() => [ProjectGrant], {
    description: 'Roles granted on the project, beside those on the tenant.',
  })
  async grants(@Root() project: Project, @Ctx() context: GraphQLContext): Promise<ProjectGrant[]> {
    return context
      .loader<string, ProjectGrant[]>(ProjectGrant, (ids) =>
        this.projectsOfTenant.grantsOf(context.request, ids),
      )
      .load(project.id);
  }

  @Mutation(() => CreateProjectPayload, { description: 'Makes a project.' })
  async createProject(
    @Arg('input', () => CreateProjectInput, { description: 'The project.' }) input: CreateProjectInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<ProjectPayload>> {
    return { project: await this.projectsOfTenant.create(request, input) };
  }

  @Mutation(() => UpdateProjectPayload, { description: 'Changes a project.' })
  async updateProject(
    @Arg('input', () => UpdateProjectInput, { description: 'What to change.' }) input: UpdateProjectInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<ProjectPayload>> {
    return { project: await this.projectsOfTenant.update(request, input) };
  }

  @Mutation(() => ArchiveProjectPayload, {
    description: 'Archives a project, or brings it back. Nothing is deleted.',
  })
  async archiveProject(
    @Arg('input', () => ArchiveProjectInput, { description: 'The project.' }) input: ArchiveProjectInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<ProjectPayload>> {
    return { project: await this.projectsOfTenant.archive(request, input) };
  }

  @Mutation(() => GrantProjectRolePayload, { description: 'Gives a member a role on a project.' })
  async grantProjectRole(
    @Arg('input', () => GrantProjectRoleInput, { description: 'Who, where, and as what.' })
    input: GrantProjectRoleInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<GrantProjectRolePayload>> {
    return { grant: await this.projectsOfTenant.grant(request, input) };
  }

  @Mutation(() => RevokeProjectRolePayload, {
    description: 'Takes back a role on a project; the role on the tenant stays.',
  })
  async revokeProjectRole(
    @Arg('input', () => RevokeProjectRoleInput, { description: 'Who, and where.' })
    input: RevokeProjectRoleInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<RevokeProjectRolePayload>> {
    return { project: await this.projectsOfTenant.revokeGrant(request, input) };
  }
}
