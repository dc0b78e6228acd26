import type { RecommenderName } from '../../schema/messages/recommender-options/catalogue.js';
import type { SearchRankerName } from '../../schema/messages/recommender-options/search-rankers.js';
import { optionField } from './recommender-options.types.js';
import { searchOptionField } from './search-options.types.js';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Failure } from '../../schema/messages/failure.js';
import type { Constraint as StoredConstraint } from '../../schema/messages/constraints.js';
import type { PreparationStep as StoredStep } from '../../schema/messages/preparation.js';
import { STEPS_OF } from '../../schema/messages/run-config.js';
import type {
  Attempt as AttemptRow,
  MetricSeries as SeriesRow,
  Run as RunRow,
} from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode } from '../server/errors.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import type { RunService } from './run.service.js';
import { RunConfigUnion } from './run-config.types.js';
import {
  CancelRunInput,
  PauseRunInput,
  ResumeRunInput,
  RetryRunInput,
  StartRunInput,
  UpdateRunInput,
} from './run.inputs.js';
import {
  CancelRunPayload,
  PauseRunPayload,
  ResumeRunPayload,
  RetryRunPayload,
  StartRunPayload,
  UpdateRunPayload,
} from './run.payloads.js';
import {
  Attempt,
  Checkpoint,
  InputReference,
  MetricBucket,
  MetricSeries,
  QueuePosition,
  Run,
  RunFailure,
  StepTiming,
} from './run.types.js';
import { shownConstraint } from './constraint.types.js';
import { shownStep } from './preparation.types.js';
import { shownTables } from './linked.types.js';

const MOST_BUCKETS = 5_000;

/** A series, with the number of buckets that the caller asked for. */
type BucketedSeries = SeriesRow & { maxPoints: number };

@Resolver(() => Run)
export class RunResolver {
  constructor(private readonly runs: RunService) {}

  @Query(() => Run, { nullable: true, description: 'A run, or null when there is none for the caller.' })
  async run(
    @Arg('id', () => ID, { description: 'The run.' }) id: string,
    @Ctx() { request }: GraphQLContext,
  ): Promise<RunRow | null> {
    return this.runs.find(request, id);
  }

  @FieldResolver(() => RunConfigUnion, { description: 'What it was asked to do.' })
  config(@Root() run: RunRow): object {
    return shownConfig(run.config as Record<string, unknown>);
  }

  @FieldResolver(() => [InputReference], { description: 'What it reads.' })
  async inputs(@Root() run: RunRow, @Ctx() context: GraphQLContext): Promise<InputReference[]> {
    return context
      .loader<string, InputReference[]>(InputReference, (ids) => this.runs.inputsOf(context.request, ids))
      .load(run.id);
  }

  @FieldResolver(() => [Attempt], { description: 'The tries at it, the first one first.' })
  async attempts(@Root() run: RunRow, @Ctx() context: GraphQLContext): Promise<Attempt[]> {
    const attempts = await context
      .loader<string, AttemptRow[]>(Attempt, (ids) => this.runs.attemptsOf(context.request, ids))
      .load(run.id);
    return attempts.map((attempt) => ({ ...attempt, failure: shownFailure(attempt.failure) }));
  }

  @FieldResolver(() => QueuePosition, {
    nullable: true,
    description: 'Where it stands and why it waits; null when it is not queued.',
  })
  async queue(@Root() run: RunRow, @Ctx() context: GraphQLContext): Promise<QueuePosition | null> {
    if (run.state !== 'QUEUED') return null;
    return context
      .loader<RunRow, QueuePosition | null>(QueuePosition, (runs) => this.runs.queueOf(context.request, runs))
      .load(run);
  }

  @FieldResolver(() => RunFailure, {
    nullable: true,
    description: 'Why it failed, or why the last attempt did.',
  })
  failure(@Root() run: RunRow): RunFailure | null {
    return shownFailure(run.failure);
  }

  @FieldResolver(() => Checkpoint, { nullable: true, description: 'From where it would go on.' })
  checkpoint(@Root() run: RunRow): Checkpoint | null {
    return run.checkpointAt && run.checkpointBytes !== null
      ? { bytes: run.checkpointBytes, at: run.checkpointAt }
      : null;
  }

  @FieldResolver(() => [StepTiming], { description: 'How long its steps took, once it has succeeded.' })
  stepTimings(@Root() run: RunRow): StepTiming[] {
    const seconds = (run.stepSeconds ?? {}) as Partial<Record<string, number>>;
    // In the order in which they were gone through: stored JSON has forgotten it.
    return STEPS_OF[run.kind].flatMap((step) => {
      const taken = seconds[step];
      return taken === undefined ? [] : [{ step, seconds: taken }];
    });
  }

