import { authorize, confinedTo, requireTenant } from '../access/authorize.js';
import { actorId, scopeOf, type RequestContext, type TenantContext } from '../access/context.js';
import { audit } from '../audit/audit.js';
import type { Database, Transaction } from '../platform/database.js';
import type {
  DeploymentChange,
  Model,
  ModelDeployment,
  ModelVersion,
} from '../platform/prisma-client/client.js';
import { UserError, UserErrorCode, notFound } from '../server/errors.js';
import { once } from '../server/idempotency.js';
import { readShares, type Shares } from './deployment.js';
import type {
  PromoteModelVersionInput,
  RollBackModelInput,
  SplitModelTrafficInput,
  TrafficShareInput,
  WithdrawModelInput,
} from './deployment.types.js';
import { keyOf, requireModel, requireModelVersion, visibleTo } from './model.lookup.js';

/** What is made live, and what rolling back from it leads to. */
interface Wanted {
  change: DeploymentChange;
  shares: Shares;
  goesBackTo: number | null;
}

/** Says which versions of a model are live, and remembers which were. */
export class DeploymentService {
  constructor(private readonly database: Database) {}

  promote(request: RequestContext, input: PromoteModelVersionInput): Promise<Model> {
    const find = async (context: TenantContext, tx: Transaction) =>
      (await requireModelVersion(context, tx, input.id, 'model:deploy', ['input', 'id'])).model;
    return this.#deploy(request, 'promoteModelVersion', input, find, async (context, tx, model, current) => {
      const version = await tx.modelVersion.findUniqueOrThrow({ where: keyOf(context, input.id) });
      if (version.share === 1) {
        throw new UserError(
          UserErrorCode.INVALID_STATE,
          `Version ${version.number} of the model "${model.name}" answers everybody already.`,
          ['input', 'id'],
        );
      }
      return { change: 'PROMOTE', shares: [shareOf(version, 1)], goesBackTo: lastLive(current) };
    });
  }

  split(request: RequestContext, input: SplitModelTrafficInput): Promise<Model> {
    const find = (context: TenantContext, tx: Transaction) =>
      requireModel(context, tx, input.modelId, 'model:deploy', ['input', 'modelId']);
    return this.#deploy(request, 'splitModelTraffic', input, find, async (context, tx, model, current) => {
      const shares = await sharesOf(context, tx, model, input.shares);
      return { change: 'SPLIT', shares, goesBackTo: lastLive(current) };
    });
  }

  rollBack(request: RequestContext, input: RollBackModelInput): Promise<Model> {
    const find = (context: TenantContext, tx: Transaction) =>
      requireModel(context, tx, input.id, 'model:deploy', ['input', 'id']);
    return this.#deploy(request, 'rollBackModel', input, find, async (context, tx, model, current) => {
      if (current?.goesBackTo == null) {
        throw new UserError(
          UserErrorCode.INVALID_STATE,
          `Nothing else was live before in the model "${model.name}". Promote another version, or withdraw the model.`,
          ['input', 'id'],
        );
      }
      const before = await tx.modelDeployment.findUniqueOrThrow({
        where: deploymentKey(context, model.id, current.goesBackTo),
      });
      return { change: 'ROLL_BACK', shares: readShares(before.shares), goesBackTo: before.goesBackTo };
    });
  }

  withdraw(request: RequestContext, input: WithdrawModelInput): Promise<Model> {
    const find = (context: TenantContext, tx: Transaction) =>
      requireModel(context, tx, input.id, 'model:deploy', ['input', 'id']);
    return this.#deploy(request, 'withdrawModel', input, find, (_context, _tx, model, current) => {
      const goesBackTo = lastLive(current);
      if (!current || goesBackTo !== current.revision) {
        throw new UserError(UserErrorCode.INVALID_STATE, `No version of the model "${model.name}" is live.`, [
          'input',
          'id',
        ]);
      }
      return Promise.resolve({ change: 'WITHDRAW', shares: [], goesBackTo });
    });
  }

  /** The latest deployments of each model, newest first, in the order of the models. */
  async latestOf(
    request: RequestContext,
    modelIds: readonly string[],
    count: number,
  ): Promise<ModelDeployment[][]> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      await authorize(context, tx, 'model:read', confinedTo(context));
      const found: ModelDeployment[][] = [];
      for (const modelId of modelIds) {
        found.push(
          await tx.modelDeployment.findMany({
            where: { tenantId: context.tenantId, modelId, model: visibleTo(context) },
            orderBy: { revision: 'desc' },
            take: count,
          }),
        );
      }
      return found;
    });
  }

  async #deploy(
    request: RequestContext,
    operation: string,
    input: { revision: number; idempotencyKey?: string | null },
    find: (context: TenantContext, tx: Transaction) => Promise<Model>,
    wanted: (
      context: TenantContext,
      tx: Transaction,
      model: Model,
      current: ModelDeployment | null,
    ) => Promise<Wanted>,
  ): Promise<Model> {
    const context = requireTenant(request);
    return this.database.withTenant(scopeOf(context), async (tx) => {
      const seen = await find(context, tx);
      const { id } = await once(
        context,
        tx,
        { operation, key: input.idempotencyKey, body: input },
        async () => {
          const model = await takeRevision(context, tx, seen, input.revision);
          const current = await tx.modelDeployment.findUnique({
            where: deploymentKey(context, model.id, input.revision),
          });
          const next = await wanted(context, tx, model, current);
          await requireFiles(context, tx, next.shares);
          await goLive(context, tx, model, current, next);
          return model.id;
        },
      );
      return tx.model.findUniqueOrThrow({ where: keyOf(context, id) });
    });
  }
}

