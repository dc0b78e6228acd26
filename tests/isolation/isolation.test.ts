import { createClient } from 'graphql-ws';
import pg from 'pg';
import WebSocket from 'ws';
import type { Connection } from '../../client/connection.js';
import { finish } from '../../client/synthesize.js';
import { newId, nounOf, type IdNoun } from '../../src/platform/ids.js';
import {
  argumentsOf,
  committedSchema,
  documentOf,
  idPaths,
  rootFields,
  type IdPath,
  type RootField,
} from '../platform/schema-walk.js';
import { sharedServices } from '../platform/services.js';
import { deploy, newModel, newVersion } from '../models/models.js';
import { ingestText, makeShop, smallTable, startRun, type Shop } from '../platform/shop.js';

/** What an argument of that name asks for. A name that isn't here fails the test below: say what it means. */
const NOUNS_OF_ARGUMENT: Readonly<Record<string, readonly IdNoun[]>> = {
  tenantId: ['tenant'],
  projectId: ['project'],
  datasetId: ['dataset'],
  datasetVersionId: ['datasetVersion'],
  experimentId: ['experiment'],
  runId: ['run'],
  artifactId: ['artifact'],
  modelArtifactId: ['artifact'],
  recommenderArtifactId: ['artifact'],
  searchRankerArtifactId: ['artifact'],
  memberId: ['member'],
  apiKeyId: ['apiKey'],
  invitationId: ['invitation'],
  actorId: ['user'],
  modelId: ['model'],
  modelVersionId: ['modelVersion'],
  subjectId: ['run'],
  userId: ['user'],
};
/** `id`, `ids`: any noun; all are tried. */
const EVERY_NOUN: readonly IdNoun[] = [
  'tenant',
  'member',
  'invitation',
  'project',
  'apiKey',
  'dataset',
  'datasetVersion',
  'experiment',
  'run',
  'artifact',
  'model',
  'modelVersion',
  'auditEvent',
];

const schema = committedSchema();
const fields = rootFields(schema).filter(({ field }) => idPaths(field).length > 0);

