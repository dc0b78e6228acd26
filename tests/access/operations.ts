import { createHash, randomBytes } from 'node:crypto';
import type { Connection } from '../../client/connection.js';
import { PERMISSIONS_OF_ROLE, type Permission } from '../../src/access/permissions.js';
import type { Role } from '../../src/platform/prisma-client/client.js';
import { newId } from '../../src/platform/ids.js';
import { deploy, newModel, newVersion } from '../models/models.js';
import { change } from '../platform/change.js';
import { seedArtifact } from '../platform/seed-artifact.js';
import { seedRun } from '../platform/seed.js';
import { sharedServices } from '../platform/services.js';
import { trainSearch } from '../platform/search-shop.js';
import { ingestText, makeUser, smallTable, startRun, trainRecommender, type Shop } from '../platform/shop.js';

/**
 * Where an operation happens: on the tenant; in a project, where a role granted on it counts too; or on the tenant, but
 * narrowed to the project when the caller is a key that is confined to one.
 */
export type Level = 'TENANT' | 'PROJECT' | 'NARROWED';

interface Call {
  /** Shown in the test's name where an operation stands for several things. */
  of?: string;
  /** A selection instead of the least one. */
  selection?: string;
  /** Fresh ones each time, so that the call works. Absent: it takes none, or is made elsewhere. */
  variables?: (at: Place) => object | Promise<object>;
}

export type Operation = Call &
  (
    | { by: 'ANYBODY' | 'PEOPLE' }
    | {
        by: 'PERMISSION';
        /** All of these, on that level. */
        needs: readonly Permission[];
        on: Level;
      }
  );

/** A project with one of everything, and ways to make more, so that each permitted call has something to work on. */
export class Place {
  #recommender: Promise<string> | undefined;
  #liveModel: Promise<string> | undefined;
  #searchRanker: Promise<string> | undefined;

  private constructor(
    readonly shop: Shop,
    readonly datasetVersionId: string,
    readonly datasetId: string,
    readonly runId: string,
    readonly artifactId: string,
    readonly experimentId: string,
    readonly apiKeyId: string,
  ) {}

  static async make(shop: Shop): Promise<Place> {
    const { datasetVersionId } = await ingestText(shop, smallTable(20));
    const { node } = await shop.owner.request<{ node: { dataset: { id: string } } }>(
      'query ($id: ID!) { node(id: $id) { ... on DatasetVersion { dataset { id } } } }',
      { id: datasetVersionId },
    );
    const run = await seedRun(sharedDatabase(), shop, 'SUCCEEDED');
    const artifact = await seedArtifact(sharedDatabase(), run, 'SYNTHETIC_CSV');
    const experimentId = await newExperiment(shop);
    const apiKeyId = await newApiKey(shop, shop.projectId);
    return new Place(shop, datasetVersionId, node.dataset.id, run.id, artifact.id, experimentId, apiKeyId);
  }

  get projectId(): string {
    return this.shop.projectId;
  }

  /** One that answers. */
  recommender(): Promise<string> {
    this.#recommender ??= trainRecommender(this.shop).then(({ recommenderId }) => recommenderId);
    return this.#recommender;
  }

