import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import {
  AttributionMethod,
  EvidenceUnit,
  FeatureImportance as StoredImportance,
  Surrogate as StoredSurrogate,
} from '../../schema/messages/explanation.js';
import { RankingBasis } from '../recommendations/recommendation.types.js';
import { ScoreInterval } from './ranking-report.types.js';

registerEnumType(EvidenceUnit.enum, {
  name: 'EvidenceUnit',
  description: 'What evidence for an item counts in.',
  valuesConfig: {
    LOG_PROBABILITY: { description: 'Natural logarithm of the probability that the item comes next.' },
    LOGIT: { description: "The network's logit." },
    SIMILARITY: { description: 'Sum of similarities to the items of the history.' },
    COUNT: { description: 'Interactions with the item, whoever asks.' },
  },
});

registerEnumType(AttributionMethod.enum, {
  name: 'AttributionMethod',
  description: 'By what events are put in the order in which they are said to matter.',
  valuesConfig: {
    SHAPLEY: { description: 'Shapley values.' },
    LEAVE_ONE_OUT: { description: 'What changes without an event alone.' },
    LOCAL: { description: 'Coefficients of the local surrogate.' },
    ATTENTION: { description: 'Where the network looks; that is no cause.' },
    RECENCY: { description: 'Newest first, without asking the recommender.' },
    RANDOM: { description: 'Random orders.' },
  },
});

const ImportanceSource = StoredImportance.shape.source.enum;
registerEnumType(ImportanceSource, {
  name: 'ImportanceSource',
  description: 'Whose features are weighed.',
  valuesConfig: {
    MODEL: { description: 'Those that the recommender itself makes of a history.' },
    SURROGATE: { description: 'Those of boosted trees that stand in for the recommender.' },
  },
});

const SurrogateKind = StoredSurrogate.shape.kind.enum;
registerEnumType(SurrogateKind, {
  name: 'SurrogateKind',
  description: 'A simple model that stands in for a recommender.',
  valuesConfig: {
    TREE: { description: 'One tree, which can be read as rules.' },
    BOOSTED_TREES: { description: 'Many trees: closer to the recommender.' },
  },
});

@ObjectType({ description: 'What one event of a history has to do with an item of the list.' })
export class EventAttribution {
  @Field(() => String, { description: 'Id of its item.' })
  item!: string;

  @Field(() => String, { nullable: true, description: 'What was done, where the log says it.' })
  type!: string | null;

  @Field(() => String, { nullable: true, description: 'On which platform, where the log says it.' })
  platform!: string | null;

  @Field(() => Date, { nullable: true, description: 'When.' })
  time!: Date | null;

  @Field(() => Int, { description: '1; more for the earliest ones together, of which this is the last.' })
  events!: number;

  @Field(() => Float, {
    description: "Its Shapley value: its share of the evidence for the item, in the explanation's unit.",
  })
  shapley!: number;

  @Field(() => Float, { description: 'Standard error of that; 0 where it is exact.' })
  error!: number;

  @Field(() => Float, { description: 'By how much the evidence falls without this event alone.' })
  leaveOneOut!: number;

  @Field(() => Int, { description: 'Where the item would stand without this event alone.' })
  rankWithout!: number;

  @Field(() => Float, { description: 'Its coefficient in the local surrogate.' })
  local!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'How much the network attends to it, 0–1; that is no cause. Null without attention.',
  })
  attention!: number | null;
}

@ObjectType({ description: 'What a feature of a history has to do with an item, against other users.' })
export class FeatureAttribution {
  @Field(() => String, { description: 'The feature.' })
  feature!: string;

  @Field(() => String, { nullable: true, description: 'What it is of this history, in words.' })
  value!: string | null;

  @Field(() => Float, { description: "Its Shapley value, in the explanation's unit." })
  shapley!: number;

  @Field(() => Float, { description: 'Standard error of that.' })
  error!: number;
}

@ObjectType({ description: 'Events without which an item drops out of the list.' })
export class Counterfactual {
  @Field(() => [Int], {
    description: 'Places in `events`, from 0. None of them can be left in; there may be a smaller set.',
  })
  without!: number[];

  @Field(() => Int, { description: 'Where the item would stand.' })
  rank!: number;
}

@ObjectType({ description: 'Why an item is on the list.' })
export class ItemExplanation {
  @Field(() => String, { description: 'Its id.' })
  item!: string;

  @Field(() => Float, { description: 'Evidence for it if nothing had happened.' })
  base!: number;

  @Field(() => Float, {
    description: 'Evidence for it. The Shapley values of the events add up to the difference to `base`.',
  })
  evidence!: number;

  @Field(() => [EventAttribution], { description: 'The events of the history, the oldest first.' })
  events!: EventAttribution[];

  @Field(() => Float, {
    description:
      'Weighted R² of the local surrogate, at most 1: how well a sum over events tells the evidence.',
  })
  localFit!: number;