describe('another tenant', () => {
  let victim: Shop;
  let stranger: Shop;
  let theirs: Record<IdNoun, string>;
  let own: Record<IdNoun, string>;

  beforeAll(async () => {
    const { gatewayUrl } = sharedServices();
    victim = await makeShop(gatewayUrl, 'Victim');
    stranger = await makeShop(gatewayUrl, 'Stranger');
    theirs = await oneOfEach(victim);
    own = await oneOfEach(stranger);
  }, 120_000);

  afterAll(async () => {
    await Promise.all([victim.owner.close(), stranger.owner.close()]);
  });

  test('knows every argument that takes an id', () => {
    const names = new Set(fields.flatMap(({ field }) => idPaths(field).map((path) => lastName(path))));
    const unknown = [...names].filter((name) => !NOUNS_OF_ARGUMENT[name] && !['id', 'ids'].includes(name));
    expect(unknown).toEqual([]);
  });

  const http = fields.filter(({ operation }) => operation !== 'subscription');
  test.each(http.map((root) => [`${root.operation} ${root.field.name}`, root] as const))(
    'learns nothing from %s, and changes nothing',
    async (_, root) => {
      const before = await rowsOf(victim.tenantId);
      for (const attempt of attempts(root)) {
        const foreign = await answer(stranger.owner, root, attempt.given(theirs));
        const missing = await answer(stranger.owner, root, attempt.given(missingIds(theirs)));
        expect(neutral(foreign, theirs)).toEqual(neutral(missing, theirs));
        expect(JSON.stringify(foreign)).not.toMatch(/Victim/);
      }
      expect(await rowsOf(victim.tenantId)).toEqual(before);
    },
    60_000,
  );

  const live = fields.filter(({ operation }) => operation === 'subscription');
  test.each(live.map((root) => [root.field.name, root] as const))(
    'gets no event from the subscription %s',
    async (_, root) => {
      for (const attempt of attempts(root)) {
        const foreign = await firstMessage(stranger, root, attempt.given(theirs));
        const missing = await firstMessage(stranger, root, attempt.given(missingIds(theirs)));
        expect(foreign).toMatchObject({ errors: expect.any(Array) as unknown });
        expect(neutral(foreign, theirs)).toEqual(neutral(missing, theirs));
      }
    },
    60_000,
  );

  test('is told the same of queries over the WebSocket, whoever owns the id', async () => {
    const root = fields.find(({ field }) => field.name === 'run') as RootField;
    const foreign = await firstMessage(stranger, root, { id: theirs.run });
    const missing = await firstMessage(stranger, root, { id: newId('run') });
    expect(neutral(foreign, theirs)).toEqual(neutral(missing, theirs));
  });

  test('naming the victim in the tenant header is told what a stranger to a missing tenant is told', async () => {
    const ask = (tenantId: string) =>
      answer(
        stranger.owner.as({ ...stranger.owner.credentials, tenantId }),
        undefined,
        {},
        '{ projects { totalCount } }',
      );
    expect(neutral(await ask(theirs.tenant), theirs)).toEqual(neutral(await ask(newId('tenant')), theirs));
  });

  test('cannot change a signed object URL into one for another object', async () => {
    const { artifact } = await victim.owner.request<{ artifact: { downloadUrl: string } }>(
      'query ($id: ID!) { artifact(id: $id) { downloadUrl } }',
      { id: theirs.artifact },
    );
    const url = new URL(artifact.downloadUrl);
    expect((await fetch(url)).status).toBe(200);
    const swapped = new URL(url.href.replace(victim.tenantId, stranger.tenantId));
    const gone = new URL(url.href.replace(victim.tenantId, newId('tenant')));
    const [a, b] = await Promise.all([fetch(swapped), fetch(gone)]);
    expect(a.status).toBe(403);
    expect([a.status, await a.text()]).toEqual([b.status, await b.text()]);
    url.search = '';
    expect((await fetch(url)).status).toBe(403);
  });

  /** For each place of an id, alone foreign among own ids and by itself, and all foreign at once. */
  function attempts(
    root: RootField,
  ): { given: (foreign: Record<IdNoun, string>) => Record<string, unknown> }[] {
    const paths = idPaths(root.field);
    const alone = paths.flatMap((path) =>
      nounsAt(path).map((noun) => ({
        given: (foreign: Record<IdNoun, string>) =>
          argumentsOf(root.field, (at) =>
            same(at, path) ? foreign[noun] : required(root, at) ? own[nounsAt(at)[0] as IdNoun] : undefined,
          ),
      })),
    );
    const without = paths.flatMap((path) =>
      nounsAt(path).map((noun) => ({
        given: (foreign: Record<IdNoun, string>) =>
          argumentsOf(root.field, (at) => (same(at, path) ? foreign[noun] : undefined)),
      })),
    );
    const all = {
      given: (foreign: Record<IdNoun, string>) =>
        argumentsOf(root.field, (at) => foreign[nounsAt(at)[0] as IdNoun]),
    };
    return [...alone, ...(paths.length > 1 ? without : []), all];
  }
});

const lastName = (path: IdPath): string => path.at(-1) as string;
const same = (a: IdPath, b: IdPath): boolean => a.join('.') === b.join('.');
const nounsAt = (path: IdPath): readonly IdNoun[] => NOUNS_OF_ARGUMENT[lastName(path)] ?? EVERY_NOUN;

/** Ids directly below the argument are given too, so that the call gets as far as it can. */
function required(root: RootField, path: IdPath): boolean {
  return path.length <= 2 && idPaths(root.field).length > 1;
}

function missingIds(known: Record<IdNoun, string>): Record<IdNoun, string> {
  return Object.fromEntries(Object.keys(known).map((noun) => [noun, newId(noun as IdNoun)])) as Record<
    IdNoun,
    string
  >;
}

/** An answer with every id that it repeats made equal, and nothing that time or chance decides. */
function neutral(answered: unknown, _known: Record<IdNoun, string>): unknown {
  return JSON.parse(
    JSON.stringify(answered, (key, value: unknown) =>
      typeof value === 'string'
        ? value.replace(/\b[a-z]{3}_[0-9a-z]{26}\b/g, (id) => nounOf(id) ?? id)
        : key === 'requestId'
          ? undefined
          : value,
    ),
  );
}

