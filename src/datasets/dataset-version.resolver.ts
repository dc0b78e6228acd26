import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { z } from 'zod';
import { ColumnSchema } from '../../schema/messages/column.js';
import { DatasetProfile } from '../../schema/messages/profile.js';
import type { Dataset as DatasetRow, Run as RunRow } from '../platform/prisma-client/client.js';
import { shownFailure } from '../runs/run.resolver.js';
import type { RunService } from '../runs/run.service.js';
import { Run, RunFailure } from '../runs/run.types.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { Column } from './column.types.js';
import { DatasetService, type VersionContent, type VersionRow } from './dataset.service.js';
import { Dataset, DatasetVersion, FileFormat } from './dataset.types.js';

@Resolver(() => DatasetVersion)
export class DatasetVersionResolver {
  constructor(
    private readonly datasets: DatasetService,
    private readonly runs: RunService,
  ) {}

  @FieldResolver(() => Dataset, { nullable: true, description: 'The dataset that it is a version of.' })
  async dataset(@Root() version: VersionRow, @Ctx() context: GraphQLContext): Promise<DatasetRow | null> {
    return context
      .loader<string, DatasetRow | null>(Dataset, (ids) => this.datasets.byIds(context.request, ids))
      .load(version.datasetId);
  }

  @FieldResolver(() => [Column], {
    nullable: true,
    description: 'Its columns, in the order of the file, once it is READY.',
  })
  async columns(@Root() version: VersionRow, @Ctx() context: GraphQLContext): Promise<Column[] | null> {
    const { columns, profile } = await this.#content(version, context);
    if (columns === null) return null;
    const known = new Map(
      DatasetProfile.safeParse(profile).data?.columns.map((column) => [column.name, column]),
    );
    return z
      .array(ColumnSchema)
      .parse(columns)
      .map((column) => ({ ...column, profile: known.get(column.name) ?? null }));
  }

  @FieldResolver(() => [String], {
    nullable: true,
    description: 'Columns that identify a row on their own, once it is READY.',
  })
  async keyCandidates(@Root() version: VersionRow, @Ctx() context: GraphQLContext): Promise<string[] | null> {
    const { profile } = await this.#content(version, context);
    return profile === null ? null : DatasetProfile.parse(profile).keyCandidates;
  }

  @FieldResolver(() => FileFormat, {
    nullable: true,
    description: 'How the uploaded file was read, once it is READY.',
  })
  async format(@Root() version: VersionRow, @Ctx() context: GraphQLContext): Promise<FileFormat | null> {
    const { profile } = await this.#content(version, context);
    return profile === null ? null : DatasetProfile.parse(profile).format;
  }

  @FieldResolver(() => RunFailure, {
    nullable: true,
    description: 'Why the file could not be read, where, and how to mend it.',
  })
  failure(@Root() version: VersionRow): RunFailure | null {
    return shownFailure(version.failure);
  }

  @FieldResolver(() => Run, { nullable: true, description: 'The run that reads or has read the file.' })
  async run(@Root() version: VersionRow, @Ctx() { request }: GraphQLContext): Promise<RunRow | null> {
    return version.ingestRunId === null ? null : this.runs.find(request, version.ingestRunId);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'A link to the uploaded file, for a quarter of an hour unless configured otherwise.',
  })
  downloadUrl(@Root() version: VersionRow): string | null {
    return this.datasets.fileLink(version);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'A link to the table as a Parquet file, likewise, once it is READY.',
  })
  tableUrl(@Root() version: VersionRow): string | null {
    return this.datasets.tableLink(version);
  }

  #content(version: VersionRow, context: GraphQLContext): Promise<VersionContent> {
    return context
      .loader<string, VersionContent>('dataset-version.content', (ids) =>
        this.datasets.contentsOf(context.request, ids),
      )
      .load(version.id);
  }
}
