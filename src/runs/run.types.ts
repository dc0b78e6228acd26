import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { InputRole, RunKind, RunState } from '../platform/prisma-client/client.js';
import { Node } from '../server/node.js';
import { ConnectionOf } from '../server/pagination.js';
import { ByteCount } from '../server/scalars.js';

registerEnumType(RunKind, {
  name: 'RunKind',
  description: 'What a run does.',
  valuesConfig: {
    INGEST: { description: 'Reads an uploaded file into a table with a profile.' },
    SYNTHESIZE: { description: 'Fits a generator to a table, samples it, and scores the sample.' },
    SAMPLE: { description: 'Samples more rows from a fitted generator.' },
    EVALUATE: { description: 'Scores a synthetic table against a real one.' },
    COMPLETE: { description: 'Fills missing cells of a table and marks doubtful ones.' },
    RECOMMEND: { description: 'Trains a recommender and scores how it ranks what was held out.' },
    SEARCH: { description: 'Trains a search ranker and scores how it answers queries that were held out.' },
    EXPLAIN: { description: 'Explains what a recommender recommends.' },
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
    CATALOGUE: { description: 'The products that are searched.' },
    SEARCHES: { description: 'Queries, and products that answer them.' },
    QUERIES: { description: 'The texts of queries, where the searches have their ids.' },
  },
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

@ObjectType({
  description: 'What a run reads: a dataset version or an artifact, which another run may have yet to make.',
})
export class InputReference {
  @Field(() => InputRole, { description: 'What it is to the run.' })
  role!: InputRole;

  @Field(() => String, {
    description:
      'Its name among inputs of the same role, such as the tables of a run that links them; else empty.',
  })
  name!: string;

  @Field(() => ID, { nullable: true, description: 'The dataset version, if it is one.' })
  datasetVersionId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The artifact, if it is one.' })
  artifactId!: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'The run that makes the artifact, where one was named. While `artifactId` is null it is waited for.',
  })
  awaitedRunId!: string | null;
}

@ObjectType({ description: 'One try at a run by one worker.' })
export class Attempt {
  @Field(() => Int, { description: '1 for the first.' })
  number!: number;

  @Field(() => ID, { nullable: true, description: 'The worker that took it; null: none has yet.' })
  workerId!: string | null;

  @Field(() => String, { nullable: true, description: 'The engine of the worker, such as `onnx-cpu`.' })
  engine!: string | null;

  @Field(() => String, { nullable: true, description: 'The version of the engine, where it is known.' })
  engineVersion!: string | null;

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

  @Field(() => String, { nullable: true, description: 'The version of the engine, where it is known.' })
  engineVersion!: string | null;

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
