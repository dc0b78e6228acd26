import { z } from 'zod';
import { GENERATOR_OPTIONS } from '../../schema/messages/generator-options/catalogue.js';
import { Ranking } from '../../schema/messages/ranking.js';
import { MAX_SYNTHETIC_ROWS, RecommendConfig, SynthesizeConfig } from '../../schema/messages/run-config.js';
import { authorize, requireTenant } from '../access/authorize.js';
import { actorId, scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { audit } from '../audit/audit.js';
import { announce, changeOf } from '../dispatch/announce.js';
import type { Bus } from '../platform/bus.js';
import type { Database, Transaction } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Experiment, Run } from '../platform/prisma-client/client.js';
import { requireProject } from '../projects/project.service.js';
import { recommendRequest } from '../runs/recommend.request.js';
import { checked, invalid, withoutNulls } from '../runs/request-checks.js';
import { MAX_SEED, queueRun } from '../runs/run.queue.js';
import { resolveInputs } from '../runs/run.request.js';
import { shownFailure } from '../runs/run.resolver.js';
import { isFinal } from '../runs/run.states.js';
import { once } from '../server/idempotency.js';
import { lineOf } from '../server/text.js';
import { comparedScores, verdictOn, type ArmResult } from './comparison.table.js';
import type { TrainingComparison, TrainingComparisonRun, StartComparisonInput } from './comparison.types.js';

/** As stored with an experiment: its runs by what they are for. */
const Planned = z.object({
  v: z.literal(1),
  recommender: z.string(),
  cutoffs: z.array(z.int()),
  coldEvents: z.int(),
  synthesis: z.array(z.object({ runId: z.string(), seed: z.int() })),
  arms: z.array(
    z.object({
      trainOn: RecommendConfig.shape.trainOn.unwrap(),
      ratio: z.number().nullable(),
      runs: z.array(z.object({ runId: z.string(), seed: z.int() })),
    }),
  ),
});
type Planned = z.infer<typeof Planned>;

const Ratios = z.array(z.number().min(0.01).max(10)).min(1).max(5);
const Seeds = z.array(z.int().min(0).max(MAX_SEED)).min(1).max(10);

/** Experiments that ask whether synthetic users help: their start, and what they have found so far. */
export class TrainingComparisonService {
  constructor(
    private readonly database: Database,
    private readonly bus: Bus,
  ) {}

  async start(request: RequestContext, input: StartComparisonInput): Promise<Experiment> {
    const context = requireTenant(request);
    const name = lineOf(input.name, 'A name', 100, ['input', 'name']);
    const wanted = wantedRuns(input);
    const { experiment, queued } = await this.database.withTenant(scopeOf(context), async (tx) => {
      await requireProject(context, tx, input.projectId, ['input', 'projectId']);
      await authorize(context, tx, 'experiment:create', input.projectId);
      await authorize(context, tx, 'run:start', input.projectId);
      const queued: Run[] = [];
      const { id } = await once(
        context,
        tx,
        { operation: 'startComparison', key: input.idempotencyKey, body: input },
        async () => {
          const id = newId('experiment');
          const { projectId } = input;
          const data = { name, question: `Do synthetic users help ${wanted.recommend.config.recommender}?` };
          const createdById = actorId(context.actor) ?? 'system';
          await tx.experiment.create({
            data: { tenantId: context.tenantId, id, projectId, ...data, tags: ['comparison'], createdById },
          });
          await audit(context, tx, { action: 'experiment:create', subjectId: id, projectId, after: data });
          const comparison = await queueRuns(context, tx, { projectId, experimentId: id }, wanted, queued);
          await tx.experiment.update({
            where: { tenantId_id: { tenantId: context.tenantId, id } },
            data: { comparison },
          });
          return id;
        },
      );
      const where = { tenantId_id: { tenantId: context.tenantId, id } };
      return { experiment: await tx.experiment.findUniqueOrThrow({ where }), queued };
    });
    for (const run of queued) announce(this.bus, changeOf(run, true));
    return experiment;
  }