  /** A model with a live version that answers. */
  liveModel(): Promise<string> {
    this.#liveModel ??= this.recommender().then(async (recommenderArtifactId) => {
      const model = await newModel(this.shop);
      const id = await newVersion(this.shop, model, { recommenderArtifactId });
      return (await deploy(this.shop, 'promoteModelVersion', { id, revision: 0 })).id;
    });
    return this.#liveModel;
  }

  /** A model with two versions, of which the second was promoted after the first. */
  async promotedTwice(): Promise<{ id: string; versions: readonly [string, string]; revision: number }> {
    const model = await newModel(this.shop);
    const versions = [await newVersion(this.shop, model), await newVersion(this.shop, model)] as const;
    for (const [revision, id] of versions.entries())
      await deploy(this.shop, 'promoteModelVersion', { id, revision });
    return { id: model, versions, revision: 2 };
  }

  /** The same for queries. */
  searchRanker(): Promise<string> {
    this.#searchRanker ??= trainSearch(this.shop).then(({ searchRankerId }) => searchRankerId);
    return this.#searchRanker;
  }

  /** A run that waits where no worker fetches it. */
  waitingRun(): Promise<string> {
    return startRun(this.shop, { pool: 'nobody', probe: {} });
  }

  async ended(runId: Promise<string>): Promise<string> {
    await change(this.shop, 'cancelRun', 'run { id }', { id: await runId });
    return runId;
  }

  async paused(runId: Promise<string>): Promise<string> {
    await change(this.shop, 'pauseRun', 'run { id }', { id: await runId });
    return runId;
  }

  async newUpload(): Promise<{ datasetId: string; datasetVersionId: string; url: string }> {
    const { dataset, datasetVersion, upload } = await change<{
      dataset: { id: string };
      datasetVersion: { id: string };
      upload: { url: string };
    }>(this.shop, 'createDatasetUpload', 'dataset { id } datasetVersion { id } upload { url }', {
      projectId: this.projectId,
      fileName: 'new.csv',
      bytes: FILE.length,
    });
    return { datasetId: dataset.id, datasetVersionId: datasetVersion.id, url: upload.url };
  }

  async sentUpload(): Promise<string> {
    const { datasetVersionId, url } = await this.newUpload();
    const response = await fetch(url, { method: 'PUT', body: FILE });
    if (!response.ok) throw new Error(await response.text());
    return datasetVersionId;
  }

  async newArtifact(): Promise<string> {
    const run = { tenantId: this.shop.tenantId, projectId: this.projectId, id: this.runId };
    return (await seedArtifact(sharedDatabase(), run, 'SYNTHETIC_CSV')).id;
  }

  async newInvitation(): Promise<string> {
    const { invitation } = await change<{ invitation: { id: string } }>(
      this.shop,
      'inviteMember',
      'invitation { id }',
      { email: anAddress(), role: 'VIEWER' },
    );
    return invitation.id;
  }

  async newMember(): Promise<string> {
    return (await join(this.shop, 'VIEWER')).memberId;
  }

  async memberWithRole(): Promise<string> {
    const memberId = await this.newMember();
    await change(this.shop, 'grantProjectRole', '', { memberId, projectId: this.projectId, role: 'VIEWER' });
    return memberId;
  }
}

const sharedDatabase = () => ({ ownerUrl: sharedServices().sharedDatabaseUrl });

const FILE = 'a,b\n1,2\n3,4\n';
const anAddress = () => `${randomBytes(6).toString('hex')}@example.com`;
const VIEWERS = [...PERMISSIONS_OF_ROLE.VIEWER];

export async function newApiKey(shop: Shop, projectId?: string): Promise<string> {
  const { apiKey } = await change<{ apiKey: { id: string } }>(shop, 'createApiKey', 'apiKey { id }', {
    name: 'Key',
    scopes: ['RUN_READ'],
    projectId,
  });
  return apiKey.id;
}

async function newExperiment(shop: Shop): Promise<string> {
  const { experiment } = await change<{ experiment: { id: string } }>(
    shop,
    'createExperiment',
    'experiment { id }',
    { projectId: shop.projectId, name: 'Question' },
  );
  return experiment.id;
}

/** A new user who joins the tenant by invitation. */
export async function join(
  shop: Shop,
  role: Role,
): Promise<{ memberId: string; userId: string; connection: Connection }> {
  const { email, userId, token } = await makeUser(shop.url);
  const invited = await change<{ token: string }>(shop, 'inviteMember', 'token', { email, role });
  const connection = shop.owner.as({ token, tenantId: shop.tenantId });
  const { member } = await change<{ member: { id: string } }>(
    { owner: shop.owner.as({ token }) },
    'acceptInvitation',
    'member { id }',
    { token: invited.token },
  );
  return { memberId: member.id, userId, connection };
}

