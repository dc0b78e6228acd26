import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Dataset as DatasetRow } from '../platform/prisma-client/client.js';
import { Project } from '../projects/project.types.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { ConnectionArgs, type Page } from '../server/pagination.js';
import { DatasetService, type VersionRow } from './dataset.service.js';
import {
  CompleteDatasetUploadInput,
  CorrectDatasetColumnsInput,
  CreateDatasetUploadInput,
  CreateDatasetUploadPayload,
  Dataset,
  DatasetConnection,
  DatasetFilter,
  DatasetOrder,
  UpdateDatasetPayload,
  DatasetVersion,
  DatasetVersionConnection,
  DatasetVersionFilter,
  DatasetVersionOrder,
  CompleteDatasetUploadPayload,
  CorrectDatasetColumnsPayload,
  DeleteDatasetInput,
  DeleteDatasetPayload,
  UpdateDatasetInput,
} from './dataset.types.js';
import { UploadService, type IngestStart, type UploadStart } from './upload.service.js';

@Resolver(() => Dataset)
export class DatasetResolver {
  constructor(
    private readonly datasets: DatasetService,
    private readonly uploads: UploadService,
  ) {}

  @Query(() => Dataset, {
    nullable: true,
    description: 'A dataset, or null when there is none for the caller.',
  })
  async dataset(
    @Arg('id', () => ID, { description: 'The dataset.' }) id: string,
    @Ctx() { request }: GraphQLContext,
  ): Promise<DatasetRow | null> {
    return this.datasets.find(request, id);
  }

  @FieldResolver(() => DatasetVersionConnection, { description: 'Its versions.' })
  async versions(
    @Root() dataset: DatasetRow,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => DatasetVersionFilter, { nullable: true, description: 'Which.' })
    filter: DatasetVersionFilter | null,
    @Arg('orderBy', () => DatasetVersionOrder, {
      defaultValue: DatasetVersionOrder.NUMBER_DESC,
      description: 'In which order.',
    })
    orderBy: DatasetVersionOrder,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<VersionRow>> {
    return this.datasets.versions(request, dataset.id, filter ?? null, orderBy, args);
  }

  @FieldResolver(() => DatasetVersion, {
    nullable: true,
    description: 'The newest version that is READY; null when there is none yet.',
  })
  async latestVersion(
    @Root() dataset: DatasetRow,
    @Ctx() context: GraphQLContext,
  ): Promise<VersionRow | null> {
    return context
      .loader<string, VersionRow | null>('dataset.latestVersion', (ids) =>
        this.datasets.latestOf(context.request, ids),
      )
      .load(dataset.id);
  }

  @Mutation(() => CreateDatasetUploadPayload, {
    description:
      'Declares a file. Send it to `upload`, then call `completeDatasetUpload`; else nothing of it is kept.',
  })
  async createDatasetUpload(
    @Arg('input', () => CreateDatasetUploadInput, { description: 'The file.' })
    input: CreateDatasetUploadInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<UploadStart> {
    return this.uploads.create(request, input);
  }

  @Mutation(() => CompleteDatasetUploadPayload, {
    description: 'Takes a file that was sent, and queues the run that reads it.',
  })
  async completeDatasetUpload(
    @Arg('input', () => CompleteDatasetUploadInput, { description: 'The file.' })
    input: CompleteDatasetUploadInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<IngestStart> {
    return this.uploads.complete(request, input);
  }

  @Mutation(() => CorrectDatasetColumnsPayload, {
    description: 'Makes a new version of the same file, in which some columns are read as other kinds.',
  })
  async correctDatasetColumns(
    @Arg('input', () => CorrectDatasetColumnsInput, { description: 'The corrections.' })
    input: CorrectDatasetColumnsInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<IngestStart> {
    return this.uploads.correct(request, input);
  }

  @Mutation(() => UpdateDatasetPayload, { description: 'Renames or describes a dataset.' })
  async updateDataset(
    @Arg('input', () => UpdateDatasetInput, { description: 'What to change.' }) input: UpdateDatasetInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<{ dataset: DatasetRow }> {
    return { dataset: await this.datasets.update(request, input) };
  }

  @Mutation(() => DeleteDatasetPayload, {
    description: 'Deletes a dataset with all its versions and files, for good. What runs made of it stays.',
  })
  async deleteDataset(
    @Arg('input', () => DeleteDatasetInput, { description: 'The dataset.' }) input: DeleteDatasetInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<{ deletedId: string }> {
    return { deletedId: await this.datasets.delete(request, input.id) };
  }
}

@Resolver(() => Project)
export class ProjectDatasetsResolver {
  constructor(private readonly service: DatasetService) {}

  @FieldResolver(() => DatasetConnection, { description: 'Its datasets.' })
  async datasets(
    @Root() project: Project,
    @Args(() => ConnectionArgs) args: ConnectionArgs,
    @Arg('filter', () => DatasetFilter, { nullable: true, description: 'Which.' })
    filter: DatasetFilter | null,
    @Arg('orderBy', () => DatasetOrder, {
      defaultValue: DatasetOrder.CREATED_AT_DESC,
      description: 'In which order.',
    })
    orderBy: DatasetOrder,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Page<DatasetRow>> {
    return this.service.list(request, project.id, filter ?? null, orderBy, args);
  }
}
