import { Field, Float, ObjectType } from 'type-graphql';

@ObjectType({ description: 'Columns of an event log by their roles; null: guessed.' })
export class EventColumns {
  @Field(() => String, { nullable: true, description: 'The column that says who acted.' })
  user!: string | null;

  @Field(() => String, { nullable: true, description: 'The column that says when.' })
  time!: string | null;

  @Field(() => String, { nullable: true, description: 'The column that says on which item.' })
  item!: string | null;

  @Field(() => String, { nullable: true, description: 'The column that says what was done.' })
  type!: string | null;

  @Field(() => String, { nullable: true, description: 'The column that says in which session.' })
  session!: string | null;
}

@ObjectType({ description: 'What is held out of an event log, to test recommenders on.' })
export class Withholding {
  @Field(() => EventColumns, { nullable: true, description: 'Columns by their roles; null: all guessed.' })
  events!: EventColumns | null;

  @Field(() => String, { nullable: true, description: 'The column of the platform; null: none.' })
  platform!: string | null;

  @Field(() => [String], { nullable: true, description: 'Types of events that count; null: all.' })
  types!: string[] | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Share of events held out; null: the last item of each user.',
  })
  testShare!: number | null;
}
