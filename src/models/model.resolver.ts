import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ArtifactRow, ArtifactService } from '../artifacts/artifact.service.js';
import { Artifact } from '../artifacts/artifact.types.js';
import { Project } from '../projects/project.types.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import type { ModelService } from './model.service.js';
import {
  AddModelVersionInput,
  AddModelVersionPayload,
  CreateModelInput,
  CreateModelPayload,
  Model,
  ModelConnection,
  ModelFilter,
  ModelOrder,
  ModelVersion,
  ModelVersionConnection,
} from './model.types.js';

@Resolver(() => Model)
export class ModelResolver {
  constructor(private readonly models: ModelService) {}

  @Query(() => Model, {
    nullable: true,
    description: 'A model in use, or null when there is none for the caller.',
  })
  async model(
    @Arg('id', () => ID, { description: 'The model.' }) id: string,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Model | null> {
    return this.models.find(request, id);
  }

  @FieldResolver(() => ModelVersionConnection, { description: 'Its versions, the newest first.' })
  async versions(
    @Root() { id }: Model,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<ModelVersion>> {
    return context
      .loader<string, Page<ModelVersion>>(`Model.versions ${JSON.stringify(args)}`, (ids) =>
        this.models.versionsOf(context.request, ids, args),
      )
      .load(id);
  }

  @FieldResolver(() => [ModelVersion], {
    description: 'The versions that answer, by number: none, one, or two with a share each.',
  })
  async live(@Root() { id }: Model, @Ctx() context: GraphQLContext): Promise<ModelVersion[]> {
    return context
      .loader<string, ModelVersion[]>('Model.live', (ids) => this.models.liveOf(context.request, ids))
      .load(id);
  }

  @Mutation(() => CreateModelPayload, { description: 'Makes a model, without a version yet.' })
  async createModel(
    @Arg('input', () => CreateModelInput, { description: 'The model.' }) input: CreateModelInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<CreateModelPayload>> {
    return { model: await this.models.create(request, input) };
  }

  @Mutation(() => AddModelVersionPayload, {
    description: 'Adds a recommender to a model as its next version, a candidate that answers nobody yet.',
  })
  async addModelVersion(
    @Arg('input', () => AddModelVersionInput, { description: 'The version.' }) input: AddModelVersionInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<AddModelVersionPayload>> {
    return { modelVersion: await this.models.addVersion(request, input) };
  }
}

@Resolver(() => ModelVersion)
export class ModelVersionResolver {
  constructor(
    private readonly models: ModelService,
    private readonly artifacts: ArtifactService,
  ) {}

  @FieldResolver(() => Model, { nullable: true, description: 'The model that it is a version of.' })
  async model(@Root() { modelId }: ModelVersion, @Ctx() context: GraphQLContext): Promise<Model | null> {
    return context
      .loader<string, Model | null>(Model, (ids) => this.models.findMany(context.request, ids))
      .load(modelId);
  }

  @FieldResolver(() => Artifact, {
    nullable: true,
    description: 'The recommender; null when it was deleted, or the caller may not see it.',
  })
  async artifact(
    @Root() { artifactId }: ModelVersion,
    @Ctx() context: GraphQLContext,
  ): Promise<ArtifactRow | null> {
    return context
      .loader<string, ArtifactRow | null>(Artifact, (ids) => this.artifacts.findMany(context.request, ids))
      .load(artifactId);
  }
}

@Resolver(() => Project)
export class ProjectModelsResolver {
  constructor(private readonly service: ModelService) {}

  @FieldResolver(() => ModelConnection, { description: 'Its models in use.' })
  async models(
    @Root() project: Project,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => ModelFilter, { nullable: true, description: 'Which.' }) filter: ModelFilter | null,
    @Arg('orderBy', () => ModelOrder, {
      defaultValue: ModelOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: ModelOrder,
    @Ctx() context: GraphQLContext,
  ): Promise<Page<Model>> {
    return context
      .loader<string, Page<Model>>(`Project.models ${JSON.stringify([args, filter, orderBy])}`, (ids) =>
        this.service.listOfProjects(context.request, ids, filter, orderBy, args),
      )
      .load(project.id);
  }
}
