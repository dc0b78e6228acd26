import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DatasetKind, DatasetVersionState, type Prisma } from '../platform/prisma-client/client.js';
import { Run } from '../runs/run.types.js';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';
import { Payload } from '../server/payload.js';
import { ByteCount } from '../server/scalars.js';
import { ColumnKind } from './column.types.js';

registerEnumType(DatasetKind, {
  name: 'DatasetKind',
  description: 'What the rows of a dataset are.',
  valuesConfig: {
    TABLE: { description: 'Rows of any kind.' },
    EVENTS: { description: 'What users did: user, item, type, time, platform.' },
    CATALOGUE: { description: 'Products.' },
    SEARCHES: { description: 'Queries with products and how relevant they are.' },
  },
});

registerEnumType(DatasetVersionState, {
  name: 'DatasetVersionState',
  description: 'Where a version is in its life.',
  valuesConfig: {
    AWAITING_UPLOAD: { description: 'The file is to be uploaded, then `completeDatasetUpload` called.' },
    INGESTING: { description: 'The file is being read; `run` shows how far.' },
    READY: { description: 'Runs can read it.' },
    FAILED: { description: 'The file could not be read; `failure` says why and how to mend it.' },
  },
});

/** Names of the formats that an upload may have, as the ingest reports them. */
export const FILE_TYPES = { CSV: 'csv', TSV: 'tsv', JSONL: 'jsonl', PARQUET: 'parquet' } as const;

registerEnumType(FILE_TYPES, {
  name: 'FileType',
  description: 'The format of an uploaded file.',
  valuesConfig: {
    CSV: { description: 'Values separated by commas, semicolons or bars.' },
    TSV: { description: 'Values separated by tabs.' },
    JSONL: { description: 'One JSON object a line.' },
    PARQUET: { description: 'Apache Parquet.' },
  },
});

@ObjectType({ description: 'How an uploaded file was read.' })
export class FileFormat {
  @Field(() => FILE_TYPES, { description: 'Its format.' })
  type!: string;

  @Field(() => String, { nullable: true, description: 'What separates values, in CSV and TSV.' })
  delimiter?: string | null;

  @Field(() => String, { nullable: true, description: 'What encloses values, in CSV and TSV.' })
  quote?: string | null;

  @Field(() => String, { description: 'How its characters are encoded, such as `utf-8`.' })
  encoding!: string;

  @Field(() => Boolean, { description: 'Whether it is packed by gzip.' })
  gzip!: boolean;
}

@ObjectType({ implements: Node, description: 'A named table or event log, in versions.' })
export class Dataset extends Node {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId!: string;

  @Field(() => String, { description: 'What it is called.' })
  name!: string;

  @Field(() => String, { description: 'What it is about; may be empty.' })
  description!: string;

  @Field(() => DatasetKind, { description: 'What its rows are.' })
  kind!: DatasetKind;

  @Field(() => ID, { description: 'The user or API key that made it.' })
  createdById!: string;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date;
}

export const DatasetConnection = ConnectionOf(Dataset, 'Dataset');

@ObjectType({
  implements: Node,
  description: 'An upload of a dataset, or a correction of its column kinds. Never changes once it is READY.',
})
export class DatasetVersion extends Node {
  @Field(() => ID, { description: 'The dataset that it is a version of.' })
  datasetId!: string;

  @Field(() => Int, { description: '1, 2, 3, … within the dataset.' })
  number!: number;

  @Field(() => DatasetVersionState, { description: 'Where it is in its life.' })
  state!: DatasetVersionState;

  @Field(() => String, { description: 'The name of the uploaded file.' })
  fileName!: string;

  @Field(() => ByteCount, { description: 'The size of the uploaded file.' })
  bytes!: bigint;

  @Field(() => String, { nullable: true, description: 'SHA-256 of the uploaded file, in hexadecimal.' })
  sha256!: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The version whose file this one reads with other column kinds, if any.',
  })
  correctsId!: string | null;

  @Field(() => Int, { nullable: true, description: 'How many rows it has, once it is READY.' })
  rows!: number | null;

  @Field(() => ID, { description: 'The user or API key that made it.' })
  createdById!: string;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it became READY.' })
  readyAt!: Date | null;

  // What field resolvers read.
  ingestRunId!: string | null;
  objectKey!: string;
  tableKey!: string | null;
  failure!: Prisma.JsonValue | null;
}

export const DatasetVersionConnection = ConnectionOf(DatasetVersion, 'DatasetVersion');

@InputType({ description: 'Which versions to list; all conditions hold.' })
export class DatasetVersionFilter {
  @Field(() => [DatasetVersionState], { nullable: true, description: 'In one of these states.' })
  states?: DatasetVersionState[] | null;
}

export enum DatasetVersionOrder {
  NUMBER_DESC = 'NUMBER_DESC',
  NUMBER_ASC = 'NUMBER_ASC',
}

registerEnumType(DatasetVersionOrder, {
  name: 'DatasetVersionOrder',
  description: 'The order of a list of versions.',
  valuesConfig: {
    NUMBER_DESC: { description: 'Newest first.' },
    NUMBER_ASC: { description: 'Oldest first.' },
  },
});

export enum DatasetOrder {
  CREATED_AT_DESC = 'CREATED_AT_DESC',
  CREATED_AT_ASC = 'CREATED_AT_ASC',
  UPDATED_AT_DESC = 'UPDATED_AT_DESC',
  NAME_ASC = 'NAME_ASC',
  NAME_DESC = 'NAME_DESC',
}

