import { Field, ID, InputType } from 'type-graphql';

@InputType({
  description: 'A table: a dataset version, or an artifact that a run made. Give one of the two.',
})
export class TableRefInput {
  @Field(() => ID, { nullable: true, description: 'A dataset version that is READY.' })
  datasetVersionId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'An artifact of the kind SYNTHETIC_PARQUET or COMPLETED_PARQUET.',
  })
  artifactId?: string | null;
}

@InputType({
  description: 'Columns of an event log by their roles. What is left out is guessed from names and kinds.',
})
export class EventColumnsInput {
  @Field(() => String, { nullable: true, description: 'Name of the column that says who acted.' })
  user?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the column that says when.' })
  time?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the column that says on which item.' })
  item?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the column that says what was done.' })
  type?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the column that says in which session.' })
  session?: string | null;
}
