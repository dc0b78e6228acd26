import type { z } from 'zod';
import { LinkedTables } from '../../schema/messages/linked.js';
import {
  COMPLETING_GENERATORS,
  GENERATOR_OPTIONS,
  LINKED_GENERATOR,
  type GeneratorName,
} from '../../schema/messages/generator-options/catalogue.js';
import { Constraint as ConstraintMessage } from '../../schema/messages/constraints.js';
import { PreparationStep as StepMessage } from '../../schema/messages/preparation.js';
import {
  CompleteConfig,
  EvaluateConfig,
  ProbeConfig,
  RecommendConfig,
  SampleConfig,
  SynthesizeConfig,
  type RunConfig,
} from '../../schema/messages/run-config.js';
import type { TenantContext } from '../access/context.js';
import type { Transaction } from '../platform/database.js';
import type { ArtifactKind, InputRole, RunKind } from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import type { Rebalance } from './condition.types.js';
import { requireLinkedColumns } from './run.linked.js';
import { requireFittingSteps } from './run.preparation.js';
import type { QueuedInput } from './run.queue.js';
import type { SynthesizeTablesInput } from './linked.types.js';
import { completedConfig, explainRequest } from './explain.request.js';
import { continuedConfig, recommendRequest } from './recommend.request.js';
import { searchRequest } from './search.request.js';
import { requireSearchColumns } from './run.search.js';
import { checked, invalid, namedColumns, withoutNulls, type Path } from './request-checks.js';
import type { RunOutputInput, TableRefInput, WithholdInput } from './event-log.inputs.js';
import type { StartRunInput } from './run.inputs.js';

/** What a request asks for, checked as far as it can be without the database. */
export type RequestedRun =
  | { config: Extract<RunConfig, { kind: 'SYNTHESIZE' }>; datasetVersionId: string }
  | {
      config: Extract<RunConfig, { kind: 'SYNTHESIZE' }>;
      linked: LinkedTables;
      /** One for each of the tables, in their order. */
      datasetVersionIds: readonly string[];
    }
  | { config: Extract<RunConfig, { kind: 'SAMPLE' }>; modelArtifactId: string }
  | {
      config: Extract<RunConfig, { kind: 'EVALUATE' }>;
      tables: readonly { role: InputRole; ref: TableRefInput; path: Path }[];
    }
  | {
      config: Extract<RunConfig, { kind: 'COMPLETE' }>;
      completed: { datasetVersionId: string; modelArtifactId: string | undefined };
    }
  | {
      config: Extract<RunConfig, { kind: 'RECOMMEND' }>;
      logs: readonly { role: InputRole; ref: TableRefInput; path: Path }[];
      /** The recommender that it goes on from. */
      continuedArtifactId: string | undefined;
    }
  | {
      config: Extract<RunConfig, { kind: 'SEARCH' }>;
      searched: readonly { role: InputRole; ref: TableRefInput; path: Path }[];
    }
  | {
      config: Extract<RunConfig, { kind: 'EXPLAIN' }>;
      explained: { recommenderArtifactId: string; log: TableRefInput };
    }
  | { config: Extract<RunConfig, { kind: 'PROBE' }> };

const KINDS = [
  'synthesize',
  'synthesizeTables',
  'sample',
  'evaluate',
  'complete',
  'recommend',
  'search',
  'explain',
  'probe',
] as const;

