import { Field, Float, InputType, ObjectType } from 'type-graphql';
import { MAX_CONDITION_VALUES } from '../../schema/messages/conditions.js';

@InputType('ConditionInput', {
  description: 'What a cell of each row must be. Give either `in`, or `min`, `max` or both.',
})
@ObjectType('Condition', { description: 'What a cell of each row must be.' })
export class Condition {
  @Field(() => String, { description: 'The column.' })
  column!: string;

  @Field(() => [String], {
    nullable: true,
    description: `Any of these values, spelled as in the table's file, in their learnt proportions; up to ${MAX_CONDITION_VALUES.toLocaleString('en')}.`,
  })
  in?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'The least number or time, such as `12.5` or `2026-01-31`.',
  })
  min?: string | null;

  @Field(() => String, { nullable: true, description: 'The largest number or time.' })
  max?: string | null;
}

@InputType('ValueShareInput', { description: 'The share of the rows that a value is to have.' })
@ObjectType('ValueShare', { description: 'The share of the rows that a value has.' })
export class ValueShare {
  @Field(() => String, { description: "The value, spelled as in the table's file." })
  value!: string;

  @Field(() => Float, { description: 'Share of the rows, 0–1.' })
  share!: number;
}

@InputType('RebalanceInput', {
  description:
    "Shares of a column's values in place of the learnt ones. Values that aren't listed have the rest, in their learnt proportions.",
})
@ObjectType('Rebalance', { description: "Shares of a column's values in place of the learnt ones." })
export class Rebalance {
  @Field(() => String, { description: 'The column.' })
  column!: string;

  @Field(() => [ValueShare], { description: 'Up to 1 in all.' })
  shares!: ValueShare[];
}
