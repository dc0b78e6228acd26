import {
  Field,
  Float,
  ID,
  InputType,
  Int,
  ObjectType,
  createUnionType,
  registerEnumType,
} from 'type-graphql';
import { MAX_SYNTHETIC_ROWS } from '../../schema/messages/run-config.js';
import { InputRole, RunKind, RunState } from '../platform/prisma-client/client.js';
import { IDEMPOTENCY_KEY } from '../server/idempotency.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';
import { Payload } from '../server/payload.js';
import { ByteCount } from '../server/scalars.js';
import { AUTOREGRESSIVE_OPTIONS } from './generator-options.types.js';

registerEnumType(RunKind, {
  name: 'RunKind',
  description: 'What a run does.',
  valuesConfig: {
    INGEST: { description: 'Reads an uploaded file into a table with a profile.' },
    SYNTHESIZE: { description: 'Fits a generator to a table, samples it, and scores the sample.' },
    SAMPLE: { description: 'Samples more rows from a fitted generator.' },
    EVALUATE: { description: 'Scores a synthetic table against a real one.' },
    PROBE: { description: 'Does nothing but live, to check a pool or to measure the platform.' },
  },
});

registerEnumType(RunState, {
  name: 'RunState',
  description: 'Where a run is in its life.',
  valuesConfig: {
    QUEUED: { description: 'Waits for a slot; `queue` says why.' },
    DISPATCHED: { description: 'Given to a pool; a worker is about to take it.' },
    RUNNING: { description: 'A worker does it.' },
    PAUSING: { description: 'Asked to pause; the worker saves a checkpoint first.' },
    PAUSED: { description: 'Waits to be resumed, from its checkpoint; holds no slot.' },
    CANCELLING: { description: 'Asked to stop; the worker has not let go yet.' },
    SUCCEEDED: { description: 'Done; its artifacts are there.' },
    FAILED: { description: 'Ended without a result; `failure` says why and how to mend it.' },
    CANCELLED: { description: 'Stopped by a user.' },
  },
});

registerEnumType(InputRole, {
  name: 'InputRole',
  description: 'What an input is to the run that reads it.',
  valuesConfig: {
    FILE: { description: 'The file to ingest.' },
    TABLE: { description: 'The table to learn from.' },
    MODEL: { description: 'The fitted generator to sample.' },
    REAL: { description: 'The real rows.' },
    SYNTHETIC: { description: 'The synthetic rows to score.' },
    TEST: { description: 'Real rows that the generator did not see.' },
  },
});

@ObjectType({ description: 'Reads an uploaded file.' })
export class IngestConfig {
  @Field(() => String, { description: 'The file, as it was named when it was uploaded.' })
  fileName!: string;
}

@ObjectType({ description: 'Fits a generator and samples it.' })
export class SynthesizeConfig {
  @Field(() => String, { description: 'The generator.' })
  generator!: string;

  @Field(() => Int, { nullable: true, description: 'Rows to make; null: as many as the table has.' })
  rows!: number | null;

  @Field(() => AUTOREGRESSIVE_OPTIONS.output, {
    nullable: true,
    description: 'Options that were set, when the generator is `autoregressive`.',
  })
  autoregressive!: object | null;
}

@ObjectType({ description: 'Samples a fitted generator.' })
export class SampleConfig {
  @Field(() => Int, { description: 'Rows to make.' })
  rows!: number;
}

@ObjectType({ description: 'Scores a synthetic table.' })
export class EvaluateConfig {
  @Field(() => String, { nullable: true, description: 'The column to predict, if any.' })
  target!: string | null;
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
} as const;

export const RunConfigUnion = createUnionType({
  name: 'RunConfig',
  description: 'What a run was asked to do; its type follows from the kind of the run.',
  types: () => Object.values(CONFIG_TYPES),
  resolveType: (value) => CONFIG_TYPES[(value as unknown as { kind: RunKind }).kind],
});

@ObjectType({ description: 'Where a queued run stands.' })
export class QueuePosition {
  @Field(() => Int, { description: '1 for the next one of the tenant in its pool.' })
  position!: number;

  @Field(() => String, { description: 'Why it waits, in a sentence.' })
  reason!: string;
}

@ObjectType({ description: 'Where the trouble is.' })
export class FailureLocation {
  @Field(() => String, { nullable: true, description: 'The file.' })
  file!: string | null;

  @Field(() => Int, { nullable: true, description: 'The line of the file, from 1.' })
  line!: number | null;

  @Field(() => String, { nullable: true, description: 'The column of the table.' })
  column!: string | null;