async function answer(
  connection: Connection,
  root: RootField | undefined,
  variables: Record<string, unknown>,
  document = documentOf(root as RootField, schema, variables),
): Promise<unknown> {
  const { token, tenantId } = connection.credentials;
  const response = await fetch(new URL('/graphql', connection.url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'synthcart-tenant': tenantId ?? '',
    },
    body: JSON.stringify({ query: document, variables }),
  });
  const body = (await response.json()) as { data?: unknown; errors?: unknown };
  return { status: response.status, ...body };
}

function firstMessage(shop: Shop, root: RootField, variables: Record<string, unknown>): Promise<unknown> {
  const client = createClient({
    url: `${shop.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${shop.owner.credentials.token}`, tenant: shop.tenantId },
    retryAttempts: 0,
  });
  return new Promise<unknown>((done) => {
    client.subscribe(
      { query: documentOf(root, schema, variables), variables },
      {
        next: done,
        error: (error) => done({ errors: error instanceof Array ? error : [{ message: String(error) }] }),
        complete: () => done({ completed: true }),
      },
    );
  }).finally(() => client.dispose());
}

/** All rows of a tenant, to see that nothing changed. */
async function rowsOf(tenantId: string): Promise<Record<string, string>> {
  const owner = new pg.Client({ connectionString: sharedServices().sharedDatabaseUrl });
  await owner.connect();
  try {
    const { rows: tables } = await owner.query<{ table_name: string }>(
      // The sweep empties the list of discarded objects whenever it likes.
      `SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'
       AND table_name <> 'discarded_objects'`,
    );
    const digests: Record<string, string> = {};
    for (const { table_name: table } of tables) {
      const { rows } = await owner.query<{ digest: string | null }>(
        `SELECT md5(string_agg(t::text, '' ORDER BY t::text)) AS digest FROM "${table}" t WHERE tenant_id = $1`,
        [tenantId],
      );
      digests[table] = rows[0]?.digest ?? '';
    }
    return digests;
  } finally {
    await owner.end();
  }
}

/** Fills a tenant with one of everything, through the API. */
async function oneOfEach(shop: Shop): Promise<Record<IdNoun, string>> {
  const { owner } = shop;
  const { datasetVersionId } = await ingestText(shop, smallTable());
  const experiment = await owner.mutate<{ experiment: { id: string } }>(
    `mutation ($input: CreateExperimentInput!) {
      createExperiment(input: $input) { experiment { id } userErrors { message code path } }
    }`,
    { input: { projectId: shop.projectId, name: 'Does it help?' } },
  );
  const runId = await startRun(shop, {
    experimentId: experiment.experiment.id,
    synthesize: { datasetVersionId, generator: 'autoregressive', autoregressive: { epochs: 1 } },
  });
  await finish(owner, runId, {});
  const apiKey = await owner.mutate<{ apiKey: { id: string } }>(
    `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } userErrors { message code path } } }`,
    { input: { name: 'Key', scopes: ['RUN_READ'] } },
  );
  const invitation = await owner.mutate<{ invitation: { id: string } }>(
    `mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { invitation { id } userErrors { message code path } } }`,
    { input: { email: 'colleague@example.com', role: 'VIEWER' } },
  );
  const model = await newModel(shop);
  const modelVersion = await newVersion(shop, model);
  await deploy(shop, 'promoteModelVersion', { id: modelVersion, revision: 0 });
  const database = new pg.Client({ connectionString: sharedServices().sharedDatabaseUrl });
  await database.connect();
  try {
    const one = async (sql: string) => {
      const { rows } = await database.query<{ id: string }>(sql, [shop.tenantId]);
      return rows[0]?.id as string;
    };
    return {
      user: shop.userId,
      session: newId('session'),
      tenant: shop.tenantId,
      member: await one('SELECT id FROM members WHERE tenant_id = $1'),
      invitation: invitation.invitation.id,
      project: shop.projectId,
      apiKey: apiKey.apiKey.id,
      dataset: await one('SELECT id FROM datasets WHERE tenant_id = $1'),
      datasetVersion: datasetVersionId,
      experiment: experiment.experiment.id,
      run: runId,
      artifact: await one(`SELECT id FROM artifacts WHERE tenant_id = $1 AND kind = 'MODEL'`),
      model,
      modelVersion,
      auditEvent: await one('SELECT id FROM audit_events WHERE tenant_id = $1'),
      worker: newId('worker'),
      deadLetter: newId('deadLetter'),
    };
  } finally {
    await database.end();
  }
}