  @FieldResolver(() => Int, { description: 'Metric points that are stored.' })
  metricPoints(@Root() run: RunRow): number {
    return run.metricSequence;
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description:
      'Metric points that its workers gave away, once it has succeeded; the same as `metricPoints`.',
  })
  metricPointsPublished(@Root() run: RunRow): number | null {
    return run.publishedPoints;
  }

  @FieldResolver(() => [MetricSeries], { description: 'Its series, by name.' })
  async metrics(
    @Root() run: RunRow,
    @Arg('names', () => [String], { nullable: true, description: 'Only these series. Default: all.' })
    names: string[] | null,
    @Arg('maxPoints', () => Int, {
      defaultValue: 500,
      description: `At most how many buckets a series is shown in, 1–${MOST_BUCKETS}.`,
    })
    maxPoints: number,
    @Ctx() context: GraphQLContext,
  ): Promise<BucketedSeries[]> {
    if (maxPoints < 1 || maxPoints > MOST_BUCKETS) {
      throw new UserError(
        UserErrorCode.INVALID_INPUT,
        `\`maxPoints\` must be between 1 and ${MOST_BUCKETS}.`,
        ['maxPoints'],
      );
    }
    const series = await context
      .loader<string, SeriesRow[]>(MetricSeries, (ids) => this.runs.seriesOf(context.request, ids))
      .load(run.id);
    return series.filter(({ name }) => !names || names.includes(name)).map((one) => ({ ...one, maxPoints }));
  }

  @Mutation(() => StartRunPayload, { description: 'Queues a run.' })
  async startRun(
    @Arg('input', () => StartRunInput, { description: 'The run.' }) input: StartRunInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<{ run: RunRow }> {
    return { run: await this.runs.start(request, input) };
  }

  @Mutation(() => UpdateRunPayload, { description: 'Changes what a run is called and how urgent it is.' })
  async updateRun(
    @Arg('input', () => UpdateRunInput, { description: 'What to change.' }) input: UpdateRunInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<{ run: RunRow }> {
    return { run: await this.runs.update(request, input) };
  }

  @Mutation(() => CancelRunPayload, {
    description: 'Stops a run for good; a worker lets go of it within two seconds.',
  })
  async cancelRun(
    @Arg('input', () => CancelRunInput, { description: 'The run.' }) input: CancelRunInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<{ run: RunRow }> {
    return { run: await this.runs.cancel(request, input.id) };
  }

  @Mutation(() => PauseRunPayload, {
    description: 'Halts a run: its worker saves a checkpoint and frees the slot.',
  })
  async pauseRun(
    @Arg('input', () => PauseRunInput, { description: 'The run.' }) input: PauseRunInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<{ run: RunRow }> {
    return { run: await this.runs.pause(request, input.id) };
  }

  @Mutation(() => ResumeRunPayload, { description: 'Queues a paused run; it goes on from its checkpoint.' })
  async resumeRun(
    @Arg('input', () => ResumeRunInput, { description: 'The run.' }) input: ResumeRunInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<{ run: RunRow }> {
    return { run: await this.runs.resume(request, input.id) };
  }

  @Mutation(() => RetryRunPayload, {
    description: 'Queues a new run with the config, seed and inputs of one that failed or was cancelled.',
  })
  async retryRun(
    @Arg('input', () => RetryRunInput, { description: 'The run.' }) input: RetryRunInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<{ run: RunRow }> {
    return { run: await this.runs.retry(request, input.id, input.idempotencyKey) };
  }
}

@Resolver(() => MetricSeries)
export class MetricSeriesResolver {
  constructor(private readonly runs: RunService) {}

  @FieldResolver(() => [MetricBucket])
  async buckets(@Root() series: BucketedSeries, @Ctx() { request }: GraphQLContext): Promise<MetricBucket[]> {
    return this.runs.bucketsOf(request, series.runId, series.name, series.maxPoints);
  }
}

/** The stored config as its GraphQL type shows it. */
export function shownConfig(config: Record<string, unknown>): object {
  const constraints = ((config['constraints'] ?? []) as StoredConstraint[]).map(shownConstraint);
  if (config['kind'] === 'EVALUATE') return { ...config, constraints };
  if (config['kind'] === 'COMPLETE') return withOptions(config);
  if (config['kind'] === 'RECOMMEND')
    return { ...config, [optionField(config['recommender'] as RecommenderName)]: config['options'] };
  if (config['kind'] === 'SEARCH')
    return { ...config, [searchOptionField(config['ranker'] as SearchRankerName)]: config['options'] };
  if (config['kind'] === 'SAMPLE') return { ...config, where: config['where'] ?? [] };
  if (config['kind'] !== 'SYNTHESIZE') return config;
  return {
    ...withOptions(config),
    constraints,
    violations: config['violations'] ?? 'refuse',
    preparation: ((config['preparation'] ?? []) as StoredStep[]).map(shownStep),
    rows: config['rows'] ?? null,
    tables: shownTables(config),
  };
}

/** With the generator's options under its name. */
function withOptions(config: Record<string, unknown>): Record<string, unknown> {
  const { generator } = config;
  return typeof generator === 'string' ? { ...config, [generator]: config['options'] } : config;
}

export function shownFailure(stored: unknown): RunFailure | null {
  const { data } = Failure.safeParse(stored);
  if (!data) return null;
  const { code, message, location, incidentId } = data;
  return {
    code,
    message,
    location: {
      file: location.file ?? null,
      line: location.line ?? null,
      column: location.column ?? null,
      field: location.field ?? null,
    },
    incidentId: incidentId ?? null,
  };
}