  @Field(() => String, { nullable: true, description: 'The option of the config.' })
  field!: string | null;
}

@ObjectType('Failure', { description: 'Why something failed.' })
export class RunFailure {
  @Field(() => String, { description: 'What kind of failure, such as `INVALID_FILE`; for programs.' })
  code!: string;

  @Field(() => String, { description: 'What is wrong and how to mend it; may be shown to people.' })
  message!: string;

  @Field(() => FailureLocation, { description: 'Where, as far as it is known.' })
  location!: FailureLocation;

  @Field(() => String, {
    nullable: true,
    description: 'Set for failures of ours: what the operators of the platform find it by.',
  })
  incidentId!: string | null;
}

@ObjectType({ description: 'What a run reads: a dataset version or an artifact.' })
export class InputReference {
  @Field(() => InputRole, { description: 'What it is to the run.' })
  role!: InputRole;

  @Field(() => ID, { nullable: true, description: 'The dataset version, if it is one.' })
  datasetVersionId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The artifact, if it is one.' })
  artifactId!: string | null;
}

@ObjectType({ description: 'One try at a run by one worker.' })
export class Attempt {
  @Field(() => Int, { description: '1 for the first.' })
  number!: number;

  @Field(() => ID, { nullable: true, description: 'The worker that took it; null: none has yet.' })
  workerId!: string | null;

  @Field(() => String, { nullable: true, description: 'The engine of the worker.' })
  engine!: string | null;

  @Field(() => String, { nullable: true, description: 'The device of the worker.' })
  device!: string | null;

  @Field(() => Date, { description: 'When it was dispatched.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When a worker took it.' })
  claimedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it ended.' })
  endedAt!: Date | null;

  @Field(() => RunFailure, { nullable: true, description: 'Why it ended, when it did not end well.' })
  failure!: RunFailure | null;
}

@ObjectType({ description: 'How long a step took.' })
export class StepTiming {
  @Field(() => String, { description: 'The step, such as `train`.' })
  step!: string;

  @Field(() => Float, { description: 'Wall-clock seconds.' })
  seconds!: number;
}

@ObjectType({ description: 'The saved state from which a run would go on.' })
export class Checkpoint {
  @Field(() => ByteCount, { description: 'Its size.' })
  bytes!: number | bigint;

  @Field(() => Date, { description: 'When it was saved.' })
  at!: Date;
}

@ObjectType({ description: 'Consecutive points of a series, as one mark of a chart.' })
export class MetricBucket {
  @Field(() => Float, { description: 'Step of the first point.' })
  firstStep!: number;

  @Field(() => Float, { description: 'Step of the last point.' })
  lastStep!: number;

  @Field(() => Float, { description: 'The smallest value.' })
  min!: number;

  @Field(() => Float, { description: 'The largest value.' })
  max!: number;

  @Field(() => Float, { description: 'The last value.' })
  last!: number;

  @Field(() => Int, { description: 'How many points.' })
  count!: number;
}

@ObjectType({ description: "A run's points of one name." })
export class MetricSeries {
  @Field(() => String, { description: 'Its name, such as `train/loss`.' })
  name!: string;

  @Field(() => Int, { description: 'How many points.' })
  count!: number;

  @Field(() => Float, { description: 'Step of the last point.' })
  lastStep!: number;

  @Field(() => Float, { description: 'The last value.' })
  lastValue!: number;

  @Field(() => Float, { description: 'The smallest value.' })
  minValue!: number;

  @Field(() => Float, { description: 'The largest value.' })
  maxValue!: number;

  @Field(() => [MetricBucket], {
    description:
      'The points in at most `maxPoints` buckets of equally many; edges stay while the series grows.',
  })
  buckets!: MetricBucket[];
}

@ObjectType({ implements: Node, description: 'One job: what was asked, where it stands, and what it made.' })
export class Run extends Node {
  @Field(() => ID, { description: 'The project that it belongs to.' })
  projectId!: string;

  @Field(() => ID, { nullable: true, description: 'The experiment that it belongs to, if any.' })
  experimentId!: string | null;

  @Field(() => RunKind, { description: 'What it does.' })
  kind!: RunKind;

  @Field(() => String, { description: 'What people call it; may be empty.' })
  name!: string;

  @Field(() => RunState, { description: 'Where it is in its life.' })
  state!: RunState;

  @Field(() => String, { description: 'The pool of workers that it waits for.' })
  pool!: string;

  @Field(() => Int, { description: '0–100; higher goes first among the runs of the tenant.' })
  priority!: number;

