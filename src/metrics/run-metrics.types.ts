import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'One value of a metric.' })
export class MetricPoint {
  @Field(() => String, { description: 'The series, such as `train/loss`.' })
  name!: string;

  @Field(() => Float, { description: 'Where in the series; rises strictly.' })
  step!: number;

  @Field(() => Float, { description: 'The value; always finite.' })
  value!: number;

  @Field(() => Date, { description: 'When the worker measured it.' })
  at!: Date;

  @Field(() => Int, { description: 'Counts all points of the run from 1, without gaps.' })
  sequence!: number;
}

@ObjectType({ description: 'Consecutive points of a run.' })
export class RunMetrics {
  @Field(() => String, { description: 'Where they end: give it as `after` to go on from here.' })
  cursor!: string;

  @Field(() => [MetricPoint], { description: 'The points, in the order in which they were stored.' })
  points!: MetricPoint[];
}