  /** What is known so far; null for an experiment that compares nothing. */
  async read(
    request: RequestContext,
    { tenantId, projectId, comparison }: Experiment,
  ): Promise<TrainingComparison | null> {
    if (comparison === null) return null;
    const context = requireTenant(request);
    const planned = Planned.parse(comparison);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'run:read', projectId);
      await authorize(context, tx, 'artifact:read', projectId);
      const found = (runs: Planned['synthesis']) =>
        Promise.all(runs.map(({ runId, seed }) => lastTry(tx, tenantId, runId, seed)));
      const synthesis = await found(planned.synthesis);
      const arms: {
        planned: Planned['arms'][number];
        runs: TrainingComparisonRun[];
        results: ArmResult[];
      }[] = [];
      for (const arm of planned.arms) {
        const runs = await found(arm.runs);
        arms.push({ planned: arm, runs, results: await resultsOf(tx, tenantId, runs) });
      }
      const real = arms.find(({ planned: { trainOn } }) => trainOn === 'REAL')?.results ?? [];
      const cutoff = planned.cutoffs.includes(10) ? 10 : planned.cutoffs.at(-1)!;
      const all = [...synthesis, ...arms.flatMap(({ runs }) => runs)];
      return {
        recommender: planned.recommender,
        complete: all.every(({ state }) => isFinal(state)),
        synthesis,
        arms: arms.map(({ planned: { trainOn, ratio }, runs, results }) => {
          const against = trainOn === 'REAL' ? undefined : real;
          const scores = comparedScores(results, against, planned);
          const label = trainOn === 'SYNTHETIC' ? 'Synthetic only' : `Real + ${ratio} × synthetic`;
          return { trainOn, ratio, runs, scores, verdict: against ? verdictOn(label, scores, cutoff) : null };
        }),
        notes: notesOn(planned, all),
      };
    });
  }
}

function wantedRuns(input: StartComparisonInput) {
  const { recommend } = input;
  const path = ['input', 'recommend'];
  for (const field of ['synthetic', 'trainOn', 'syntheticRatio'] as const) {
    if (recommend[field] == null) continue;
    throw invalid(`\`${field}\` is the comparison's own: leave it out.`, [...path, field]);
  }
  if (recommend.continueFrom)
    throw invalid('A comparison trains every recommender anew: leave `continueFrom` out.', [
      ...path,
      'continueFrom',
    ]);
  if (!recommend.real.datasetVersionId)
    throw invalid('Give the real log as a datasetVersionId.', [...path, 'real']);
  const ratios = distinct(checked(Ratios, input.ratios, ['input', 'ratios']), 'ratios');
  const seeds = distinct(checked(Seeds, input.seeds, ['input', 'seeds']), 'seeds');
  const options = withoutNulls((input as { sessions?: object | null }).sessions ?? {});
  checked<unknown>(GENERATOR_OPTIONS.sessions.options, options, ['input', 'sessions']);
  const requested = recommendRequest(recommend, path);
  return { recommend: requested, ratios, seeds, options, datasetVersionId: recommend.real.datasetVersionId };
}

function distinct(values: readonly number[], field: string): readonly number[] {
  if (new Set(values).size === values.length) return values;
  throw invalid(`\`${field}\` names a number twice.`, ['input', field]);
}