/** Throws INVALID_INPUT with the path of the field that is wrong. */
export function requestedRun(input: StartRunInput): RequestedRun {
  const given = KINDS.filter((kind) => input[kind] != null);
  if (given.length !== 1) {
    throw invalid(
      `Give exactly one of ${KINDS.join(', ')}; ${given.length === 0 ? 'none is given' : `${given.join(' and ')} are`}.`,
      ['input'],
    );
  }
  if (input.synthesize) return synthesizeRequest(input.synthesize);
  if (input.synthesizeTables) return tablesRequest(input.synthesizeTables);
  if (input.sample) {
    const { modelArtifactId, rows } = input.sample;
    const where = input.sample.where?.map(withoutNulls);
    const rebalance = input.sample.rebalance ?? undefined;
    const given = { kind: 'SAMPLE', rows, where, rebalance: rebalance && plain(rebalance) };
    const config = checked(SampleConfig, given, ['input', 'sample']);
    return { config, modelArtifactId };
  }
  if (input.evaluate) {
    const { real, synthetic, test, target, constraints, events } = input.evaluate;
    const table = (role: InputRole, name: string, ref: TableRefInput) => ({
      role,
      ref,
      path: ['input', 'evaluate', name],
    });
    return {
      config: checked(
        EvaluateConfig,
        {
          kind: 'EVALUATE',
          target: target ?? undefined,
          constraints: oneOfEach(ConstraintMessage, constraints, 'constraint', [
            'input',
            'evaluate',
            'constraints',
          ]),
          events: events ? namedColumns(events) : undefined,
        },
        ['input', 'evaluate'],
      ),
      tables: [
        table('REAL', 'real', real),
        table('SYNTHETIC', 'synthetic', synthetic),
        ...(test ? [table('TEST', 'test', test)] : []),
      ],
    };
  }
  if (input.complete) return completeRequest(input.complete);
  if (input.recommend) return recommendRequest(input.recommend);
  if (input.search) return searchRequest(input.search);
  if (input.explain) return explainRequest(input.explain);
  return { config: checked(ProbeConfig, { kind: 'PROBE', ...input.probe }, ['input', 'probe']) };
}

function synthesizeRequest(input: NonNullable<StartRunInput['synthesize']>): RequestedRun {
  const { datasetVersionId, generator, rows, constraints, violations, preparation, withhold } = input;
  const path = ['input', 'synthesize'];
  if (generator === LINKED_GENERATOR.name) {
    throw invalid('The generator "linked" learns from several tables: start it with `synthesizeTables`.', [
      ...path,
      'generator',
    ]);
  }
  if (!Object.hasOwn(GENERATOR_OPTIONS, generator)) {
    throw invalid(
      `There is no generator "${generator}". Choose one of: ${Object.keys(GENERATOR_OPTIONS).join(', ')}.`,
      [...path, 'generator'],
    );
  }
  const options = optionsOf(input, generator as GeneratorName, path);
  const config = checked(
    SynthesizeConfig,
    {
      kind: 'SYNTHESIZE',
      generator,
      options,
      rows: rows ?? undefined,
      constraints: oneOfEach(ConstraintMessage, constraints, 'constraint', [...path, 'constraints']),
      violations: violations ?? undefined,
      preparation: oneOfEach(StepMessage, preparation, 'step', [...path, 'preparation']),
      withhold: withhold ? withholding(withhold, generator, options, path) : undefined,
    },
    path,
  );
  return { config, datasetVersionId };
}

/** Columns that it doesn't name are those that the generator's options name. */
function withholding(
  { events, platform, types, testShare }: WithholdInput,
  generator: string,
  options: CompleteConfig['options'],
  path: Path,
): object {
  if (generator !== 'sessions') {
    throw invalid(
      `Only the generator "sessions" learns from users' histories, of which events can be withheld; this is "${generator}".`,
      [...path, 'withhold'],
    );
  }
  const { user, time, item, type, session } = { ...options, ...withoutNulls(events ?? {}) } as Record<
    string,
    string | undefined
  >;
  const named = withoutNulls({ user, time, item, type, session });
  return {
    ...(Object.keys(named).length > 0 && { events: named }),
    ...withoutNulls({ platform, types, testShare }),
  };
}