  @Field(() => Int, { description: 'All its randomness derives from it.' })
  seed!: number;

  @Field(() => Int, { description: 'Number of the present or last attempt; 0 before the first.' })
  attempt!: number;

  @Field(() => String, { nullable: true, description: 'The step that it is at.' })
  step!: string | null;

  @Field(() => Float, { description: 'Share of the step that is done, 0–1.' })
  progress!: number;

  @Field(() => Float, { nullable: true, description: 'Seconds that the step may still take.' })
  etaSeconds!: number | null;

  @Field(() => String, { nullable: true, description: 'What it computes with, once a worker has it.' })
  engine!: string | null;

  @Field(() => String, { nullable: true, description: 'What it computes on.' })
  device!: string | null;

  @Field(() => Int, { nullable: true, description: 'Rows that it made or read.' })
  rows!: number | null;

  @Field(() => ID, { nullable: true, description: 'The run that this one tries again.' })
  retryOfId!: string | null;

  @Field(() => ID, { description: 'The user or API key that started it.' })
  createdById!: string;

  @Field(() => Date, { description: 'When it was started by its user.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When it came into the queue, the last time.' })
  queuedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When a worker first took it.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it ended.' })
  endedAt!: Date | null;
}

export const RunConnection = ConnectionOf(Run, 'Run');

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
export class SynthesizeInput {
  @Field(() => ID, { description: 'The table to learn from; a version that is READY.' })
  datasetVersionId!: string;

  @Field(() => String, {
    defaultValue: 'autoregressive',
    description: 'The generator; `serverInfo.generators` lists them.',
  })
  generator!: string;

  @Field(() => AUTOREGRESSIVE_OPTIONS.input, {
    nullable: true,
    description: 'Options, when the generator is `autoregressive`.',
  })
  autoregressive?: object | null;

  @Field(() => Int, {
    nullable: true,
    description: `Rows to make, 1–${MAX_SYNTHETIC_ROWS.toLocaleString('en')}. Default: as many as the table has.`,
  })
  rows?: number | null;
}

@InputType({ description: 'Sample more rows from a fitted generator.' })
export class SampleInput {
  @Field(() => ID, { description: 'The model: an artifact of the kind MODEL.' })
  modelArtifactId!: string;

  @Field(() => Int, { description: `Rows to make, 1–${MAX_SYNTHETIC_ROWS.toLocaleString('en')}.` })
  rows!: number;
}

@InputType({
  description: 'A table: a dataset version, or an artifact that a run made. Give one of the two.',
})
export class TableRefInput {
  @Field(() => ID, { nullable: true, description: 'A dataset version that is READY.' })
  datasetVersionId?: string | null;

  @Field(() => ID, { nullable: true, description: 'An artifact of the kind SYNTHETIC_PARQUET.' })
  artifactId?: string | null;
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
}

@InputType({ description: 'Check a pool, or measure the platform.' })
export class ProbeInput {
  @Field(() => Float, { defaultValue: 0, description: 'How long to live, 0–3,600 seconds.' })
  seconds!: number;

  @Field(() => Float, { defaultValue: 0, description: 'Points a second, 0–10,000.' })
  pointsPerSecond!: number;
}

@InputType({
  description: 'A new run. Give exactly one of `synthesize`, `sample`, `evaluate` and `probe`.',
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

  @Field(() => SampleInput, { nullable: true, description: 'Sample a fitted generator.' })
  sample?: SampleInput | null;

  @Field(() => EvaluateInput, { nullable: true, description: 'Score a synthetic table.' })
  evaluate?: EvaluateInput | null;

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

@ObjectType()
export abstract class RunPayload extends Payload {
  @Field(() => Run, { nullable: true, description: 'The run.' })
  run?: Run | null;
}

@ObjectType({ description: 'The queued run, or why there is none.' })
export class StartRunPayload extends RunPayload {}

@ObjectType({ description: 'The run after the change, or why nothing was changed.' })
export class UpdateRunPayload extends RunPayload {}

@ObjectType({ description: 'The run, CANCELLED or CANCELLING, or why it goes on.' })
export class CancelRunPayload extends RunPayload {}

@ObjectType({ description: 'The run, PAUSED or PAUSING, or why it goes on.' })
export class PauseRunPayload extends RunPayload {}

@ObjectType({ description: 'The run, QUEUED again, or why it is not.' })
export class ResumeRunPayload extends RunPayload {}

@ObjectType({ description: 'The new run, or why there is none.' })
export class RetryRunPayload extends RunPayload {}