registerEnumType(DatasetOrder, {
  name: 'DatasetOrder',
  description: 'The order of a list of datasets.',
  valuesConfig: {
    CREATED_AT_DESC: { description: 'Newest first.' },
    CREATED_AT_ASC: { description: 'Oldest first.' },
    UPDATED_AT_DESC: { description: 'Last changed first.' },
    NAME_ASC: { description: 'By name, A to Z.' },
    NAME_DESC: { description: 'By name, Z to A.' },
  },
});

@InputType({ description: 'Which datasets to list; all conditions hold.' })
export class DatasetFilter {
  @Field(() => String, { nullable: true, description: 'The name has this in it, whatever the case.' })
  nameContains?: string | null;

  @Field(() => [DatasetKind], { nullable: true, description: 'Of one of these kinds.' })
  kinds?: DatasetKind[] | null;

  @Field(() => Date, { nullable: true, description: 'Made at or after this time.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Made before this time.' })
  createdBefore?: Date | null;
}

@InputType({
  description: 'A file to upload: the first version of a new dataset, or the next one of a dataset.',
})
export class CreateDatasetUploadInput {
  @Field(() => ID, { description: 'The project of the dataset.' })
  projectId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The dataset to add a version to. Default: a new dataset is made.',
  })
  datasetId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What to call a new dataset, 1–100 characters. Default: the name of the file.',
  })
  name?: string | null;

  @Field(() => DatasetKind, {
    nullable: true,
    description: 'What the rows of a new dataset are. Default: TABLE.',
  })
  kind?: DatasetKind | null;

  @Field(() => String, {
    description:
      'The name of the file, such as `orders.csv.gz`. CSV, TSV, JSON lines and Parquet are read, also gzipped.',
  })
  fileName!: string;

  @Field(() => ByteCount, { description: 'The size of the file as it will be sent.' })
  bytes!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'SHA-256 of the file, 64 hexadecimal digits. When given, other content is refused while it arrives.',
  })
  sha256?: string | null;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: 'A file that was uploaded.' })
export class CompleteDatasetUploadInput {
  @Field(() => ID, { description: 'As `createDatasetUpload` gave it.' })
  datasetVersionId!: string;

  @Field(() => String, { description: 'SHA-256 of the file, 64 hexadecimal digits.' })
  sha256!: string;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: 'What a column really holds.' })
export class ColumnCorrectionInput {
  @Field(() => String, { description: 'The name of the column.' })
  name!: string;

  @Field(() => ColumnKind, { description: 'What it holds.' })
  kind!: ColumnKind;
}

@InputType({ description: 'Corrections of column kinds.' })
export class CorrectDatasetColumnsInput {
  @Field(() => ID, { description: 'The version to correct; it stays as it is, a new one is made.' })
  datasetVersionId!: string;

  @Field(() => [ColumnCorrectionInput], { description: 'The columns to read otherwise.' })
  columns!: ColumnCorrectionInput[];

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: "Changes to a dataset; what isn't given stays." })
export class UpdateDatasetInput {
  @Field(() => ID, { description: 'The dataset.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'What it is called, 1–100 characters.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is about, up to 5,000 characters.' })
  description?: string | null;
}

@InputType({ description: 'A dataset to delete.' })
export class DeleteDatasetInput {
  @Field(() => ID, { description: 'The dataset.' })
  id!: string;
}

@ObjectType({ description: 'A header to send with a request.' })
export class HttpHeader {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => String, { description: 'Its value.' })
  value!: string;
}

@ObjectType({ description: 'Where and how to send a file, once.' })
export class Upload {
  @Field(() => String, { description: 'Where to send it. Whoever has the URL may send it: keep it secret.' })
  url!: string;

  @Field(() => String, { description: 'The HTTP method.' })
  method!: string;

  @Field(() => [HttpHeader], { description: 'Headers to send, beside the content-length.' })
  headers!: HttpHeader[];

  @Field(() => Date, { description: 'Until when sending must have begun.' })
  expiresAt!: Date;
}

@ObjectType({ description: 'Where to upload, or why not.' })
export class CreateDatasetUploadPayload extends Payload {
  @Field(() => Dataset, { nullable: true, description: 'The dataset.' })
  dataset?: Dataset | null;

  @Field(() => DatasetVersion, { nullable: true, description: 'The version that awaits the file.' })
  datasetVersion?: DatasetVersion | null;

  @Field(() => Upload, {
    nullable: true,
    description: 'Where to send the file; null when a repeated request finds it sent already.',
  })
  upload?: Upload | null;
}

@ObjectType()
export abstract class DatasetVersionPayload extends Payload {
  @Field(() => DatasetVersion, { nullable: true, description: 'The version.' })
  datasetVersion?: DatasetVersion | null;

  @Field(() => Run, { nullable: true, description: 'The run that reads the file.' })
  run?: Run | null;
}

@ObjectType({ description: 'The version that is being read, or why there is none.' })
export class CompleteDatasetUploadPayload extends DatasetVersionPayload {}

@ObjectType({ description: 'The new version, or why there is none.' })
export class CorrectDatasetColumnsPayload extends DatasetVersionPayload {}

@ObjectType()
export abstract class DatasetPayload extends Payload {
  @Field(() => Dataset, { nullable: true, description: 'The dataset.' })
  dataset?: Dataset | null;
}

@ObjectType({ description: 'The dataset after the change, or why nothing was changed.' })
export class UpdateDatasetPayload extends DatasetPayload {}

@ObjectType({ description: 'What was deleted, or why nothing was.' })
export class DeleteDatasetPayload extends Payload {
  @Field(() => ID, { nullable: true, description: 'The dataset that was deleted.' })
  deletedId?: string | null;
}