function completeRequest(input: NonNullable<StartRunInput['complete']>): RequestedRun {
  const { datasetVersionId, columns, doubt, drawings, hiddenShare } = input;
  const path = ['input', 'complete'];
  const modelArtifactId = input.modelArtifactId ?? undefined;
  if (modelArtifactId && input.generator) {
    throw invalid('Give a model or a generator to fit, not both.', [...path, 'generator']);
  }
  const generator = COMPLETING_GENERATORS.find((name) => name === (input.generator ?? 'autoregressive'));
  if (!generator) {
    throw invalid(
      `The generator "${input.generator}" can't draw rows around known cells. Choose one of: ${COMPLETING_GENERATORS.join(', ')}.`,
      [...path, 'generator'],
    );
  }
  const given = withoutNulls({ columns, doubt, drawings, hiddenShare });
  const fitted = modelArtifactId ? {} : { generator, options: optionsOf(input, generator, path) };
  const config = checked(CompleteConfig, { kind: 'COMPLETE', ...fitted, ...given }, path);
  return { config, completed: { datasetVersionId, modelArtifactId } };
}

/** As they were given: defaults are filled in by the worker, and shown with the model. */
function optionsOf(input: object, generator: GeneratorName, path: Path): CompleteConfig['options'] {
  const options = withoutNulls((input as Partial<Record<GeneratorName, object | null>>)[generator] ?? {});
  checked<unknown>(GENERATOR_OPTIONS[generator].options, options, [...path, generator]);
  return options as CompleteConfig['options'];
}

function tablesRequest(input: SynthesizeTablesInput): RequestedRun {
  const path = ['input', 'synthesizeTables'];
  const options = withoutNulls(input.options ?? {});
  checked<unknown>(LINKED_GENERATOR.options, options, [...path, 'options']);
  const given = {
    tables: input.tables.map(({ name, key }) => withoutNulls({ name, key })),
    relations: input.relations.map((relation) => ({ ...relation })),
    scale: input.scale ?? undefined,
    orphans: input.orphans ?? undefined,
  };
  const linked = checked(LinkedTables, given, path);
  const config = checked(
    SynthesizeConfig,
    { kind: 'SYNTHESIZE', generator: LINKED_GENERATOR.name, options, linked },
    path,
  );
  return { config, linked, datasetVersionIds: input.tables.map(({ datasetVersionId }) => datasetVersionId) };
}

/** Inputs of which each has one of its fields, as messages have them: by `type`. Undefined without any. */
function oneOfEach<T>(
  schema: z.ZodType<T>,
  inputs: readonly object[] | null | undefined,
  noun: string,
  path: Path,
): T[] | undefined {
  if (!inputs?.length) return undefined;
  return inputs.map((input, index) => {
    const given = Object.entries(withoutNulls(input));
    const at = [...path, String(index)];
    const [kind] = given;
    if (!kind || given.length > 1) {
      throw invalid(
        `Give exactly one kind of ${noun}; ${kind ? given.map(([name]) => name).join(' and ') + ' are given' : 'none is given'}.`,
        at,
      );
    }
    const [type, fields] = kind;
    return checked(schema, { type, ...withoutNulls(fields as object) }, [...at, type]);
  });
}

const CONTINUED = ['input', 'recommend', 'continueFrom', 'recommenderArtifactId'];

/** The config of the run, with what follows from the inputs that it names. Throws INVALID_INPUT where it doesn't fit them. */
export async function settledConfig(
  { tenantId }: TenantContext,
  tx: Transaction,
  request: RequestedRun,
): Promise<RunConfig> {
  if (request.config.kind !== 'RECOMMEND') return completedConfig(tx, request);
  const { continuedArtifactId: id } = request as Extract<RequestedRun, { logs: readonly unknown[] }>;
  if (!id) return request.config;
  const { run } = await tx.artifact.findUniqueOrThrow({
    where: { tenantId_id: { tenantId, id } },
    select: { run: { select: { config: true } } },
  });
  return continuedConfig(request.config, RecommendConfig.parse(run.config));
}

