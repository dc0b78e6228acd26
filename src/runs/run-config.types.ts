import { Field, Float, Int, ObjectType, createUnionType } from 'type-graphql';
import { COMPLETING_GENERATORS } from '../../schema/messages/generator-options/catalogue.js';
import type { RunKind } from '../platform/prisma-client/client.js';
import { Constraint, ConstraintViolations } from './constraint.types.js';
import { Condition, Rebalance } from './condition.types.js';
import { PreparationStep } from './preparation.types.js';
import { LinkedTables } from './linked.types.js';
import { EventColumns, Withholding } from './event-columns.types.js';
import { optionFields } from './generator-options.types.js';
import { ExplainConfig } from './explain.types.js';
import { RecommendConfig } from './recommend.types.js';
import { SearchConfig } from './search.types.js';

@ObjectType({ description: 'Reads an uploaded file.' })
export class IngestConfig {
  @Field(() => String, { description: 'The file, as it was named when it was uploaded.' })
  fileName!: string;
}

@ObjectType({ description: 'Fits a generator and samples it.' })
@optionFields('output', (generator) => `Options that were set, when the generator is \`${generator}\`.`)
export class SynthesizeConfig {
  @Field(() => String, { description: 'The generator.' })
  generator!: string;

  @Field(() => Int, { nullable: true, description: 'Rows to make; null: as many as the table has.' })
  rows!: number | null;

  @Field(() => [Constraint], { description: 'What holds in every synthetic row.' })
  constraints!: Constraint[];

  @Field(() => ConstraintViolations, { description: 'What is done about real rows that break a constraint.' })
  violations!: string;

  @Field(() => [PreparationStep], {
    description: 'What is done to the real table before the generator learns from it, in this order.',
  })
  preparation!: PreparationStep[];

  @Field(() => Withholding, {
    nullable: true,
    description: 'What of the log the generator was not shown, to test recommenders on; null: nothing.',
  })
  withhold!: Withholding | null;

  @Field(() => LinkedTables, {
    nullable: true,
    description: 'Given when it learns from several tables, with the generator `linked`.',
  })
  tables!: LinkedTables | null;
}

@ObjectType({ description: 'Samples a fitted generator.' })
export class SampleConfig {
  @Field(() => Int, { description: 'Rows to make.' })
  rows!: number;

  @Field(() => [Condition], { description: 'What every row meets.' })
  where!: Condition[];

  @Field(() => Rebalance, {
    nullable: true,
    description: 'Shares of values of a column; null: the learnt ones.',
  })
  rebalance?: Rebalance | null;
}

@ObjectType({ description: 'Scores a synthetic table.' })
export class EvaluateConfig {
  @Field(() => String, { nullable: true, description: 'The column to predict, if any.' })
  target!: string | null;

  @Field(() => [Constraint], { description: 'What every row should obey.' })
  constraints!: Constraint[];
  @Field(() => EventColumns, { nullable: true, description: 'Given when the tables are event logs.' })
  events!: EventColumns | null;
}

@ObjectType({ description: 'Fills missing cells of a table and marks doubtful ones.' })
@optionFields(
  'output',
  (generator) => `Options that were set, when the generator is \`${generator}\`.`,
  COMPLETING_GENERATORS,
)
export class CompleteConfig {
  @Field(() => String, {
    nullable: true,
    description: 'The generator that was fitted to the table; null: a model was given.',
  })
  generator!: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Columns to fill; null: all with missing cells.',
  })
  columns!: string[] | null;

  @Field(() => Float, { description: 'Known cells less probable than this are doubtful; 0: none is.' })
  doubt!: number;

  @Field(() => Int, { description: 'Values drawn for each cell.' })
  drawings!: number;

  @Field(() => Float, { description: 'Share of known cells hidden for the scores.' })
  hiddenShare!: number;
}

@ObjectType({ description: 'Lives for a while.' })
export class ProbeConfig {
  @Field(() => Float, { description: 'How long, in seconds.' })
  seconds!: number;

  @Field(() => Float, { description: 'Points of the series `probe/value` a second.' })
  pointsPerSecond!: number;
}

const CONFIG_TYPES = {
  INGEST: IngestConfig,
  SYNTHESIZE: SynthesizeConfig,
  SAMPLE: SampleConfig,
  EVALUATE: EvaluateConfig,
  PROBE: ProbeConfig,
  COMPLETE: CompleteConfig,
  RECOMMEND: RecommendConfig,
  SEARCH: SearchConfig,
  EXPLAIN: ExplainConfig,
} as const;

export const RunConfigUnion = createUnionType({
  name: 'RunConfig',
  description: 'What a run was asked to do; its type follows from the kind of the run.',
  types: () => Object.values(CONFIG_TYPES),
  resolveType: (value) => CONFIG_TYPES[(value as unknown as { kind: RunKind }).kind],
});
