import 'reflect-metadata';
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ModelStage } from '../platform/prisma-client/client.js';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';
import { Payload } from '../server/payload.js';

registerEnumType(ModelStage, {
  name: 'ModelStage',
  description: 'What a version of a model is for now.',
  valuesConfig: {
    CANDIDATE: { description: 'It was never live.' },
    LIVE: { description: 'It answers those who ask the model, or a share of them.' },
    RETIRED: { description: 'It was live once.' },
  },
});

@ObjectType({
  implements: Node,
  description:
    'A place where recommendations are asked for, such as a home page. Its versions are recommenders, of which one or two are live and answer.',
})
export class Model extends Node {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId!: string;

  @Field(() => String, { description: 'What it is called, once in its project.' })
  name!: string;

  @Field(() => String, { description: 'What it is for; may be empty.' })
  description!: string;

  @Field(() => Int, {
    description:
      'Counts the changes of what is live, from 0. Whoever makes the next one names the revision that they saw.',
  })
  revision!: number;

  @Field(() => ID, { description: 'The user or API key that made it.' })
  createdById!: string;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date;
}

@ObjectType({ implements: Node, description: 'A recommender as a version of a model.' })
export class ModelVersion extends Node {
  @Field(() => ID, { description: 'The model.' })
  modelId!: string;

  @Field(() => Int, { description: '1 for the first of its model.' })
  number!: number;

  @Field(() => ID, { description: 'The recommender: an artifact of the kind RECOMMENDER.' })
  artifactId!: string;

  @Field(() => String, { description: 'What is said about it; may be empty.' })
  note!: string;

  @Field(() => ModelStage, { description: 'What it is for now.' })
  stage!: ModelStage;

  @Field(() => Float, {
    description: 'Share of those who ask that it answers, 0–1; more than 0 while it is LIVE.',
  })
  share!: number;

  @Field(() => ID, { description: 'The user or API key that added it.' })
  createdById!: string;

  @Field(() => Date, { description: 'When it was added.' })
  createdAt!: Date;
}

export const ModelConnection = ConnectionOf(Model, 'Model');
export const ModelVersionConnection = ConnectionOf(ModelVersion, 'ModelVersion');

@InputType({ description: 'Which models to list; all conditions hold.' })
export class ModelFilter {
  @Field(() => String, { nullable: true, description: 'Is called just so.' })
  name?: string | null;
}

export enum ModelOrder {
  CREATED_AT_DESC = 'CREATED_AT_DESC',
  CREATED_AT_ASC = 'CREATED_AT_ASC',
  NAME_ASC = 'NAME_ASC',
  NAME_DESC = 'NAME_DESC',
}

registerEnumType(ModelOrder, {
  name: 'ModelOrder',
  description: 'The order of a list of models.',
  valuesConfig: {
    CREATED_AT_DESC: { description: 'Newest first.' },
    CREATED_AT_ASC: { description: 'Oldest first.' },
    NAME_ASC: { description: 'By name, A to Z.' },
    NAME_DESC: { description: 'By name, Z to A.' },
  },
});

@InputType({ description: 'A new model.' })
export class CreateModelInput {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId!: string;

  @Field(() => String, { description: 'What it is called, 1–100 characters, once in its project.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What it is for, up to 5,000 characters.' })
  description?: string | null;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: 'A recommender that becomes a version of a model, as a candidate.' })
export class AddModelVersionInput {
  @Field(() => ID, { description: 'The model.' })
  modelId!: string;

  @Field(() => ID, {
    description: "The recommender: an artifact of the kind RECOMMENDER, of the model's project.",
  })
  recommenderArtifactId!: string;

  @Field(() => String, { nullable: true, description: 'What to say about it, up to 5,000 characters.' })
  note?: string | null;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'The new model, or why there is none.' })
export class CreateModelPayload extends Payload {
  @Field(() => Model, { nullable: true, description: 'The model.' })
  model?: Model | null;
}

@ObjectType({ description: 'The new version, or why there is none.' })
export class AddModelVersionPayload extends Payload {
  @Field(() => ModelVersion, { nullable: true, description: 'The version.' })
  modelVersion?: ModelVersion | null;
}
