import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';
import { Payload } from '../server/payload.js';

@ObjectType({ implements: Node, description: 'A question, with the runs that answer it, side by side.' })
export class Experiment extends Node {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId!: string;

  @Field(() => String, { description: 'What it is called.' })
  name!: string;

  @Field(() => String, { description: 'What its runs are to find out; may be empty.' })
  question!: string;

  @Field(() => [String], { description: 'Words to find it by, in the order in which they were given.' })
  tags!: string[];

  @Field(() => ID, { description: 'The user or API key that made it.' })
  createdById!: string;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it was last changed.' })
  updatedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it was archived; null: it was not.' })
  archivedAt!: Date | null;
}

export const ExperimentConnection = ConnectionOf(Experiment, 'Experiment');

@InputType({ description: 'Which experiments to list; all conditions hold.' })
export class ExperimentFilter {
  @Field(() => Boolean, { nullable: true, description: 'Archived ones or the others. Default: both.' })
  archived?: boolean | null;

  @Field(() => String, { nullable: true, description: 'Has this tag, spelt just so.' })
  tag?: string | null;

  @Field(() => String, { nullable: true, description: 'The name has this in it, whatever the case.' })
  nameContains?: string | null;
}

export enum ExperimentOrder {
  CREATED_AT_DESC = 'CREATED_AT_DESC',
  CREATED_AT_ASC = 'CREATED_AT_ASC',
  UPDATED_AT_DESC = 'UPDATED_AT_DESC',
  NAME_ASC = 'NAME_ASC',
  NAME_DESC = 'NAME_DESC',
}

registerEnumType(ExperimentOrder, {
  name: 'ExperimentOrder',
  description: 'The order of a list of experiments.',
  valuesConfig: {
    CREATED_AT_DESC: { description: 'Newest first.' },
    CREATED_AT_ASC: { description: 'Oldest first.' },
    UPDATED_AT_DESC: { description: 'Last changed first.' },
    NAME_ASC: { description: 'By name, A to Z.' },
    NAME_DESC: { description: 'By name, Z to A.' },
  },
});

/** Most tags of an experiment, and most characters of one. */
export const MAX_TAGS = 20;
export const MAX_TAG_LENGTH = 50;
const TAGS = `up to ${MAX_TAGS} of 1–${MAX_TAG_LENGTH} characters; repeats count once`;

@InputType({ description: 'A new experiment.' })
export class CreateExperimentInput {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId!: string;

  @Field(() => String, { description: 'What it is called, 1–100 characters.' })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What its runs are to find out, up to 5,000 characters.',
  })
  question?: string | null;

  @Field(() => [String], { nullable: true, description: `Words to find it by, ${TAGS}.` })
  tags?: string[] | null;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: "Changes to an experiment; what isn't given stays." })
export class UpdateExperimentInput {
  @Field(() => ID, { description: 'The experiment.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'What it is called, 1–100 characters.' })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What its runs are to find out, up to 5,000 characters.',
  })
  question?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: `Words to find it by, ${TAGS}. They replace the ones that it has.`,
  })
  tags?: string[] | null;
}

@InputType({ description: 'An experiment to archive or to bring back.' })
export class ArchiveExperimentInput {
  @Field(() => ID, { description: 'The experiment.' })
  id!: string;

  @Field(() => Boolean, { defaultValue: true, description: 'False brings it back.' })
  archived!: boolean;
}

@ObjectType()
export abstract class ExperimentPayload extends Payload {
  @Field(() => Experiment, { nullable: true, description: 'The experiment.' })
  experiment?: Experiment | null;
}

@ObjectType({ description: 'The new experiment, or why there is none.' })
export class CreateExperimentPayload extends ExperimentPayload {}

@ObjectType({ description: 'The experiment after the change, or why nothing was changed.' })
export class UpdateExperimentPayload extends ExperimentPayload {}

@ObjectType({ description: 'The experiment, archived or brought back, or why nothing was changed.' })
export class ArchiveExperimentPayload extends ExperimentPayload {}
