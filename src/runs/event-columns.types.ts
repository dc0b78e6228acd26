import { Field, ObjectType } from 'type-graphql';

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
