import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { ModelVersion } from '../models/model.types.js';
import { Verdict } from './comparison.js';

export enum TimeBucket {
  HOUR = 'HOUR',
  DAY = 'DAY',
}

registerEnumType(TimeBucket, {
  name: 'TimeBucket',
  description: 'How long the parts are that a time is looked at in.',
  valuesConfig: {
    HOUR: { description: 'Hours.' },
    DAY: { description: 'Days, in UTC.' },
  },
});

registerEnumType(Verdict, {
  name: 'ComparisonVerdict',
  description: 'Which of two versions is clicked more often.',
  valuesConfig: {
    FIRST_BETTER: { description: 'The first: the whole interval of the difference is below zero.' },
    SECOND_BETTER: { description: 'The second: the whole interval of the difference is above zero.' },
    UNDECIDED: { description: "They can't be told apart yet: zero is in the interval." },
    NO_DATA: { description: 'Too little was recorded of one of them for a rate.' },
  },
});

@ObjectType({
  description:
    'A rate, or a difference of rates, with its 95 % interval for one look at a time chosen before.',
})
export class RateInterval {
  @Field(() => Float, { description: 'The rate.' })
  value!: number;

  @Field(() => Float, { description: 'The lower end of the interval.' })
  low!: number;

  @Field(() => Float, { description: 'The upper end of the interval.' })
  high!: number;
}

@ObjectType({ description: 'What people did with what a version recommended in some time.' })
export class OnlineCounts {
  @Field(() => Float, { description: 'How often an item was shown.' })
  impressions!: number;

  @Field(() => Float, { description: 'How many of those were clicked.' })
  clicks!: number;

  @Field(() => Float, { description: 'How many of those were bought.' })
  purchases!: number;

  @Field(() => RateInterval, {
    nullable: true,
    description:
      'Clicks an impression; with a `cutoff` K it is the CTR@K. Null where nothing was shown, or more was clicked than shown.',
  })
  ctr!: RateInterval | null;

  @Field(() => RateInterval, { nullable: true, description: 'Purchases an impression, in the same way.' })
  purchaseRate!: RateInterval | null;
}

@ObjectType({ description: 'The same for a part of the time.' })
export class OnlineBucket extends OnlineCounts {
  @Field(() => Date, { description: 'When it begins; parts in which nothing was recorded are left out.' })
  from!: Date;
}

@ObjectType({ description: 'How a version does with real people, as far as feedback was recorded.' })
export class OnlineMetrics extends OnlineCounts {
  @Field(() => Date, { description: 'From the hour of this time on.' })
  from!: Date;

  @Field(() => Date, { description: 'To the hour of this time.' })
  to!: Date;

  @Field(() => Int, { nullable: true, description: 'Of the first so many positions; null: of all.' })
  cutoff!: number | null;

  @Field(() => [OnlineBucket], { description: 'The same by hours or days, in the order of time.' })
  buckets!: readonly OnlineBucket[];
}

@ObjectType({ description: 'Two live versions side by side.' })
export class VersionComparison {
  @Field(() => ModelVersion, { description: 'The one with the lower number.' })
  first!: ModelVersion;

  @Field(() => ModelVersion, { description: 'The other.' })
  second!: ModelVersion;

  @Field(() => OnlineCounts, { description: 'What people did with what the first recommended.' })
  firstCounts!: OnlineCounts;

  @Field(() => OnlineCounts, { description: 'What people did with what the second recommended.' })
  secondCounts!: OnlineCounts;

  @Field(() => Date, { description: 'From the hour of this time on.' })
  from!: Date;

  @Field(() => Date, { description: 'To the hour of this time.' })
  to!: Date;

  @Field(() => RateInterval, {
    nullable: true,
    description: "By how much the second's click-through rate is higher; null where one has none.",
  })
  ctrDifference!: RateInterval | null;

  @Field(() => RateInterval, {
    nullable: true,
    description: 'The same of purchases an impression.',
  })
  purchaseRateDifference!: RateInterval | null;

  @Field(() => Verdict, { description: 'Which of them is clicked more often.' })
  verdict!: Verdict;

  @Field(() => String, { description: 'The same in words, with the figures.' })
  summary!: string;
}