/** The inputs of the run. Throws NOT_FOUND, INVALID_STATE or INVALID_INPUT for references that can't be used. */
export async function resolveInputs(
  context: TenantContext,
  tx: Transaction,
  projectId: string,
  request: RequestedRun,
): Promise<QueuedInput[]> {
  const resolver = { context, tx, projectId };
  switch (request.config.kind) {
    case 'SYNTHESIZE': {
      if ('linked' in request) return linkedInputs(resolver, request.linked, request.datasetVersionIds);
      const { datasetVersionId } = request as Extract<RequestedRun, { datasetVersionId: string }>;
      const path = ['input', 'synthesize'];
      const table = await datasetInput(resolver, 'TABLE', datasetVersionId, [...path, 'datasetVersionId']);
      const { preparation = [] } = request.config;
      await requireFittingSteps(context, tx, datasetVersionId, preparation, [...path, 'preparation']);
      return [table];
    }
    case 'SAMPLE': {
      const { modelArtifactId } = request as Extract<RequestedRun, { modelArtifactId: string }>;
      return [
        await artifactInput(
          resolver,
          'MODEL',
          modelArtifactId,
          ['MODEL'],
          ['input', 'sample', 'modelArtifactId'],
        ),
      ];
    }
    case 'EVALUATE': {
      const { tables } = request as Extract<RequestedRun, { tables: readonly unknown[] }>;
      const inputs: QueuedInput[] = [];
      for (const { role, ref, path } of tables) inputs.push(await tableInput(resolver, role, ref, path));
      return inputs;
    }
    case 'COMPLETE': {
      const { completed } = request as Extract<RequestedRun, { completed: unknown }>;
      const path = ['input', 'complete'];
      const table = await datasetInput(resolver, 'TABLE', completed.datasetVersionId, [
        ...path,
        'datasetVersionId',
      ]);
      if (!completed.modelArtifactId) return [table];
      const at = [...path, 'modelArtifactId'];
      return [table, await artifactInput(resolver, 'MODEL', completed.modelArtifactId, ['MODEL'], at)];
    }
    case 'RECOMMEND': {
      const { logs, continuedArtifactId } = request as Extract<RequestedRun, { logs: readonly unknown[] }>;
      const inputs: QueuedInput[] = [];
      for (const { role, ref, path } of logs) inputs.push(await tableInput(resolver, role, ref, path));
      if (continuedArtifactId) {
        inputs.push(await artifactInput(resolver, 'MODEL', continuedArtifactId, ['RECOMMENDER'], CONTINUED));
      }
      return inputs;
    }
    case 'SEARCH': {
      const { config, searched } = request as Extract<RequestedRun, { searched: readonly unknown[] }>;
      const inputs: QueuedInput[] = [];
      for (const { role, ref, path } of searched) inputs.push(await tableInput(resolver, role, ref, path));
      await requireSearchColumns(context, tx, config, inputs, ['input', 'search']);
      return inputs;
    }
    case 'EXPLAIN': {
      const { explained } = request as Extract<RequestedRun, { explained: unknown }>;
      const path = ['input', 'explain'];
      const at = [...path, 'recommenderArtifactId'];
      return [
        await artifactInput(resolver, 'MODEL', explained.recommenderArtifactId, ['RECOMMENDER'], at),
        await tableInput(resolver, 'REAL', explained.log, [...path, 'log']),
      ];
    }
    case 'PROBE':
      return [];
  }
}

interface Resolver {
  context: TenantContext;
  tx: Transaction;
  projectId: string;
}

/** Artifacts that can be read as a table. */
const TABLE_KINDS: readonly ArtifactKind[] = ['SYNTHETIC_PARQUET', 'COMPLETED_PARQUET'];
/** The tables of a run that links them. */
async function linkedInputs(
  resolver: Resolver,
  linked: LinkedTables,
  datasetVersionIds: readonly string[],
): Promise<QueuedInput[]> {
  const path = ['input', 'synthesizeTables'];
  const inputs: QueuedInput[] = [];
  for (const [index, { name }] of linked.tables.entries()) {
    const at = [...path, 'tables', String(index), 'datasetVersionId'];
    inputs.push({ ...(await datasetInput(resolver, 'TABLE', datasetVersionIds[index]!, at)), name });
  }
  await requireLinkedColumns(resolver.context, resolver.tx, linked, datasetVersionIds, path);
  return inputs;
}

