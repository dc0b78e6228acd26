import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { Column } from '../datasets/column.types.js';
import { Score } from './evaluation-report.types.js';

@ObjectType({ description: 'The table that a model has learnt from.' })
export class ModelCardData {
  @Field(() => String, { description: 'Its dataset and version, such as `Orders v2`.' })
  label!: string;

  @Field(() => String, { description: 'SHA-256 of its file, in hexadecimal digits.' })
  sha256!: string;

  @Field(() => Int, { description: 'Rows that the generator learnt from.' })
  rows!: number;

  @Field(() => Int, { description: 'Rows that were left out, such as those that break a constraint.' })
  rowsLeftOut!: number;

  @Field(() => [Column], { description: 'Its columns, as they were after the preparation.' })
  columns!: Column[];

  @Field(() => [String], { description: 'What was done to the table before, step by step, in words.' })
  preparation!: string[];
}

@ObjectType({ description: 'An option of a generator, as it was set or by default.' })
export class ModelCardOption {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => String, { description: 'Its value, as JSON.' })
  value!: string;
}

@ObjectType({ description: 'What is promised of single rows by differential privacy.' })
export class PrivacyBudget {
  @Field(() => Float, { description: 'ε: how much likelier one row may make any model, as a logarithm.' })
  epsilon!: number;

  @Field(() => Float, { description: 'δ: the probability that this does not hold.' })
  delta!: number;
}

@ObjectType({ description: 'What a model has learnt of a column or of the table.' })
export class ModelFinding {
  @Field(() => String, { description: 'Of what.' })
  subject!: string;

  @Field(() => String, { description: 'In a sentence.' })
  text!: string;
}

@ObjectType({
  description: 'What people need to know of a fitted generator before they use it or its rows.',
})
export class ModelCard {
  @Field(() => ID, { description: 'The run that fitted it.' })
  runId!: string;

  @Field(() => Date, { description: 'When the card was written.' })
  createdAt!: Date;

  @Field(() => ModelCardData, { description: 'What it has learnt from.' })
  data!: ModelCardData;

  @Field(() => String, { description: 'The generator.' })
  generator!: string;

  @Field(() => String, { description: 'What the generator is, in a sentence.' })
  summary!: string;

  @Field(() => [ModelCardOption], { description: 'All options, defaults included.' })
  options!: ModelCardOption[];

  @Field(() => Int, { description: 'The seed of the fit.' })
  seed!: number;

  @Field(() => String, { description: 'Engine, its version and device.' })
  engine!: string;

  @Field(() => Float, { nullable: true, description: 'How long the fit took, in seconds.' })
  trainSeconds!: number | null;

  @Field(() => [String], { description: 'What holds in every row that it makes, in words.' })
  constraints!: string[];

  @Field(() => PrivacyBudget, {
    nullable: true,
    description: 'What one row may show in it; null when it was fitted without differential privacy.',
  })
  privacy!: PrivacyBudget | null;

  @Field(() => [ModelFinding], {
    description: 'What it has learnt, where it is a model that people can read.',
  })
  findings!: ModelFinding[];

  @Field(() => [Score], { description: 'How the rows that were drawn after the fit compare with real ones.' })
  scores!: Score[];

  @Field(() => [String], { description: 'What the scores come to, in plain sentences.' })
  verdict!: string[];

  @Field(() => [String], { description: 'What it is meant for.' })
  intendedUse!: string[];

  @Field(() => [String], { description: 'What it is not good for, and what is not promised.' })
  limits!: string[];
}
