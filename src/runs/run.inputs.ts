import { Field, Float, ID, InputType, Int, registerEnumType } from 'type-graphql';
import { COMPLETING_GENERATORS } from '../../schema/messages/generator-options/catalogue.js';
import { MAX_SYNTHETIC_ROWS } from '../../schema/messages/run-config.js';
import { RunKind, RunState } from '../platform/prisma-client/client.js';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { Constraint, ConstraintViolations } from './constraint.types.js';
import { Condition, Rebalance } from './condition.types.js';
import { PreparationStep } from './preparation.types.js';
import { SynthesizeTablesInput } from './linked.types.js';
import { EventColumnsInput, TableRefInput, WithholdInput } from './event-log.inputs.js';
import { optionFields } from './generator-options.types.js';
import { ExplainInput } from './explain.types.js';
import { RecommendInput } from './recommend.types.js';
import { SearchInput } from './search.types.js';

/** The order of a list of runs. */
export enum RunOrder {
  CREATED_AT_DESC = 'CREATED_AT_DESC',
  CREATED_AT_ASC = 'CREATED_AT_ASC',
  PRIORITY_DESC = 'PRIORITY_DESC',
}

registerEnumType(RunOrder, {
  name: 'RunOrder',
  description: 'The order of a list of runs.',
  valuesConfig: {
    CREATED_AT_DESC: { description: 'Newest first.' },
    CREATED_AT_ASC: { description: 'Oldest first.' },
    PRIORITY_DESC: { description: 'Highest priority first.' },
  },
});

@InputType({ description: 'Which runs to list; all conditions hold.' })
export class RunFilter {
  @Field(() => [RunState], { nullable: true, description: 'In one of these states.' })
  states?: RunState[] | null;

  @Field(() => [RunKind], { nullable: true, description: 'Of one of these kinds.' })
  kinds?: RunKind[] | null;

  @Field(() => ID, { nullable: true, description: 'Of this experiment.' })
  experimentId?: string | null;

  @Field(() => String, { nullable: true, description: 'The name has this in it, whatever the case.' })
  nameContains?: string | null;

  @Field(() => Date, { nullable: true, description: 'Made at or after this time.' })
  createdAfter?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Made before this time.' })
  createdBefore?: Date | null;
}

@InputType({ description: 'Fit a generator to a table, sample it, and score the sample.' })
@optionFields('input', (generator) => `Options, when the generator is \`${generator}\`.`)
export class SynthesizeInput {
  @Field(() => ID, { description: 'The table to learn from; a version that is READY.' })
  datasetVersionId!: string;

  @Field(() => String, {
    defaultValue: 'autoregressive',
    description: 'The generator; `serverInfo.generators` lists them.',
  })
  generator!: string;

  @Field(() => Int, {
    nullable: true,
    description: `Rows to make, 1–${MAX_SYNTHETIC_ROWS.toLocaleString('en')}. Default: as many as the table has.`,
  })
  rows?: number | null;

  @Field(() => [Constraint], {
    nullable: true,
    description: 'What holds in every synthetic row, also in those that are sampled later; up to 50.',
  })
  constraints?: Constraint[] | null;

  @Field(() => ConstraintViolations, {
    nullable: true,
    description: 'What to do about real rows that break a constraint. Default: `REFUSE`.',
  })
  violations?: 'refuse' | 'drop' | null;

  @Field(() => [PreparationStep], {
    nullable: true,
    description:
      'What to do to the real table before the generator learns from it, in this order; up to 50. The scores compare with the table as it is after that.',
  })
  preparation?: PreparationStep[] | null;

  @Field(() => WithholdInput, {
    nullable: true,
    description:
      'What of the log the generator is not shown, so that recommenders which learn from its users can be tested on it fairly. For the generator `sessions`.',
  })
  withhold?: WithholdInput | null;
}

@InputType({ description: 'Sample more rows from a fitted generator.' })
export class SampleInput {
  @Field(() => ID, { description: 'The model: an artifact of the kind MODEL.' })
  modelArtifactId!: string;

  @Field(() => Int, {
    description:
      `Rows to make, 1–${MAX_SYNTHETIC_ROWS.toLocaleString('en')}. Of a model of several tables: rows of the first table without ` +
      'parents; the others follow.',
  })
  rows!: number;

  @Field(() => [Condition], {
    nullable: true,
    description:
      'What every row meets; at most one condition a column. The run fails when fewer than 1 in 1,000 rows of the model do.',
  })
  where?: Condition[] | null;

  @Field(() => Rebalance, {
    nullable: true,
    description:
      'Shares of values of a column, such as half of the rows for each of two classes. Within a value, rows are as the model has learnt them.',
  })
  rebalance?: Rebalance | null;
}

@InputType({ description: 'Score a synthetic table against a real one.' })
export class EvaluateInput {
  @Field(() => TableRefInput, { description: 'The rows that the generator learnt from.' })
  real!: TableRefInput;

  @Field(() => TableRefInput, { description: 'The rows that it made.' })
  synthetic!: TableRefInput;

