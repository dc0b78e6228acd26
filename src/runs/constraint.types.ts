import { Field, Float, InputType, ObjectType, registerEnumType } from 'type-graphql';
import type { Constraint as StoredConstraint, Violations } from '../../schema/messages/constraints.js';

/** Names in the API of what constraints.ts spells in lower case. */
export const ConstraintViolations = { REFUSE: 'refuse', DROP: 'drop' } as const satisfies Record<
  string,
  Violations
>;

registerEnumType(ConstraintViolations, {
  name: 'ConstraintViolations',
  description: 'What to do about real rows that break a constraint.',
  valuesConfig: {
    REFUSE: { description: 'The run fails, and says how many there are and shows one.' },
    DROP: { description: 'The generator learns from the other rows.' },
  },
});

@ObjectType({ description: 'A number or date stays within bounds, which belong to the range.' })
@InputType('RangeConstraintInput', {
  description: 'A number or date stays within bounds, which belong to the range.',
})
export class RangeConstraint {
  @Field(() => String, { description: 'The column.' })
  column!: string;

  @Field(() => Float, { nullable: true, description: 'Its smallest number.' })
  min?: number | null;

  @Field(() => Float, { nullable: true, description: 'Its largest number.' })
  max?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Its first time, such as `2026-01-31` or `2026-01-31T08:26:00`.',
  })
  earliest?: string | null;

  @Field(() => String, { nullable: true, description: 'Its last time.' })
  latest?: string | null;
}

@ObjectType({ description: 'One of two numbers or dates is never above the other.' })
@InputType('InequalityConstraintInput', {
  description: 'One of two numbers or dates is never above the other.',
})
export class InequalityConstraint {
  @Field(() => String, { description: 'The column that is the lower one.' })
  low!: string;

  @Field(() => String, { description: 'The column that is the higher one.' })
  high!: string;

  @Field(() => Boolean, { nullable: true, description: 'Whether they are never equal. Default: false.' })
  strict?: boolean | null;
}

@ObjectType({ description: 'Only combinations of values occur that occur in the real table.' })
@InputType('FixedCombinationsConstraintInput', {
  description: 'Only combinations of values occur that occur in the real table.',
})
export class FixedCombinationsConstraint {
  @Field(() => [String], { description: 'Two columns or more.' })
  columns!: string[];
}

@ObjectType({ description: 'No two rows have the same values: a key.' })
@InputType('UniqueConstraintInput', { description: 'No two rows have the same values: a key.' })
export class UniqueConstraint {
  @Field(() => [String], { description: 'The columns of the key.' })
  columns!: string[];
}

@ObjectType({ description: 'A number, date or yes/no column follows from others.' })
@InputType('FormulaConstraintInput', { description: 'A number, date or yes/no column follows from others.' })
export class FormulaConstraint {
  @Field(() => String, { description: 'The column.' })
  column!: string;

  @Field(() => String, {
    description: 'An expression of other columns, such as ``Price * `Items sold` ``.',
  })
  equals!: string;
}

@ObjectType({ description: 'Wherever one condition holds, another does.' })
@InputType('ConditionConstraintInput', { description: 'Wherever one condition holds, another does.' })
export class ConditionConstraint {
  @Field(() => String, { description: 'An expression that is true or false, such as `Country = "DE"`.' })
  if!: string;

  @Field(() => String, { description: 'Another one, such as `missing(State)` or `Currency = "EUR"`.' })
  then!: string;
}

@ObjectType({ description: 'What holds in every row; one of the fields is set.' })
@InputType('ConstraintInput', {
  description:
    'What holds in every row. Give exactly one of the fields. A constraint says nothing about rows where a cell that it needs is missing.',
})
export class Constraint {
  @Field(() => RangeConstraint, { nullable: true, description: 'A number or date stays within bounds.' })
  range?: RangeConstraint | null;

  @Field(() => InequalityConstraint, {
    nullable: true,
    description: 'One of two numbers or dates is never above the other.',
  })
  inequality?: InequalityConstraint | null;

  @Field(() => FixedCombinationsConstraint, {
    nullable: true,
    description: 'Only combinations of values occur that occur in the real table.',
  })
  fixedCombinations?: FixedCombinationsConstraint | null;

  @Field(() => UniqueConstraint, { nullable: true, description: 'No two rows have the same values.' })
  unique?: UniqueConstraint | null;

  @Field(() => FormulaConstraint, { nullable: true, description: 'A column follows from others.' })
  formula?: FormulaConstraint | null;

  @Field(() => ConditionConstraint, {
    nullable: true,
    description: 'Wherever one condition holds, another does.',
  })
  condition?: ConditionConstraint | null;
}

/** A stored constraint as its GraphQL type shows it. */
export function shownConstraint({ type, ...fields }: StoredConstraint): Constraint {
  return { [type]: fields };
}
