import { Field, Float, ID, InputType } from 'type-graphql';
import { ArtifactKind } from '../platform/prisma-client/client.js';

@InputType({
  description: 'An artifact that a run makes; the run that reads it waits in the queue until it is there.',
})
export class RunOutputInput {
  @Field(() => ID, { description: 'The run. It may be queued, under way or done, in the same project.' })
  runId!: string;

  @Field(() => ArtifactKind, {
    description: 'Which of its artifacts: SYNTHETIC_PARQUET or COMPLETED_PARQUET.',
  })
  kind!: ArtifactKind;
}

@InputType({
  description:
    'A table: a dataset version, or an artifact that a run made or will make. Give one of the three.',
})
export class TableRefInput {
  @Field(() => ID, { nullable: true, description: 'A dataset version that is READY.' })
  datasetVersionId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'An artifact of the kind SYNTHETIC_PARQUET or COMPLETED_PARQUET.',
  })
  artifactId?: string | null;

  @Field(() => RunOutputInput, { nullable: true, description: 'What another run makes.' })
  madeBy?: RunOutputInput | null;
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

@InputType({
  description:
    'What is held out of an event log, to test recommenders on. A RECOMMEND run with the same columns, types and share tests on just that.',
})
export class WithholdInput {
  @Field(() => EventColumnsInput, {
    nullable: true,
    description:
      "Columns by their roles. Default: those of the generator's options; what is left out is guessed.",
  })
  events?: EventColumnsInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the column that says on which platform, shop or channel.',
  })
  platform?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Types of events that count as an interaction, such as `purchase`. Default: all.',
  })
  types?: string[] | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Share of the events, the latest, that are held out, 0.01–0.9. Default: the last item of each user is.',
  })
  testShare?: number | null;
}
