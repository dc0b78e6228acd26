import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ProjectService } from '../projects/project.service.js';
import { Project } from '../projects/project.types.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import type { ExperimentService } from './experiment.service.js';
import {
  ArchiveExperimentInput,
  CreateExperimentInput,
  Experiment,
  ExperimentConnection,
  ExperimentFilter,
  ExperimentOrder,
  CreateExperimentPayload,
  UpdateExperimentPayload,
  ArchiveExperimentPayload,
  type ExperimentPayload,
  UpdateExperimentInput,
} from './experiment.types.js';

@Resolver(() => Experiment)
export class ExperimentResolver {
  constructor(
    private readonly experiments: ExperimentService,
    private readonly projects: ProjectService,
  ) {}

  @Query(() => Experiment, {
    nullable: true,
    description: 'An experiment, or null when there is none for the caller.',
  })
  async experiment(
    @Arg('id', () => ID, { description: 'The experiment.' }) id: string,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Experiment | null> {
    return this.experiments.find(request, id);
  }

  @FieldResolver(() => Project, {
    nullable: true,
    description: 'The project that it belongs to; null when the caller may not see it.',
  })
  async project(@Root() { projectId }: Experiment, @Ctx() context: GraphQLContext): Promise<Project | null> {
    return context
      .loader<string, Project | null>(Project, (ids) => this.projects.findMany(context.request, ids))
      .load(projectId);
  }

  @Mutation(() => CreateExperimentPayload, { description: 'Makes an experiment.' })
  async createExperiment(
    @Arg('input', () => CreateExperimentInput, { description: 'The experiment.' })
    input: CreateExperimentInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<ExperimentPayload>> {
    return { experiment: await this.experiments.create(request, input) };
  }

  @Mutation(() => UpdateExperimentPayload, { description: 'Changes an experiment.' })
  async updateExperiment(
    @Arg('input', () => UpdateExperimentInput, { description: 'What to change.' })
    input: UpdateExperimentInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<ExperimentPayload>> {
    return { experiment: await this.experiments.update(request, input) };
  }

  @Mutation(() => ArchiveExperimentPayload, {
    description: 'Archives an experiment, or brings it back. Its runs stay as they are.',
  })
  async archiveExperiment(
    @Arg('input', () => ArchiveExperimentInput, { description: 'The experiment.' })
    input: ArchiveExperimentInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<ExperimentPayload>> {
    return { experiment: await this.experiments.archive(request, input) };
  }
}

@Resolver(() => Project)
export class ProjectExperimentsResolver {
  constructor(private readonly service: ExperimentService) {}

  @FieldResolver(() => ExperimentConnection, { description: 'Its experiments.' })
  async experiments(
    @Root() project: Project,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => ExperimentFilter, { nullable: true, description: 'Which.' })
    filter: ExperimentFilter | null,
    @Arg('orderBy', () => ExperimentOrder, {
      defaultValue: ExperimentOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: ExperimentOrder,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<Experiment>> {
    return context
      .loader<string, Page<Experiment>>(
        `Project.experiments ${JSON.stringify([args, filter, orderBy])}`,
        (ids) => this.service.listOfProjects(context.request, ids, filter ?? null, orderBy, args),
      )
      .load(project.id);
  }
}
