import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RecommendConfig as Stored } from '../../schema/messages/run-config.js';
import { EventColumnsInput, TableRefInput } from './event-log.inputs.js';
import { EventColumns } from './event-columns.types.js';
import { recommenderOptionFields } from './recommender-options.types.js';

export const TrainOn = Stored.shape.trainOn.unwrap().enum;
export type TrainOn = keyof typeof TrainOn;

registerEnumType(TrainOn, {
  name: 'TrainOn',
  description: 'Whose behaviour a recommender learns from. The test is on real users in any case.',
  valuesConfig: {
    REAL: { description: 'The real users, without what is held out.' },
    SYNTHETIC: { description: 'The synthetic users alone.' },
    BOTH: { description: 'The real users and the synthetic ones.' },
  },
});

export const ContinuedLog = Stored.shape.continues.unwrap().enum;
export type ContinuedLog = keyof typeof ContinuedLog;

registerEnumType(ContinuedLog, {
  name: 'ContinuedLog',
  description: 'What the real log is to the recommender that training goes on from.',
  valuesConfig: {
    WHOLE_LOG: {
      description:
        'A newer version of all that it learnt from: new items get vectors of their own, items that the log has not got any more go.',
    },
    NEW_EVENTS: {
      description:
        'What happened since, such as feedback. What it remembers of its users is learnt again beside it, so that it is not forgotten; its items stay.',
    },
  },
});

@InputType({ description: 'A recommender that training goes on from, in place of beginning anew.' })
export class ContinuedRecommenderInput {
  @Field(() => ID, {
    description:
      'The recommender: an artifact of the kind RECOMMENDER, of a `transformer` or a `dnn`. Options that decide the sizes of its network are its own.',
  })
  recommenderArtifactId!: string;

  @Field(() => ContinuedLog, {
    defaultValue: ContinuedLog.NEW_EVENTS,
    description: 'What `real` is to it.',
  })
  log!: ContinuedLog;
}

@InputType({
  description: 'Columns of a log that say what an item is like, for recommenders that take features.',
})
export class ItemAttributesInput {
  @Field(() => String, { nullable: true, description: 'Name of the column of its price.' })
  price?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the column of its category.' })
  category?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the column of its title or description.' })
  text?: string | null;
}

@InputType({
  description:
    'Train a recommender on an event log, and score how it ranks what is held out of it, beside popularity.',
})
@recommenderOptionFields('input', (recommender) => `Options, when the recommender is \`${recommender}\`.`)
export class RecommendInput {
  @Field(() => TableRefInput, {
    description: 'The real log: one event a row. It is held out from, and tested on.',
  })
  real!: TableRefInput;

  @Field(() => TableRefInput, {
    nullable: true,
    description: 'A log of synthetic users, when `trainOn` is SYNTHETIC or BOTH.',
  })
  synthetic?: TableRefInput | null;

  @Field(() => ContinuedRecommenderInput, {
    nullable: true,
    description: 'A recommender of the same name that training goes on from. Default: it begins anew.',
  })
  continueFrom?: ContinuedRecommenderInput | null;

  @Field(() => String, {
    defaultValue: 'transformer',
    description: 'The recommender; `serverInfo.recommenders` lists them.',
  })
  recommender!: string;

  @Field(() => EventColumnsInput, {
    nullable: true,
    description: 'Columns by their roles, the same in both logs. What is left out is guessed.',
  })
  events?: EventColumnsInput | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the column that says on which platform, shop or channel.',
  })
  platform?: string | null;

  @Field(() => ItemAttributesInput, { nullable: true, description: 'What the real log says of items.' })
  attributes?: ItemAttributesInput | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Types of events that count as an interaction, such as `purchase`. Default: all.',
  })
  types?: string[] | null;

  @Field(() => TrainOn, { nullable: true, description: 'Whose behaviour it learns from. Default: REAL.' })
  trainOn?: TrainOn | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Most synthetic interactions to learn from, by the real ones that are not held out, 0.01–100: whole synthetic users, up to that many. Default: all.',
  })
  syntheticRatio?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Share of the events, the latest, that are held out, 0.01–0.9. Default: the last item of each user is.',
  })
  testShare?: number | null;

  @Field(() => [Int], {
    nullable: true,
    description: 'Lengths of lists that are scored, 1–1,000, up to 5 of them. Default: 5, 10, 20.',
  })
  cutoffs?: number[] | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Users with at most so many interactions before the test are scored as cold, 0–1,000. Default: 5.',
  })
  coldEvents?: number | null;
}

@ObjectType({ description: 'Columns that say what an item is like; null: not used.' })
export class ItemAttributes {
  @Field(() => String, { nullable: true, description: 'The column of its price.' })
  price!: string | null;

  @Field(() => String, { nullable: true, description: 'The column of its category.' })
  category!: string | null;

  @Field(() => String, { nullable: true, description: 'The column of its title or description.' })
  text!: string | null;
}

@ObjectType({ description: 'Trains a recommender and scores how it ranks.' })
@recommenderOptionFields(
  'output',
  (recommender) => `Options that were set, when the recommender is \`${recommender}\`.`,
)
export class RecommendConfig {
  @Field(() => String, { description: 'The recommender.' })
  recommender!: string;

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

  @Field(() => TrainOn, { description: 'Whose behaviour it learns from.' })
  trainOn!: TrainOn;

  @Field(() => ContinuedLog, {
    nullable: true,
    description:
      'What the log is to the recommender that it goes on from, its input MODEL; null: it began anew.',
  })
  continues!: ContinuedLog | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Most synthetic interactions learnt from, by the real ones; null: all.',
  })
  syntheticRatio!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Share of events held out; null: the last item of each user.',
  })
  testShare!: number | null;

  @Field(() => [Int], { description: 'Lengths of lists that are scored.' })
  cutoffs!: number[];

  @Field(() => Int, { description: 'Most interactions of a cold user.' })
  coldEvents!: number;
}