  @Field(() => [FeatureAttribution], {
    description: 'Features that the recommender makes of the history; empty where it makes none.',
  })
  features!: FeatureAttribution[];

  @Field(() => Counterfactual, {
    nullable: true,
    description: 'A small set of events without which it drops out of the list; null: none was found.',
  })
  counterfactual!: Counterfactual | null;

  @Field(() => String, { description: 'All that in a sentence.' })
  text!: string;
}

@ObjectType({ description: 'Why a user is recommended what they are.' })
export class UserExplanation {
  @Field(() => String, { description: 'The user, as in the log.' })
  user!: string;

  @Field(() => Int, { description: 'Events of the history, as far as the recommender knows their items.' })
  events!: number;

  @Field(() => RankingBasis, { description: 'What the scores follow from.' })
  basis!: string;

  @Field(() => [ItemExplanation], { description: 'Items of the list, the best first.' })
  items!: ItemExplanation[];
}

@ObjectType({ description: 'How much a feature matters over all.' })
export class FeatureImportance {
  @Field(() => String, { description: 'The feature.' })
  feature!: string;

  @Field(() => ImportanceSource, { description: 'Whose feature it is.' })
  source!: string;

  @Field(() => Float, {
    description:
      "Mean |Shapley value|: in the explanation's unit (MODEL), in shares of the catalogue (SURROGATE).",
  })
  importance!: number;
}

@ObjectType({ description: 'What a tree says of pairs of users and items.' })
export class SurrogateRule {
  @Field(() => [String], { description: 'What holds of the pairs; empty: of all.' })
  conditions!: string[];

  @Field(() => Float, { description: 'The share of the catalogue that the item stands above, 0–1.' })
  answer!: number;

  @Field(() => Float, { description: 'Of the pairs that the tree learnt from, 0–1.' })
  share!: number;
}

@ObjectType({ description: 'A simple model that says which share of the catalogue an item stands above.' })
export class Surrogate {
  @Field(() => SurrogateKind, { description: 'What it is.' })
  kind!: string;

  @Field(() => Float, { description: "R² on users that it hasn't seen: 1 would be the recommender itself." })
  fidelity!: number;

  @Field(() => [SurrogateRule], { description: 'Of one tree, the highest answers first.' })
  rules!: SurrogateRule[];
}

@ObjectType({
  description:
    "How faithful an order of events is: areas under 1 / log₂(1 + rank) of the list's first item, as means over users.",
})
export class Faithfulness {
  @Field(() => AttributionMethod.enum, { description: 'By what events are ordered.' })
  method!: string;

  @Field(() => ScoreInterval, {
    description: 'While the events go that are said to matter most; less is better.',
  })
  deletion!: ScoreInterval;

  @Field(() => ScoreInterval, { description: 'By how much less than in random orders, user by user.' })
  deletionGain!: ScoreInterval;

  @Field(() => ScoreInterval, { description: 'While they come, from none on; more is better.' })
  insertion!: ScoreInterval;

  @Field(() => ScoreInterval, { description: 'By how much more than in random orders, user by user.' })
  insertionGain!: ScoreInterval;

  @Field(() => [Float], { description: 'Mean gain with 0, 10, …, 100 % of the events gone.' })
  deletionCurve!: number[];

  @Field(() => [Float], { description: 'Mean gain with 0, 10, …, 100 % of the events there.' })
  insertionCurve!: number[];
}

@ObjectType({ description: 'Why a recommender recommends what it does.' })
export class ExplanationReport {
  @Field(() => String, { description: 'The recommender.' })
  recommender!: string;

  @Field(() => EvidenceUnit.enum, { description: 'What evidence counts in.' })
  unit!: string;

  @Field(() => Int, { description: 'Users of the log.' })
  users!: number;

  @Field(() => Int, { description: "Items of the recommender's catalogue." })
  items!: number;

  @Field(() => Int, { description: 'Items of each list.' })
  k!: number;

  @Field(() => [UserExplanation], { description: 'The users that were explained.' })
  explained!: UserExplanation[];

  @Field(() => [FeatureImportance], { description: 'What matters over all; of each source, the most first.' })
  importances!: FeatureImportance[];

  @Field(() => [Surrogate], { description: 'Models that stand in for the recommender; none for tiny logs.' })
  surrogates!: Surrogate[];

  @Field(() => Int, { description: 'Users whose explanations were put to the test: those of two events.' })
  faithfulUsers!: number;

  @Field(() => [Faithfulness], { description: 'How faithful the explanations are, beside random ones.' })
  faithfulness!: Faithfulness[];

  @Field(() => Int, { description: 'Rankings of the catalogue that explaining took.' })
  worlds!: number;

  @Field(() => [String], { description: 'What was left out and how to read it, in plain sentences.' })
  notes!: string[];
}
