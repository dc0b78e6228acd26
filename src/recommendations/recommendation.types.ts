import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  MOST_EVENTS,
  MOST_EXCLUDED,
  MOST_RANKED,
  MOST_REASONS,
  RankingBasis as Basis,
} from '../../schema/messages/ranking-request.js';
import { ModelVersion } from '../models/model.types.js';

export const RankingBasis = Basis.enum;
export type RankingBasis = keyof typeof RankingBasis;

registerEnumType(RankingBasis, {
  name: 'RankingBasis',
  description: 'What the scores of a ranking follow from.',
  valuesConfig: {
    HISTORY: { description: 'What the user did.' },
    FEATURES: { description: 'What the items are like.' },
    POPULARITY: {
      description: 'What everybody did: of the user, nothing is known that the recommender can use.',
    },
  },
});

@InputType({ description: 'One thing that a user did.' })
export class HistoryEventInput {
  @Field(() => String, { description: 'Id of the item, as in the log that the recommender learnt from.' })
  item!: string;

  @Field(() => String, { nullable: true, description: 'What was done, as in that log, such as `view`.' })
  type?: string | null;

  @Field(() => String, { nullable: true, description: 'On which platform, as in that log.' })
  platform?: string | null;

  @Field(() => Date, { nullable: true, description: 'When.' })
  time?: Date | null;
}

@InputType({
  description:
    'What is to rank, and for whom: a user of its log, a history, or both. With both, the history is what happened since the recommender was trained.',
})
export class RecommendationsInput {
  @Field(() => ID, {
    nullable: true,
    description: 'The model in use that is asked; one of its live versions ranks. Give it or a recommender.',
  })
  modelId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The recommender: an artifact of the kind RECOMMENDER. Give it or a model.',
  })
  recommenderArtifactId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Who looks at the answer, such as the id in a cookie: where two versions are live, the same visitor is always answered by the same one. Default: the `user`. Without either, chance decides each time.',
  })
  visitor?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Id of a user, as in the log that the recommender learnt from.',
  })
  user?: string | null;

  @Field(() => [HistoryEventInput], {
    nullable: true,
    description: `What the user did, oldest first; at most ${MOST_EVENTS.toLocaleString('en')} events. Empty for somebody of whom nothing is known.`,
  })
  history?: HistoryEventInput[] | null;

  @Field(() => Int, {
    defaultValue: 10,
    description: `Most items of the answer, 1–${MOST_RANKED.toLocaleString('en')}.`,
  })
  k!: number;

  @Field(() => [String], {
    nullable: true,
    description: `Ids of items that mustn't be in the answer, such as those that are sold out; at most ${MOST_EXCLUDED.toLocaleString('en')}.`,
  })
  exclude?: string[] | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'Whether the items of the history are left out, too.',
  })
  excludeSeen!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Ranks only items with which somebody interacted on this platform.',
  })
  platform?: string | null;

  @Field(() => Int, {
    defaultValue: 0,
    description: `Most reasons told of each item, 0–${MOST_REASONS}. Finding them takes up to a dozen rankings in place of one; without any, nothing is computed.`,
  })
  reasons!: number;
}

@ObjectType({ description: 'Why an item is recommended.' })
export class RecommendationReason {
  @Field(() => String, {
    nullable: true,
    description: 'What was done, such as `view`; null where it is not known.',
  })
  event?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The item that it was done to; null where no event is the reason.',
  })
  item?: string | null;

  @Field(() => Date, { nullable: true, description: 'When, where it is known.' })
  time?: Date | null;

  @Field(() => Float, { description: 'Its share of what speaks for the recommended item, 0–1.' })
  weight!: number;

  @Field(() => String, {
    description: 'For people, such as `because of 85123A (view, 2 days ago)` or `popular`.',
  })
  text!: string;
}

@ObjectType({ description: 'An item of a ranking.' })
export class RecommendedItem {
  @Field(() => String, { description: 'Its id, as in the log that the recommender learnt from.' })
  item!: string;

  @Field(() => Float, { description: 'Higher is better; comparable within one answer only.' })
  score!: number;

  @Field(() => [RecommendationReason], {
    nullable: true,
    description: 'Why it is there, the weightiest first; null unless `reasons` was asked for.',
  })
  reasons?: readonly RecommendationReason[] | null;
}

@ObjectType({ description: "What a request named and the recommender doesn't know. It was passed over." })
export class UnknownToRecommender {
  @Field(() => Boolean, { description: "Whether it doesn't remember the user." })
  user!: boolean;

  @Field(() => [String], { description: "Items of the history that it doesn't know, each once." })
  items!: readonly string[];

  @Field(() => Boolean, { description: "Whether it doesn't know the platform." })
  platform!: boolean;
}

@ObjectType({ description: 'The model that made a ranking, and where it comes from.' })
export class RankingModel {
  @Field(() => ID, { description: 'The artifact; its `lineage` tells all that it was made of.' })
  artifactId!: string;

  @Field(() => ID, { description: 'The run that trained it.' })
  runId!: string;

  @Field(() => String, { description: 'Name of the recommender, such as `item-knn`.' })
  recommender!: string;
}

@ObjectType({ description: 'Items for a user, the best first.' })
export class Recommendations {
  @Field(() => [RecommendedItem], {
    description: 'The best first; fewer than `k` where no more may be shown.',
  })
  items!: readonly RecommendedItem[];

  @Field(() => RankingBasis, { description: 'What the scores follow from.' })
  basis!: RankingBasis;

  @Field(() => UnknownToRecommender, { description: "What the recommender doesn't know of the request." })
  unknown!: UnknownToRecommender;

  @Field(() => RankingModel, { description: 'What ranked.' })
  model!: RankingModel;

  @Field(() => ModelVersion, {
    nullable: true,
    description: 'The version that ranked, when a model was asked; null when a recommender was.',
  })
  modelVersion!: ModelVersion | null;

  @Field(() => String, {
    nullable: true,
    description: 'Names this answer in feedback, when a model was asked; null when a recommender was.',
  })
  recommendationId!: string | null;
}