async function queueRuns(
  context: TenantContext,
  tx: Transaction,
  place: { projectId: string; experimentId: string },
  { recommend, ratios, seeds, options, datasetVersionId }: ReturnType<typeof wantedRuns>,
  queued: Run[],
): Promise<Planned> {
  const real = await resolveInputs(context, tx, place.projectId, recommend);
  const { rows } = await tx.datasetVersion.findUniqueOrThrow({
    where: { tenantId_id: { tenantId: context.tenantId, id: datasetVersionId } },
    select: { rows: true },
  });
  const { events, platform, types, testShare } = recommend.config;
  const synthesize = SynthesizeConfig.parse({
    kind: 'SYNTHESIZE',
    generator: 'sessions',
    options: { ...options, ...withoutNulls(events ?? {}) },
    // Withholding leaves fewer rows to learn from, so this is enough for the largest ratio.
    rows: Math.min(MAX_SYNTHETIC_ROWS, Math.ceil(Math.max(1, ...ratios) * (rows ?? 1))),
    withhold: { events, platform, types, testShare },
  });
  const queue = async (run: Omit<Parameters<typeof queueRun>[2], 'projectId'>): Promise<string> => {
    const made = await queueRun(context, tx, { ...place, ...run });
    queued.push(made);
    return made.id;
  };
  const plan: Planned = {
    v: 1,
    recommender: recommend.config.recommender,
    cutoffs: recommend.config.cutoffs,
    coldEvents: recommend.config.coldEvents,
    synthesis: [],
    arms: [
      { trainOn: 'REAL', ratio: null, runs: [] },
      { trainOn: 'SYNTHETIC', ratio: 1, runs: [] },
      ...ratios.map((ratio) => ({ trainOn: 'BOTH' as const, ratio, runs: [] })),
    ],
  };
  for (const seed of seeds) {
    const inputs = [{ role: 'TABLE' as const, datasetVersionId }];
    const awaitedRunId = await queue({ config: synthesize, inputs, seed, name: 'Synthesize' });
    plan.synthesis.push({ runId: awaitedRunId, seed });
    for (const { trainOn, ratio, runs } of plan.arms) {
      const made = { role: 'SYNTHETIC' as const, awaitedRunId, awaitedKind: 'SYNTHETIC_PARQUET' as const };
      const config = { ...recommend.config, trainOn, ...(ratio !== null && { syntheticRatio: ratio }) };
      const name = `${trainOn === 'BOTH' ? `Real + ${ratio}` : trainOn === 'REAL' ? 'Real' : 'Synthetic'}, seed ${seed}`;
      runs.push({
        runId: await queue({ config, inputs: trainOn === 'REAL' ? real : [...real, made], seed, name }),
        seed,
      });
    }
  }
  return plan;
}

/** A run as it stands, or its last retry. */
async function lastTry(
  tx: Transaction,
  tenantId: string,
  id: string,
  seed: number,
): Promise<TrainingComparisonRun> {
  const retry = await tx.run.findFirst({
    where: { tenantId, retryOfId: id },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    select: { id: true },
  });
  if (retry) return lastTry(tx, tenantId, retry.id, seed);
  const run = await tx.run.findUniqueOrThrow({ where: { tenantId_id: { tenantId, id } } });
  return { runId: id, seed, state: run.state, failure: shownFailure(run.failure) };
}

async function resultsOf(
  tx: Transaction,
  tenantId: string,
  runs: readonly TrainingComparisonRun[],
): Promise<ArmResult[]> {
  const rankings = await tx.artifact.findMany({
    where: { tenantId, runId: { in: runs.map(({ runId }) => runId) }, kind: 'RANKING', deletedAt: null },
    select: { runId: true, content: true },
  });
  return runs.flatMap(({ runId, seed }) => {
    const content = rankings.find((ranking) => ranking.runId === runId)?.content;
    const cases = content == null ? undefined : Ranking.parse(content).cases;
    return cases ? [{ seed, cases }] : [];
  });
}

function notesOn({ arms, synthesis }: Planned, runs: readonly TrainingComparisonRun[]): string[] {
  const failed = runs.filter(({ state }) => state === 'FAILED' || state === 'CANCELLED').length;
  return [
    'All are tested on the same held-out events, which no generator was shown. Differences are by user and seed; the interval is for other users and other seeds.',
    ...(synthesis.length === 1
      ? ['With one seed, the intervals say nothing of what another seed would give.']
      : []),
    `${arms.length - 1} ways of training are compared with real only: one difference in twenty shows by chance.`,
    ...(failed > 0 ? [`${failed} of ${runs.length} runs failed or were cancelled; they are left out.`] : []),
  ];
}
