import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RankingMeasure, UserGroup } from '../../schema/messages/ranking.js';
import { ScoreInterval } from '../artifacts/ranking-report.types.js';
import { RunState } from '../platform/prisma-client/client.js';
import { optionFields } from '../runs/generator-options.types.js';
import { RecommendInput, TrainOn } from '../runs/recommend.types.js';
import { RunFailure } from '../runs/run.types.js';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { ExperimentPayload } from './experiment.types.js';

export const TrainingOutcome = {
  HELPED: 'HELPED',
  NO_DIFFERENCE_SHOWN: 'NO_DIFFERENCE_SHOWN',
  HURT: 'HURT',
} as const;

registerEnumType(TrainingOutcome, {
  name: 'TrainingOutcome',
  description: 'What the 95 % interval of a difference to training on real users alone says.',
  valuesConfig: {
    HELPED: { description: 'It lies above zero.' },
    NO_DIFFERENCE_SHOWN: { description: 'Zero is in it.' },
    HURT: { description: 'It lies below zero.' },
  },
});

@InputType({
  description:
    'An experiment that asks whether synthetic users help a recommender. For each seed a generator of logs learns without what the test holds out, and the recommender learns from real users alone, from as many synthetic interactions alone, and from both at each ratio.',
})
@optionFields('input', (generator) => `Options of the generator \`${generator}\`.`, ['sessions'])
export class StartComparisonInput {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId!: string;

  @Field(() => String, { description: 'What the experiment is called, 1–100 characters.' })
  name!: string;

  @Field(() => RecommendInput, {
    description:
      "What is trained and how it is tested; `real` is a dataset version. `synthetic`, `trainOn` and `syntheticRatio` are the comparison's own: leave them out.",
  })
  recommend!: RecommendInput;

  @Field(() => [Float], {
    defaultValue: [0.5, 1],
    description: 'Synthetic interactions by real ones where both are learnt from, 0.01–10, 1 to 5 of them.',
  })
  ratios!: number[];

  @Field(() => [Int], { defaultValue: [1, 2, 3], description: 'Seeds, 1 to 10 of them.' })
  seeds!: number[];

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@ObjectType({ description: 'The experiment, its runs queued, or why there is none.' })
export class StartComparisonPayload extends ExperimentPayload {}

@ObjectType({ description: 'A run of a comparison.' })
export class TrainingComparisonRun {
  @Field(() => ID, { description: 'The run; the last retry where there is one.' })
  runId!: string;

  @Field(() => Int, { description: 'Its seed.' })
  seed!: number;

  @Field(() => RunState, { description: 'Where it is in its life.' })
  state!: RunState;

  @Field(() => RunFailure, { nullable: true, description: 'Why it failed.' })
  failure!: RunFailure | null;
}

@ObjectType({ description: 'A score of an arm, beside that of training on real users alone.' })
export class ComparedTrainingScore {
  @Field(() => RankingMeasure.enum, { description: 'What is measured.' })
  measure!: string;

  @Field(() => Int, { nullable: true, description: 'Length of the list; null for MRR.' })
  cutoff!: number | null;

  @Field(() => UserGroup.enum, { description: 'Of which users.' })
  group!: string;

  @Field(() => Int, { description: 'How many users.' })
  users!: number;

  @Field(() => ScoreInterval, {
    description: 'The mean over users and seeds; the interval is for other users and other seeds.',
  })
  mean!: ScoreInterval;

  @Field(() => ScoreInterval, {
    nullable: true,
    description: 'The difference to real only, user by user and seed by seed; null for real only.',
  })
  difference!: ScoreInterval | null;

  @Field(() => Float, { nullable: true, description: "Share of real only's score; 1 is as good." })
  kept!: number | null;

  @Field(() => TrainingOutcome, { nullable: true, description: 'What the difference says.' })
  outcome!: string | null;
}

@ObjectType({ description: 'One way of training, over all seeds.' })
export class TrainingComparisonArm {
  @Field(() => TrainOn, { description: 'Whose behaviour is learnt from.' })
  trainOn!: string;

  @Field(() => Float, { nullable: true, description: 'Synthetic interactions by real ones; null: none.' })
  ratio!: number | null;

  @Field(() => [TrainingComparisonRun], { description: 'Its runs, by seed.' })
  runs!: TrainingComparisonRun[];

  @Field(() => [ComparedTrainingScore], { description: 'Scores of the runs that have succeeded so far.' })
  scores!: ComparedTrainingScore[];

  @Field(() => String, { nullable: true, description: 'What they say, in a sentence; null for real only.' })
  verdict!: string | null;
}

@ObjectType({ description: 'Whether synthetic users help a recommender, as far as the runs have come.' })
export class TrainingComparison {
  @Field(() => String, { description: 'The recommender.' })
  recommender!: string;

  @Field(() => Boolean, { description: 'Whether all its runs have ended.' })
  complete!: boolean;

  @Field(() => [TrainingComparisonRun], { description: 'The runs that make the synthetic logs, by seed.' })
  synthesis!: TrainingComparisonRun[];

  @Field(() => [TrainingComparisonArm], { description: 'Real only first.' })
  arms!: TrainingComparisonArm[];

  @Field(() => [String], { description: 'What a reader should know, in plain sentences.' })
  notes!: string[];
}