function tableInput(
  resolver: Resolver,
  role: InputRole,
  ref: TableRefInput,
  path: Path,
): Promise<QueuedInput> {
  const given = [ref.datasetVersionId, ref.artifactId, ref.madeBy].filter(Boolean);
  if (given.length !== 1) {
    throw invalid('Give one of datasetVersionId, artifactId and madeBy.', path);
  }
  if (ref.madeBy) return awaitedInput(resolver, role, ref.madeBy, [...path, 'madeBy']);
  if (ref.datasetVersionId) {
    return datasetInput(resolver, role, ref.datasetVersionId, [...path, 'datasetVersionId']);
  }
  return artifactInput(resolver, role, ref.artifactId ?? '', TABLE_KINDS, [...path, 'artifactId']);
}

/** Kinds of runs that make one table that can be read, and what kind of artifact that is. */
const TABLE_MADE_BY: Partial<Record<RunKind, ArtifactKind>> = {
  SYNTHESIZE: 'SYNTHETIC_PARQUET',
  SAMPLE: 'SYNTHETIC_PARQUET',
  COMPLETE: 'COMPLETED_PARQUET',
};

/** What another run makes: at once where it has, else to be waited for. */
async function awaitedInput(
  { context, tx, projectId }: Resolver,
  role: InputRole,
  { runId, kind }: RunOutputInput,
  path: Path,
): Promise<QueuedInput> {
  const run = await tx.run.findFirst({
    where: { tenantId: context.tenantId, id: runId, projectId },
    select: { kind: true, state: true, inputs: { where: { name: { not: '' } }, take: 1 } },
  });
  if (!run) throw notFound('run', runId, [...path, 'runId']);
  if (TABLE_MADE_BY[run.kind] !== kind || run.inputs.length > 0) {
    throw invalid(`The run ${runId} is a ${run.kind} run; it makes no single ${kind} that could be read.`, [
      ...path,
      'kind',
    ]);
  }
  if (run.state === 'FAILED' || run.state === 'CANCELLED') {
    throw new UserError(
      UserErrorCode.INVALID_STATE,
      `The run ${runId} is ${run.state}; it will make no ${kind}. Retry it, and name the new run.`,
      [...path, 'runId'],
    );
  }
  return { role, awaitedRunId: runId, awaitedKind: kind };
}

async function datasetInput(
  { context, tx, projectId }: Resolver,
  role: InputRole,
  id: string,
  path: Path,
): Promise<QueuedInput> {
  const version = await tx.datasetVersion.findFirst({
    where: { tenantId: context.tenantId, id, dataset: { projectId, deletedAt: null } },
    select: { state: true },
  });
  if (!version) throw notFound('dataset version', id, path);
  if (version.state !== 'READY') {
    throw new UserError(
      UserErrorCode.INVALID_STATE,
      `The dataset version ${id} is ${version.state}; a run can read it once it is READY.`,
      path,
    );
  }
  return { role, datasetVersionId: id };
}

async function artifactInput(
  { context, tx, projectId }: Resolver,
  role: InputRole,
  id: string,
  kinds: readonly ArtifactKind[],
  path: Path,
): Promise<QueuedInput> {
  const artifact = await tx.artifact.findFirst({
    where: { tenantId: context.tenantId, id, projectId, deletedAt: null },
    select: { kind: true },
  });
  if (!artifact) throw notFound('artifact', id, path);
  if (!kinds.includes(artifact.kind)) {
    throw invalid(`The artifact ${id} is a ${artifact.kind}; this takes a ${kinds.join(' or a ')}.`, path);
  }
  return { role, artifactId: id };
}

/** Inputs are instances of classes, which a config isn't. */
function plain({ column, shares }: Rebalance): object {
  return { column, shares: shares.map(({ value, share }) => ({ value, share })) };
}
