import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RankingMeasure, RankingTrait as StoredTrait, UserGroup } from '../../schema/messages/ranking.js';

registerEnumType(RankingMeasure.enum, {
  name: 'RankingMeasure',
  description: 'How well a list finds the items that a user went on to; each 0–1, more is better.',
  valuesConfig: {
    HIT_RATE: { description: 'Share of the users who find one of them in the list.' },
    NDCG: {
      description:
        'Normalised discounted cumulative gain: a find counts the less, the further down it stands.',
    },
    RECALL: { description: 'Share of them that the list has.' },
    MRR: { description: 'Mean of 1 / rank of the first find in the whole catalogue.' },
  },
});

registerEnumType(UserGroup.enum, {
  name: 'UserGroup',
  description: 'Which users a score is of.',
  valuesConfig: {
    ALL: { description: 'All who were tested.' },
    COLD: { description: 'Those with few interactions before.' },
    WARM: { description: 'The others.' },
  },
});

const TraitName = StoredTrait.shape.trait.enum;

registerEnumType(TraitName, {
  name: 'RankingTraitName',
  description: 'What lists are like, whoever they are for.',
  valuesConfig: {
    COVERAGE: { description: 'Share of the catalogue that is in any list, 0–1.' },
    GINI: {
      description: 'Gini coefficient of how often items are shown: 0 all alike, 1 one item takes all.',
    },
    DIVERSITY: { description: 'Mean distance of two items of a list, by who interacted with them, 0–1.' },
    NOVELTY: { description: 'Mean of −log₂ of the share of users who interacted with an item, in bits.' },
    POPULARITY_LIFT: { description: 'How popular what is shown is, by what the same users had before.' },
  },
});

@ObjectType({ description: 'A mean over users with its 95 % bootstrap interval.' })
export class ScoreInterval {
  @Field(() => Float, { description: 'The mean.' })
  value!: number;

  @Field(() => Float, { description: 'The lower end of the interval.' })
  low!: number;

  @Field(() => Float, { description: 'The upper end of the interval.' })
  high!: number;
}

@ObjectType({ description: 'How well held-out items are found, beside popularity.' })
export class RankingScore {
  @Field(() => RankingMeasure.enum, { description: 'What is measured.' })
  measure!: string;

  @Field(() => Int, { nullable: true, description: 'Length of the list; null for MRR.' })
  cutoff!: number | null;

  @Field(() => UserGroup.enum, { description: 'Of which users.' })
  group!: string;

  @Field(() => ScoreInterval, { description: "The recommender's." })
  score!: ScoreInterval;

  @Field(() => ScoreInterval, {
    description: "Of popularity's ranking, learnt from the same and tested on the same.",
  })
  popularity!: ScoreInterval;
}

@ObjectType({ description: 'What the longest lists that were scored are like.' })
export class RankingTrait {
  @Field(() => TraitName, { description: 'What is measured.' })
  trait!: string;

  @Field(() => Float, { description: "Of the recommender's lists." })
  value!: number;

  @Field(() => Float, { description: "Of popularity's lists." })
  popularity!: number;
}

@ObjectType({
  description: 'How well a recommender ranks the whole catalogue for users whose next item it has not seen.',
})
export class RankingReport {
  @Field(() => String, { description: 'The recommender.' })
  recommender!: string;

  @Field(() => Int, { description: 'Users of the real log.' })
  users!: number;

  @Field(() => Int, { description: 'Items of the real log: all are ranked.' })
  items!: number;

  @Field(() => Int, { description: 'Interactions of real users that it learnt from.' })
  realInteractions!: number;

  @Field(() => Int, { description: 'Interactions of synthetic users that it learnt from.' })
  syntheticInteractions!: number;

  @Field(() => Int, { description: 'Users whose held-out items were looked for.' })
  tested!: number;

  @Field(() => Int, { description: 'Cold ones among them.' })
  cold!: number;

  @Field(() => Int, { description: 'Most interactions of a cold user.' })
  coldEvents!: number;

  @Field(() => [RankingScore], { description: 'The scores; groups without a user are left out.' })
  scores!: RankingScore[];

  @Field(() => [RankingTrait], { description: 'What the lists are like.' })
  traits!: RankingTrait[];

  @Field(() => [String], { description: 'What was put right or left out, in plain sentences.' })
  notes!: string[];
}