const needs = (permission: Permission, on: Level, call: Call = {}, more: readonly Permission[] = []) =>
  ({ by: 'PERMISSION', needs: [permission, ...more], on, ...call }) as const;
const input = (make: (at: Place) => object | Promise<object>): Call => ({
  variables: async (at) => ({ input: await make(at) }),
});
const node = (
  permission: Permission,
  on: Level,
  of: string,
  id: (at: Place) => string | Promise<string>,
): Operation => needs(permission, on, { of, variables: async (at) => ({ id: await id(at) }) });
/** Below something that the caller may read: what they also need for the part. */
const below = (
  permissions: readonly [Permission, ...Permission[]],
  of: string,
  selection: string,
  id: (at: Place) => string | Promise<string>,
): Operation =>
  needs(
    permissions[0],
    'PROJECT',
    { of, selection, variables: async (at) => ({ id: await id(at) }) },
    permissions.slice(1),
  );

/** Every root field of the schema: who may use it, and how it is used so that it works. */
export const OPERATIONS: Readonly<Record<string, readonly Operation[]>> = {
  serverInfo: [{ by: 'ANYBODY' }],
  viewer: [{ by: 'ANYBODY' }],
  tenant: [needs('tenant:read', 'TENANT')],
  members: [needs('member:read', 'TENANT')],
  invitations: [needs('member:invite', 'TENANT')],
  apiKeys: [needs('apiKey:read', 'NARROWED')],
  auditLog: [
    needs('audit:read', 'NARROWED'),
    needs('audit:read', 'PROJECT', {
      of: 'a project',
      variables: ({ projectId }) => ({ filter: { projectId } }),
    }),
  ],
  projects: [needs('project:read', 'NARROWED')],
  project: [
    node('project:read', 'PROJECT', '', ({ projectId }) => projectId),
    below(
      ['project:read', 'dataset:read'],
      'datasets',
      'datasets { totalCount nodes { id } }',
      (at) => at.projectId,
    ),
    below(['project:read', 'run:read'], 'runs', 'runs { totalCount nodes { id } }', (at) => at.projectId),
    below(
      ['project:read', 'experiment:read'],
      'experiments',
      'experiments { totalCount nodes { id } }',
      (at) => at.projectId,
    ),
    below(
      ['project:read', 'artifact:read'],
      'artifacts',
      'artifacts { totalCount nodes { id } }',
      (at) => at.projectId,
    ),
    below(
      ['project:read', 'model:read'],
      'models',
      'models { totalCount nodes { id } }',
      (at) => at.projectId,
    ),
  ],
  dataset: [
    node('dataset:read', 'PROJECT', '', ({ datasetId }) => datasetId),
    below(['dataset:read'], 'versions', 'versions { nodes { id } }', (at) => at.datasetId),
  ],
  run: [
    node('run:read', 'PROJECT', '', ({ runId }) => runId),
    below(['run:read', 'artifact:read'], 'artifacts', 'artifacts { nodes { id } }', (at) => at.runId),
  ],
  artifact: [
    node('artifact:read', 'PROJECT', '', ({ artifactId }) => artifactId),
    below(['artifact:read'], 'downloadUrl', 'downloadUrl', (at) => at.artifactId),
  ],
  recommend: [
    needs(
      'artifact:read',
      'PROJECT',
      input(async (at) => ({ recommenderArtifactId: await at.recommender(), user: 'u1' })),
    ),
    needs('model:read', 'PROJECT', {
      of: 'a model in use',
      ...input(async (at) => ({ modelId: await at.liveModel(), user: 'u1' })),
    }),
  ],
  model: [
    node('model:read', 'PROJECT', '', (at) => at.liveModel()),
    below(['model:read'], 'versions', 'live { id } versions { nodes { id } }', (at) => at.liveModel()),
    below(['model:read'], 'how it does', 'comparison { verdict } live { online { clicks } }', (at) =>
      at.liveModel(),
    ),
    below(['model:read', 'artifact:read'], 'artifact', 'live { artifact { id } }', (at) => at.liveModel()),
  ],
  searchProducts: [
    needs(
      'artifact:read',
      'PROJECT',
      input(async (at) => ({ searchRankerArtifactId: await at.searchRanker(), query: 'red mug' })),
    ),
  ],
  experiment: [
    node('experiment:read', 'PROJECT', '', ({ experimentId }) => experimentId),
    below(['experiment:read', 'project:read'], 'project', 'project { name }', (at) => at.experimentId),
    below(['experiment:read', 'run:read'], 'runs', 'runs { nodes { id } }', (at) => at.experimentId),
  ],
  node: [
    node('tenant:read', 'TENANT', 'Tenant', ({ shop }) => shop.tenantId),
    node('member:read', 'TENANT', 'User', ({ shop }) => shop.userId),
    node('member:read', 'TENANT', 'Member', (at) => at.newMember()),
    node('member:invite', 'TENANT', 'Invitation', (at) => at.newInvitation()),
    node('apiKey:read', 'TENANT', 'ApiKey', ({ shop }) => newApiKey(shop)),
    node('apiKey:read', 'PROJECT', 'ApiKey of a project', ({ apiKeyId }) => apiKeyId),
    node('project:read', 'PROJECT', 'Project', ({ projectId }) => projectId),
    node('dataset:read', 'PROJECT', 'Dataset', ({ datasetId }) => datasetId),
    node('dataset:read', 'PROJECT', 'DatasetVersion', ({ datasetVersionId }) => datasetVersionId),
    below(
      ['dataset:read', 'run:read'],
      'DatasetVersion.run',
      '... on DatasetVersion { run { state } }',
      (at) => at.datasetVersionId,
    ),
    node('experiment:read', 'PROJECT', 'Experiment', ({ experimentId }) => experimentId),
    node('run:read', 'PROJECT', 'Run', ({ runId }) => runId),
    node('artifact:read', 'PROJECT', 'Artifact', ({ artifactId }) => artifactId),
    node('model:read', 'PROJECT', 'Model', (at) => at.liveModel()),
    node('model:read', 'PROJECT', 'ModelVersion', async (at) => (await at.promotedTwice()).versions[0]),
    node('audit:read', 'PROJECT', 'AuditEvent', async ({ shop, projectId }) => {
      const { auditLog } = await shop.owner.request<{ auditLog: { nodes: { id: string }[] } }>(
        `{ auditLog(first: 1, filter: { projectId: "${projectId}" }) { nodes { id } } }`,
      );
      return auditLog.nodes[0]?.id as string;
    }),
  ],

  signUp: [
    { by: 'ANYBODY', ...input(() => ({ email: anAddress(), password: newId('user'), name: 'Somebody' })) },
  ],
  signIn: [{ by: 'ANYBODY', ...input(({ shop: { email, password } }) => ({ email, password })) }],
  refreshSession: [
    {
      by: 'ANYBODY',
      ...input(async ({ shop: { owner, email, password } }) => {
        const { tokens } = await change<{ tokens: { refreshToken: string } }>(
          { owner },
          'signIn',
          'tokens { refreshToken }',
          { email, password },
        );
        return { refreshToken: tokens.refreshToken };
      }),
    },
  ],
  // What people do with the three is told in tests/api/sessions.test.ts and access.test.ts.
  signOut: [{ by: 'PEOPLE' }],
  changePassword: [{ by: 'PEOPLE' }],
  acceptInvitation: [{ by: 'PEOPLE' }],
  updateViewer: [{ by: 'PEOPLE', ...input(() => ({ name: 'Somebody' })) }],
  createTenant: [{ by: 'PEOPLE', ...input(() => ({ name: 'Another' })) }],

  updateTenant: [
    needs(
      'tenant:update',
      'TENANT',
      input(() => ({ name: `Shop ${newId('tenant')}` })),
    ),
  ],
  inviteMember: [
    needs(
      'member:invite',
      'TENANT',
      input(() => ({ email: anAddress(), role: 'VIEWER' })),
      VIEWERS,
    ),
  ],
  revokeInvitation: [
    needs(
      'member:invite',
      'TENANT',
      input(async (at) => ({ id: await at.newInvitation() })),
    ),
  ],
  updateMember: [
    needs(
      'member:update',
      'TENANT',
      input(async (at) => ({ id: await at.newMember(), role: 'VIEWER' })),
      VIEWERS,
    ),
  ],
  removeMember: [
    needs(
      'member:remove',
      'TENANT',
      input(async (at) => ({ id: await at.newMember() })),
      VIEWERS,
    ),
  ],
  createApiKey: [
    needs(
      'apiKey:create',
      'NARROWED',
      input(() => ({ name: 'Key', scopes: ['API_KEY_CREATE'] })),
    ),
    needs('apiKey:create', 'PROJECT', {
      of: 'a project',
      ...input(({ projectId }) => ({ name: 'Key', scopes: ['API_KEY_CREATE'], projectId })),
    }),
  ],
  revokeApiKey: [
    needs(
      'apiKey:revoke',
      'TENANT',
      input(async ({ shop }) => ({ id: await newApiKey(shop) })),
    ),
    needs('apiKey:revoke', 'PROJECT', {
      of: 'a project',
      ...input(async ({ shop, projectId }) => ({ id: await newApiKey(shop, projectId) })),
    }),
  ],
  createProject: [
    needs(
      'project:create',
      'TENANT',
      input(() => ({ name: 'Another' })),
    ),
  ],
  updateProject: [
    needs(
      'project:update',
      'PROJECT',
      input(({ projectId }) => ({ id: projectId, name: newId('project') })),
    ),
  ],
  archiveProject: [
    needs(
      'project:archive',
      'PROJECT',
      input(({ projectId }) => ({ id: projectId, archived: false })),
    ),
  ],
  grantProjectRole: [
    needs(
      'member:update',
      'PROJECT',
      input(async (at) => ({ projectId: at.projectId, memberId: await at.newMember(), role: 'VIEWER' })),
      VIEWERS,
    ),
  ],
  revokeProjectRole: [
    needs(
      'member:update',
      'PROJECT',
      input(async (at) => ({ projectId: at.projectId, memberId: await at.memberWithRole() })),
      VIEWERS,
    ),
  ],
  createDatasetUpload: [
    needs(
      'dataset:create',
      'PROJECT',
      input(({ projectId }) => ({ projectId, fileName: 'a.csv', bytes: 10 })),
    ),
  ],
  completeDatasetUpload: [
    needs(
      'dataset:create',
      'PROJECT',
      input(async (at) => ({
        datasetVersionId: await at.sentUpload(),
        sha256: createHash('sha256').update(FILE).digest('hex'),
      })),
    ),
  ],
  correctDatasetColumns: [
    needs(
      'dataset:update',
      'PROJECT',
      input(({ datasetVersionId }) => ({ datasetVersionId, columns: [{ name: 'visits', kind: 'REAL' }] })),
    ),
  ],
  updateDataset: [
    needs(
      'dataset:update',
      'PROJECT',
      input(({ datasetId }) => ({ id: datasetId, name: newId('dataset') })),
    ),
  ],
  deleteDataset: [
    needs(
      'dataset:delete',
      'PROJECT',
      input(async (at) => ({ id: (await at.newUpload()).datasetId })),
    ),
  ],
  startComparison: [
    needs(
      'experiment:create',
      'PROJECT',
      input(({ projectId, datasetVersionId }) => ({
        ...{ projectId, name: 'Does it help?', ratios: [1], seeds: [1] },
        recommend: { real: { datasetVersionId }, recommender: 'popularity' },
      })),
      ['run:start'],
    ),
  ],
  createExperiment: [
    needs(
      'experiment:create',
      'PROJECT',
      input(({ projectId }) => ({ projectId, name: 'Question' })),
    ),
  ],
  updateExperiment: [
    needs(
      'experiment:update',
      'PROJECT',
      input(({ experimentId }) => ({ id: experimentId, name: 'Other' })),
    ),
  ],
  archiveExperiment: [
    needs(
      'experiment:archive',
      'PROJECT',
      input(({ experimentId }) => ({ id: experimentId, archived: false })),
    ),
  ],
  startRun: [
    needs(
      'run:start',
      'PROJECT',
      input(({ projectId }) => ({ projectId, pool: 'nobody', probe: {} })),
    ),
  ],
  retryRun: [
    needs(
      'run:start',
      'PROJECT',
      input(async (at) => ({ id: await at.ended(at.waitingRun()) })),
    ),
  ],
  updateRun: [
    needs(
      'run:control',
      'PROJECT',
      input(async (at) => ({ id: await at.waitingRun(), name: 'New' })),
    ),
  ],
  cancelRun: [
    needs(
      'run:control',
      'PROJECT',
      input(async (at) => ({ id: await at.waitingRun() })),
    ),
  ],
  pauseRun: [
    needs(
      'run:control',
      'PROJECT',
      input(async (at) => ({ id: await at.waitingRun() })),
    ),
  ],
  resumeRun: [
    needs(
      'run:control',
      'PROJECT',
      input(async (at) => ({ id: await at.paused(at.waitingRun()) })),
    ),
  ],
  deleteArtifact: [
    needs(
      'artifact:delete',
      'PROJECT',
      input(async (at) => ({ id: await at.newArtifact() })),
    ),
  ],
  createModel: [
    needs(
      'model:create',
      'PROJECT',
      input(({ projectId }) => ({ projectId, name: newId('model') })),
    ),
  ],
  addModelVersion: [
    needs(
      'model:create',
      'PROJECT',
      input(async (at) => ({
        modelId: await newModel(at.shop),
        recommenderArtifactId: await at.recommender(),
      })),
      ['artifact:read'],
    ),
  ],
  promoteModelVersion: [
    needs(
      'model:deploy',
      'PROJECT',
      input(async (at) => {
        const { versions, revision } = await at.promotedTwice();
        return { id: versions[0], revision };
      }),
    ),
  ],
  splitModelTraffic: [
    needs(
      'model:deploy',
      'PROJECT',
      input(async (at) => {
        const { id, versions, revision } = await at.promotedTwice();
        return {
          modelId: id,
          revision,
          shares: versions.map((modelVersionId) => ({ modelVersionId, share: 0.5 })),
        };
      }),
    ),
  ],
  rollBackModel: [
    needs(
      'model:deploy',
      'PROJECT',
      input(async (at) => {
        const { id, revision } = await at.promotedTwice();
        return { id, revision };
      }),
    ),
  ],
  withdrawModel: [
    needs(
      'model:deploy',
      'PROJECT',
      input(async (at) => {
        const { id, revision } = await at.promotedTwice();
        return { id, revision };
      }),
    ),
  ],
  recordFeedback: [
    needs(
      'feedback:record',
      'PROJECT',
      input(async (at) => {
        const { id, versions } = await at.promotedTwice();
        const event = { eventId: newId('run'), type: 'CLICK', item: 'p1', modelVersionId: versions[0] };
        return { modelId: id, events: [event] };
      }),
    ),
  ],

  projectActivity: [needs('project:read', 'PROJECT', { variables: ({ projectId }) => ({ projectId }) })],
  runEvents: [
    needs('run:read', 'PROJECT', { variables: async (at) => ({ runId: await at.ended(at.waitingRun()) }) }),
  ],
  runMetrics: [needs('run:read', 'PROJECT', { variables: ({ runId }) => ({ runId }) })],
};
