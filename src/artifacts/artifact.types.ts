import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ArtifactKind, InputRole, RunKind } from '../platform/prisma-client/client.js';
import { RunConfigUnion } from '../runs/run-config.types.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';
import { Payload } from '../server/payload.js';
import { ByteCount } from '../server/scalars.js';

registerEnumType(ArtifactKind, {
  name: 'ArtifactKind',
  description: 'What an artifact is.',
  valuesConfig: {
    TABLE: { description: 'An ingested table, as Parquet.' },
    PROFILE: { description: 'What an ingest found in a table, as JSON.' },
    SYNTHETIC_CSV: { description: 'Synthetic rows, as CSV in the spelling of the file learnt from.' },
    SYNTHETIC_PARQUET: { description: 'Synthetic rows, as Parquet; an evaluation can read them.' },
    MODEL: { description: 'A fitted generator, to sample more rows from.' },
    SCORES: { description: 'Scores of a synthetic table, as JSON; also typed, as `report`.' },
    REPORT: { description: 'What a run found, for people, as one HTML page.' },
    MODEL_CARD: {
      description:
        'What a model learnt from, how well, and what its rows are for: one as JSON, one as Markdown.',
    },
    COMPLETED_CSV: {
      description: 'The table with its missing cells filled, as CSV in the spelling of its file.',
    },
    COMPLETED_PARQUET: { description: 'The same as Parquet; an evaluation can read it.' },
    CELLS: { description: 'Which cells were filled and which are doubtful, as CSV: one a line.' },
    RECOMMENDER: {
      description: 'A trained recommender: what it has learnt and the ids that it ranks, as safetensors.',
    },
    RANKING: { description: 'How well a recommender ranks, as JSON; also typed, as `ranking`.' },
    SEARCH_RANKER: {
      description:
        'A trained search ranker: what it has learnt, and the products that it finds with their texts, as safetensors.',
    },
    SEARCH_RANKING: {
      description: 'How well a search ranker answers queries, as JSON; also typed, as `searchRanking`.',
    },
    EXPLANATION: {
      description: 'Why a recommender recommends what it does, as JSON; also typed, as `explanation`.',
    },
    COMPLETION: { description: 'What completing a table found, as JSON; also typed, as `completion`.' },
  },
});

@ObjectType({ description: 'What a run read when it made an artifact.' })
export class InputRecord {
  @Field(() => InputRole, { description: 'What it was to the run.' })
  role!: InputRole;

  @Field(() => String, { description: 'Its name among inputs of the same role; else empty.' })
  name!: string;

  @Field(() => ID, { description: 'The dataset version or the artifact; it may be deleted since.' })
  id!: string;

  @Field(() => String, { description: 'What it was called then, such as `orders v2`.' })
  label!: string;

  @Field(() => String, {
    nullable: true,
    description: 'SHA-256 of what was read, in lower-case hex: two inputs with the same one are the same.',
  })
  sha256!: string | null;
}

@ObjectType({ description: 'Where an artifact comes from: all that it takes to make it again.' })
export class Lineage {
  @Field(() => ID, { description: 'The run that made it.' })
  runId!: string;

  @Field(() => RunKind, { description: 'What that run did.' })
  runKind!: RunKind;

  @Field(() => RunConfigUnion, { description: 'What the run was asked to do.' })
  config!: object;

  @Field(() => Int, { description: 'What all randomness of the run derived from.' })
  seed!: number;

  @Field(() => String, { nullable: true, description: 'The generator, when the run fitted one.' })
  generator!: string | null;

  @Field(() => Int, { description: 'The attempt of the run that succeeded, from 1.' })
  attempt!: number;

  @Field(() => String, { nullable: true, description: 'What it was computed with, such as `onnx-cpu`.' })
  engine!: string | null;

  @Field(() => String, { nullable: true, description: 'The version of that engine, where it is known.' })
  engineVersion!: string | null;

  @Field(() => String, { nullable: true, description: 'What it was computed on.' })
  device!: string | null;

  @Field(() => String, { description: 'The version of Synthcart that made it.' })
  codeVersion!: string;

  @Field(() => [InputRecord], { description: 'What the run read.' })
  inputs!: InputRecord[];
}

@ObjectType({
  implements: Node,
  description: 'A file that a run made, with its lineage. It never changes.',
})
export class Artifact extends Node {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId!: string;

  @Field(() => ID, { description: 'The run that made it.' })
  runId!: string;

  @Field(() => ArtifactKind, { description: 'What it is.' })
  kind!: ArtifactKind;

  @Field(() => String, { description: 'Its name as a file; a download is called so.' })
  fileName!: string;

  @Field(() => String, { description: 'Its media type, such as `text/csv`.' })
  mediaType!: string;

  @Field(() => ByteCount, { description: 'Its size.' })
  bytes!: number | bigint;

  @Field(() => String, { description: 'SHA-256 of its content, in lower-case hex.' })
  sha256!: string;

  @Field(() => Int, { nullable: true, description: 'Rows, when it is a table.' })
  rows!: number | null;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;
}

export const ArtifactConnection = ConnectionOf(Artifact, 'Artifact');

@InputType({ description: 'Which artifacts to list; all conditions hold.' })
export class ArtifactFilter {
  @Field(() => [ArtifactKind], { nullable: true, description: 'Of one of these kinds.' })
  kinds?: ArtifactKind[] | null;

  @Field(() => ID, { nullable: true, description: 'Made by this run.' })
  runId?: string | null;

  @Field(() => Date, { nullable: true, description: 'Made at or after this time.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Made before this time.' })
  createdBefore?: Date | null;
}

export enum ArtifactOrder {
  CREATED_AT_DESC = 'CREATED_AT_DESC',
  CREATED_AT_ASC = 'CREATED_AT_ASC',
  FILE_NAME_ASC = 'FILE_NAME_ASC',
  FILE_NAME_DESC = 'FILE_NAME_DESC',
}

registerEnumType(ArtifactOrder, {
  name: 'ArtifactOrder',
  description: 'The order of a list of artifacts.',
  valuesConfig: {
    CREATED_AT_DESC: { description: 'Newest first.' },
    CREATED_AT_ASC: { description: 'Oldest first.' },
    FILE_NAME_ASC: { description: 'By file name, A to Z.' },
    FILE_NAME_DESC: { description: 'By file name, Z to A.' },
  },
});

@InputType({ description: 'An artifact to delete.' })
export class DeleteArtifactInput {
  @Field(() => ID, { description: 'The artifact.' })
  id!: string;
}

@ObjectType({ description: 'What was deleted, or why nothing was.' })
export class DeleteArtifactPayload extends Payload {
  @Field(() => ID, { nullable: true, description: 'The artifact that was deleted.' })
  deletedId?: string | null;
}