const deploymentKey = ({ tenantId }: TenantContext, modelId: string, revision: number) => ({
  tenantId_modelId_revision: { tenantId, modelId, revision },
});

const shareOf = ({ id, number }: Pick<ModelVersion, 'id' | 'number'>, share: number) => ({
  modelVersionId: id,
  number,
  share,
});

/** The deployment that last had something live: the current one, unless it withdrew the model. */
function lastLive(current: ModelDeployment | null): number | null {
  if (!current) return null;
  return readShares(current.shares).length > 0 ? current.revision : current.goesBackTo;
}

/** Counts the revision up, for one of those who saw the same one; the others are told what has happened since. */
async function takeRevision(
  context: TenantContext,
  tx: Transaction,
  { id, name }: Model,
  revision: number,
): Promise<Model> {
  const taken = await tx.model.updateMany({
    where: { tenantId: context.tenantId, id, revision },
    data: { revision: { increment: 1 } },
  });
  const model = await tx.model.findUniqueOrThrow({ where: keyOf(context, id) });
  if (taken.count === 1) return model;
  const last = await tx.modelDeployment.findUnique({ where: deploymentKey(context, id, model.revision) });
  const live = last && readShares(last.shares);
  throw new UserError(
    UserErrorCode.INVALID_STATE,
    `What is live in the model "${name}" has been changed meanwhile: its revision is ${model.revision}, not ${revision}` +
      `${live ? `, and ${live.length === 0 ? 'nothing is live' : live.map(({ number, share }) => `version ${number} answers ${percent(share)}`).join(', ')}` : ''}. ` +
      'Look at it, and do this again with that revision.',
    ['input', 'revision'],
  );
}

const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;

async function sharesOf(
  context: TenantContext,
  tx: Transaction,
  model: Model,
  given: readonly TrafficShareInput[],
): Promise<Shares> {
  const path = ['input', 'shares'];
  const versions = await tx.modelVersion.findMany({
    where: {
      tenantId: context.tenantId,
      modelId: model.id,
      id: { in: given.map(({ modelVersionId }) => modelVersionId) },
    },
  });
  const shares = given.map(({ modelVersionId, share }, index) => {
    const version = versions.find(({ id }) => id === modelVersionId);
    if (!version)
      throw notFound(`version of the model "${model.name}"`, modelVersionId, [
        ...path,
        String(index),
        'modelVersionId',
      ]);
    return shareOf(version, share);
  });
  if (given.length !== 2 || versions.length !== 2) {
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      `Traffic is split between two versions, each named once. To have one answer everybody, promote it.`,
      path,
    );
  }
  for (const [index, { number, share }] of shares.entries()) {
    if (share > 0 && share < 1) continue;
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      `The share of version ${number} must be above 0 and below 1, not ${share}: with 0 it would answer nobody. To have one version answer everybody, promote it.`,
      [...path, String(index), 'share'],
    );
  }
  const sum = shares.reduce((total, { share }) => total + share, 0);
  if (Math.abs(sum - 1) > 1e-9) {
    throw new UserError(
      UserErrorCode.INVALID_INPUT,
      `The two shares must make 1 together; these make ${Number(sum.toFixed(9))}.`,
      path,
    );
  }
  return shares;
}

/** Locks the recommenders against being deleted, and throws INVALID_STATE when one is gone already. */
async function requireFiles(context: TenantContext, tx: Transaction, shares: Shares): Promise<void> {
  for (const { modelVersionId, number } of shares) {
    const [artifact] = await tx.$queryRaw<{ deleted_at: Date | null }[]>`
      SELECT a.deleted_at FROM model_versions v JOIN artifacts a ON a.tenant_id = v.tenant_id AND a.id = v.artifact_id
      WHERE v.tenant_id = ${context.tenantId} AND v.id = ${modelVersionId} FOR SHARE OF a`;
    if (artifact && artifact.deleted_at === null) continue;
    throw new UserError(
      UserErrorCode.INVALID_STATE,
      `The recommender of version ${number} was deleted, so that it can't answer. Promote another version.`,
      ['input'],
    );
  }
}

async function goLive(
  context: TenantContext,
  tx: Transaction,
  model: Model,
  current: ModelDeployment | null,
  { change, shares, goesBackTo }: Wanted,
): Promise<void> {
  const { tenantId } = context;
  await tx.modelVersion.updateMany({
    where: {
      tenantId,
      modelId: model.id,
      stage: 'LIVE',
      id: { notIn: shares.map(({ modelVersionId }) => modelVersionId) },
    },
    data: { stage: 'RETIRED', share: 0 },
  });
  for (const { modelVersionId, share } of shares) {
    await tx.modelVersion.update({
      where: keyOf(context, modelVersionId),
      data: { stage: 'LIVE', share },
    });
  }
  await tx.modelDeployment.create({
    data: {
      tenantId,
      modelId: model.id,
      revision: model.revision,
      change,
      shares,
      goesBackTo,
      createdById: actorId(context.actor) ?? 'system',
    },
  });
  await audit(context, tx, {
    action: 'model:deploy',
    subjectId: model.id,
    projectId: model.projectId,
    before: { revision: current?.revision ?? 0, live: current?.shares ?? [] },
    after: { revision: model.revision, change, live: shares },
  });
}