  @Field(() => TableRefInput, {
    nullable: true,
    description: 'Real rows that it did not see: every score is then shown beside theirs.',
  })
  test?: TableRefInput | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Column of the real table to predict: adds the score `utility`, of a model that learns from the synthetic rows and is tested on real ones.',
  })
  target?: string | null;

  @Field(() => [Constraint], {
    nullable: true,
    description: 'What every row should obey: adds the score `constraintBreaks`; up to 50.',
  })
  constraints?: Constraint[] | null;
  @Field(() => EventColumnsInput, {
    nullable: true,
    description:
      'Given when the tables are event logs: adds scores of sessions, item popularity, transitions and next-item recommendation.',
  })
  events?: EventColumnsInput | null;
}

@InputType({
  description:
    'Fill missing cells of a table and mark doubtful ones. Known cells stay as they are; in rows that the model does not learn from, some are hidden to score what it finds.',
})
@optionFields(
  'input',
  (generator) => `Options, when the generator is \`${generator}\`.`,
  COMPLETING_GENERATORS,
)
export class CompleteInput {
  @Field(() => ID, { description: 'The table; a version that is READY.' })
  datasetVersionId!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'A fitted model, of the kind MODEL, to use in place of fitting one.',
  })
  modelArtifactId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: `The generator to fit: ${COMPLETING_GENERATORS.map((name) => `\`${name}\``).join(', ')}. Default: \`autoregressive\`.`,
  })
  generator?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Names of columns to fill. Default: all with missing cells, but identifiers.',
  })
  columns?: string[] | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'A known cell is marked when it and all values as unlikely beside the rest of its row have less than this probability, 0–0.5; 0: none is. Default: 0.02.',
  })
  doubt?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Values drawn for a cell, 1–101: their median, or the most frequent one, fills it; 1 is a random draw. Default: 11.',
  })
  drawings?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Share of known cells that is hidden for the scores, 0–0.9. Default: 0.1.',
  })
  hiddenShare?: number | null;
}

@InputType({ description: 'Check a pool, or measure the platform.' })
export class ProbeInput {
  @Field(() => Float, { defaultValue: 0, description: 'How long to live, 0–3,600 seconds.' })
  seconds!: number;

  @Field(() => Float, { defaultValue: 0, description: 'Points a second, 0–10,000.' })
  pointsPerSecond!: number;
}

@InputType({
  description:
    'A new run. Give exactly one of `synthesize`, `synthesizeTables`, `sample`, `evaluate`, `complete`, `recommend`, `search`, `explain` and `probe`.',
})
export class StartRunInput {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId!: string;

  @Field(() => ID, { nullable: true, description: 'The experiment that it belongs to.' })
  experimentId?: string | null;

  @Field(() => String, { nullable: true, description: 'What to call it, up to 100 characters.' })
  name?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: '0–100; higher goes first within the tenant. Default: 50.',
  })
  priority?: number | null;

  @Field(() => String, { nullable: true, description: 'The pool of workers. Default: `default`.' })
  pool?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The same seed, engine and inputs give the same result. Default: a random one.',
  })
  seed?: number | null;

  @Field(() => SynthesizeInput, { nullable: true, description: 'Fit a generator and sample it.' })
  synthesize?: SynthesizeInput | null;

  @Field(() => SynthesizeTablesInput, {
    nullable: true,
    description: 'Fit the generator `linked` to several tables and sample it.',
  })
  synthesizeTables?: SynthesizeTablesInput | null;

  @Field(() => SampleInput, { nullable: true, description: 'Sample a fitted generator.' })
  sample?: SampleInput | null;

  @Field(() => EvaluateInput, { nullable: true, description: 'Score a synthetic table.' })
  evaluate?: EvaluateInput | null;

  @Field(() => CompleteInput, { nullable: true, description: 'Fill missing cells, and mark doubtful ones.' })
  complete?: CompleteInput | null;

  @Field(() => RecommendInput, {
    nullable: true,
    description: 'Train a recommender, and score how it ranks.',
  })
  recommend?: RecommendInput | null;

  @Field(() => SearchInput, {
    nullable: true,
    description: 'Train a search ranker, and score how it answers queries.',
  })
  search?: SearchInput | null;

  @Field(() => ExplainInput, {
    nullable: true,
    description: 'Explain what a recommender recommends.',
  })
  explain?: ExplainInput | null;

  @Field(() => ProbeInput, { nullable: true, description: 'Check a pool.' })
  probe?: ProbeInput | null;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}

@InputType({ description: "Changes to a run; what isn't given stays." })
export class UpdateRunInput {
  @Field(() => ID, { description: 'The run.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'What to call it, up to 100 characters.' })
  name?: string | null;

  @Field(() => Int, { nullable: true, description: '0–100; counts while it is queued.' })
  priority?: number | null;
}

@InputType({ description: 'A run to stop.' })
export class CancelRunInput {
  @Field(() => ID, { description: 'The run.' })
  id!: string;
}

@InputType({ description: 'A run to halt.' })
export class PauseRunInput {
  @Field(() => ID, { description: 'The run.' })
  id!: string;
}

@InputType({ description: 'A paused run to go on with.' })
export class ResumeRunInput {
  @Field(() => ID, { description: 'The run.' })
  id!: string;
}

@InputType({ description: 'A run that failed or was cancelled, to try again.' })
export class RetryRunInput {
  @Field(() => ID, { description: 'The run.' })
  id!: string;

  @Field(() => String, IDEMPOTENCY_KEY)
  idempotencyKey?: string | null;
}
