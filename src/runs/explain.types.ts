import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { EventColumns } from './event-columns.types.js';
import { EventColumnsInput, TableRefInput } from './event-log.inputs.js';
import { ItemAttributes, ItemAttributesInput } from './recommend.types.js';

@InputType({
  description:
    'Explain what a recommender recommends to users of a log: by the events of their histories, by features, and over all. How the log is read is as it was for training, unless it is said here.',
})
export class ExplainInput {
  @Field(() => ID, { description: 'The recommender: an artifact of the kind RECOMMENDER.' })
  recommenderArtifactId!: string;

  @Field(() => TableRefInput, {
    description: 'The log whose users are explained, such as the one that the recommender was trained on.',
  })
  log!: TableRefInput;

  @Field(() => EventColumnsInput, {
    nullable: true,
    description: 'Columns by their roles. Default: as for training.',
  })
  events?: EventColumnsInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the column that says on which platform. Default: as for training.',
  })
  platform?: string | null;

  @Field(() => ItemAttributesInput, {
    nullable: true,
    description: 'Columns that say what an item is like. Default: as for training.',
  })
  attributes?: ItemAttributesInput | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Types of events that count. Default: as for training.',
  })
  types?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Ids of the users to explain, 1–200. Default: a random sample.',
  })
  users?: string[] | null;

  @Field(() => Int, {
    nullable: true,
    description: 'How many users are drawn where none are named, 1–200. Default: 20.',
  })
  sampledUsers?: number | null;

  @Field(() => Int, { nullable: true, description: 'Items of each list, 1–20. Default: 5.' })
  k?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Newest events that are told apart, 1–50; what lies before them is one together. Default: 20.',
  })
  mostEvents?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Pairs of random orders that Shapley values are sampled with, 2–500; more lowers their errors, and takes longer. Default: 8.',
  })
  orderPairs?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Depth of the tree that stands in for the recommender, 1–6. Default: 3.',
  })
  treeDepth?: number | null;
}

@ObjectType({ description: 'Explains what a recommender recommends.' })
export class ExplainConfig {
  @Field(() => EventColumns, { nullable: true, description: 'Columns by their roles; null: all guessed.' })
  events!: EventColumns | null;

  @Field(() => String, { nullable: true, description: 'The column of the platform; null: none.' })
  platform!: string | null;

  @Field(() => ItemAttributes, {
    nullable: true,
    description: 'What the log says of items; null: nothing was named.',
  })
  attributes!: ItemAttributes | null;

  @Field(() => [String], { nullable: true, description: 'Types of events that count; null: all.' })
  types!: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Users to explain; null: a random sample.' })
  users!: string[] | null;

  @Field(() => Int, { description: 'How many users are drawn where none are named.' })
  sampledUsers!: number;

  @Field(() => Int, { description: 'Items of each list.' })
  k!: number;

  @Field(() => Int, { description: 'Newest events that are told apart.' })
  mostEvents!: number;

  @Field(() => Int, { description: 'Pairs of random orders for Shapley values.' })
  orderPairs!: number;

  @Field(() => Int, { description: 'Depth of the tree that stands in for the recommender.' })
  treeDepth!: number;
}
