import type { RequestError } from '../../client/connection.js';
import * as operations from '../../client/operations.js';
import { newId } from '../../src/platform/ids.js';
import { change } from '../platform/change.js';
import { seedArtifact } from '../platform/seed-artifact.js';
import { asOwner, seedRun } from '../platform/seed.js';
import { sharedServices } from '../platform/services.js';
import { makeShop, trainRecommender, type Shop } from '../platform/shop.js';
import { deploy, liveOf, newModel, newVersion } from './models.js';

const shared = { ownerUrl: sharedServices().sharedDatabaseUrl };
let shop: Shop;

beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Models');
});

afterAll(() => shop.owner.close());

const mistake = async (
  work: Promise<unknown>,
): Promise<{ code: string; message: string; path: string[] }> => {
  const error = (await work.catch((thrown: unknown) => thrown)) as RequestError;
  return { code: error.code, message: error.message, path: [...error.path] };
};

test('versions go from candidate to live to retired, and rolling back leads back step by step', async () => {
  const model = await newModel(shop);
  const versions = [
    await newVersion(shop, model),
    await newVersion(shop, model),
    await newVersion(shop, model),
  ];
  const [first, second, third] = versions as [string, string, string];
  expect(await liveOf(shop, model)).toEqual([]);

  await deploy(shop, 'promoteModelVersion', { id: first, revision: 0 });
  await deploy(shop, 'promoteModelVersion', { id: second, revision: 1 });
  const shares = [
    { modelVersionId: second, share: 0.75 },
    { modelVersionId: third, share: 0.25 },
  ];
  await deploy(shop, 'splitModelTraffic', { modelId: model, shares, revision: 2 });
  expect(await liveOf(shop, model)).toEqual([
    { id: second, number: 2, share: 0.75 },
    { id: third, number: 3, share: 0.25 },
  ]);

  await deploy(shop, 'rollBackModel', { id: model, revision: 3 });
  expect(await liveOf(shop, model)).toEqual([{ id: second, number: 2, share: 1 }]);
  await deploy(shop, 'rollBackModel', { id: model, revision: 4 });
  expect(await liveOf(shop, model)).toEqual([{ id: first, number: 1, share: 1 }]);
  expect(await mistake(deploy(shop, 'rollBackModel', { id: model, revision: 5 }))).toMatchObject({
    code: 'INVALID_STATE',
    message: expect.stringContaining('Nothing else was live before') as unknown,
  });

  await deploy(shop, 'withdrawModel', { id: model, revision: 5 });
  expect(await liveOf(shop, model)).toEqual([]);
  await deploy(shop, 'rollBackModel', { id: model, revision: 6 });
  expect(await liveOf(shop, model)).toEqual([{ id: first, number: 1, share: 1 }]);

  const { model: seen } = await shop.owner.request<{ model: object }>(
    `query ($id: ID!) { model(id: $id) {
      revision versions { nodes { number stage share } } deploymentHistory(first: 3) { revision change shares { number } }
    } }`,
    { id: model },
  );
  expect(seen).toEqual({
    revision: 7,
    versions: {
      nodes: [
        { number: 3, stage: 'RETIRED', share: 0 },
        { number: 2, stage: 'RETIRED', share: 0 },
        { number: 1, stage: 'LIVE', share: 1 },
      ],
    },
    deploymentHistory: [
      { revision: 7, change: 'ROLL_BACK', shares: [{ number: 1 }] },
      { revision: 6, change: 'WITHDRAW', shares: [] },
      { revision: 5, change: 'ROLL_BACK', shares: [{ number: 1 }] },
    ],
  });
});

test('of promotions at the same time one is done, and the others are told what is live now', async () => {
  const model = await newModel(shop);
  const versions = [];
  for (let count = 0; count < 6; count++) versions.push(await newVersion(shop, model));
  const answers = await Promise.allSettled(
    versions.map((id) => deploy(shop, 'promoteModelVersion', { id, revision: 0 })),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const live = await liveOf(shop, model);
  expect(live).toHaveLength(1);
  for (const answer of answers) {
    if (answer.status === 'fulfilled') continue;
    const { code, message, path } = answer.reason as RequestError;
    expect({ code, path }).toEqual({ code: 'INVALID_STATE', path: ['input', 'revision'] });
    expect(message).toContain(`its revision is 1, not 0, and version ${live[0]?.number} answers 100 %`);
  }
  const { model: after } = await shop.owner.request<{ model: { revision: number } }>(
    'query ($id: ID!) { model(id: $id) { revision } }',
    { id: model },
  );
  expect(after.revision).toBe(1);
});

test('a repeat with the same idempotency key changes nothing, and the same key for something else is a conflict', async () => {
  const model = await newModel(shop);
  const [first, second] = [await newVersion(shop, model), await newVersion(shop, model)];
  const promotion = { id: first, revision: 0, idempotencyKey: newId('run') };
  await Promise.all([1, 2, 3].map(() => deploy(shop, 'promoteModelVersion', promotion)));
  await deploy(shop, 'promoteModelVersion', { id: second, revision: 1 });
  expect(await deploy(shop, 'promoteModelVersion', promotion)).toMatchObject({ revision: 2 });
  expect(await mistake(deploy(shop, 'promoteModelVersion', { ...promotion, revision: 2 }))).toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
  const key = { idempotencyKey: newId('run') };
  expect(await newVersion(shop, model, { ...key, recommenderArtifactId: await aRecommender() })).toMatch(
    /^mdv_/,
  );
  expect(await newModel(shop, { ...key, idempotencyKey: `${key.idempotencyKey}-model`, name: 'Again' })).toBe(
    await newModel(shop, { ...key, idempotencyKey: `${key.idempotencyKey}-model`, name: 'Again' }),
  );
});

test('every change is in the log, with what was live before and after', async () => {
  const model = await newModel(shop);
  const version = await newVersion(shop, model);
  await deploy(shop, 'promoteModelVersion', { id: version, revision: 0 });
  const { auditLog } = await shop.owner.request<{
    auditLog: { nodes: { action: string; before: unknown; after: unknown }[] };
  }>(
    `query ($id: ID!) { auditLog(first: 10, filter: { subjectId: $id }) { nodes { action before after } } }`,
    { id: model },
  );
  expect(auditLog.nodes.map(({ action }) => action)).toEqual(['model:deploy', 'model:create']);
  expect(auditLog.nodes[0]).toMatchObject({
    before: { revision: 0, live: [] },
    after: { revision: 1, change: 'PROMOTE', live: [{ modelVersionId: version, number: 1, share: 1 }] },
  });
});

test.each<[string, readonly [number, number], string[], string]>([
  ['nobody for one', [0, 1], ['input', 'shares', '0', 'share'], 'with 0 it would answer nobody'],
  [
    'everybody for one',
    [1, 0],
    ['input', 'shares', '0', 'share'],
    'To have one version answer everybody, promote it',
  ],
  ['less than nobody', [-0.5, 1.5], ['input', 'shares', '0', 'share'], 'must be above 0'],
  ['less than all', [0.3, 0.3], ['input', 'shares'], 'these make 0.6'],
])('a split with %s is refused', async (_, [one, other], path, message) => {
  const model = await newModel(shop);
  const shares = [
    { modelVersionId: await newVersion(shop, model), share: one },
    { modelVersionId: await newVersion(shop, model), share: other },
  ];
  const refused = await mistake(deploy(shop, 'splitModelTraffic', { modelId: model, shares, revision: 0 }));
  expect(refused).toEqual({
    code: 'INVALID_INPUT',
    path,
    message: expect.stringContaining(message) as unknown,
  });
  expect(await liveOf(shop, model)).toEqual([]);
});

test('a split is between two versions of the model', async () => {
  const [model, other] = [await newModel(shop), await newModel(shop)];
  const [own, foreign] = [await newVersion(shop, model), await newVersion(shop, other)];
  const split = (...ids: string[]) =>
    mistake(
      deploy(shop, 'splitModelTraffic', {
        modelId: model,
        shares: ids.map((modelVersionId) => ({ modelVersionId, share: 1 / ids.length })),
        revision: 0,
      }),
    );
  expect(await split(own, own)).toMatchObject({
    message: expect.stringContaining('each named once') as unknown,
  });
  expect(await split(own)).toMatchObject({
    message: expect.stringContaining('between two versions') as unknown,
  });
  expect(await split(own, foreign)).toMatchObject({
    code: 'NOT_FOUND',
    path: ['input', 'shares', '1', 'modelVersionId'],
  });
});

test('a recommender that is live can not be deleted, one that was deleted can not be promoted, nor rolled back to', async () => {
  const model = await newModel(shop);
  const [kept, gone] = [await aRecommender(), await aRecommender()];
  const first = await newVersion(shop, model, { recommenderArtifactId: gone });
  const second = await newVersion(shop, model, { recommenderArtifactId: kept });
  await deploy(shop, 'promoteModelVersion', { id: first, revision: 0 });
  const used = await mistake(change(shop, 'deleteArtifact', 'deletedId', { id: gone }));
  expect(used).toMatchObject({ code: 'IN_USE', path: ['input', 'id'] });
  expect(used.message).toContain('is version 1 of the model');
  await deploy(shop, 'promoteModelVersion', { id: second, revision: 1 });
  await change(shop, 'deleteArtifact', 'deletedId', { id: gone });
  const deleted = {
    code: 'INVALID_STATE',
    message: expect.stringContaining('version 1 was deleted') as unknown,
  };
  expect(await mistake(deploy(shop, 'rollBackModel', { id: model, revision: 2 }))).toMatchObject(deleted);
  expect(await mistake(deploy(shop, 'promoteModelVersion', { id: first, revision: 2 }))).toMatchObject(
    deleted,
  );
  expect(await liveOf(shop, model)).toEqual([{ id: second, number: 2, share: 1 }]);
});

test('a promotion and a deletion of its recommender at the same time leave no live version without a file', async () => {
  for (let round = 0; round < 5; round++) {
    const model = await newModel(shop);
    const recommenderArtifactId = await aRecommender();
    const id = await newVersion(shop, model, { recommenderArtifactId });
    const done = await Promise.allSettled([
      deploy(shop, 'promoteModelVersion', { id, revision: 0 }),
      change(shop, 'deleteArtifact', 'deletedId', { id: recommenderArtifactId }),
    ]);
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  }
});

test('a version is a recommender of the same project, once; names of models are not shared', async () => {
  const model = await newModel(shop, { name: 'home-page' });
  expect(await mistake(newModel(shop, { name: ' home-page ' }))).toMatchObject({
    code: 'ALREADY_EXISTS',
    path: ['input', 'name'],
  });
  const recommenderArtifactId = await aRecommender();
  await newVersion(shop, model, { recommenderArtifactId });
  expect(await mistake(newVersion(shop, model, { recommenderArtifactId }))).toMatchObject({
    code: 'ALREADY_EXISTS',
    message: expect.stringContaining('is version 1 of the model "home-page" already') as unknown,
  });
  const run = await seedRun(shared, shop, 'SUCCEEDED', 'RECOMMEND');
  const report = await seedArtifact(shared, run, 'REPORT');
  expect(await mistake(newVersion(shop, model, { recommenderArtifactId: report.id }))).toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('is of the kind REPORT') as unknown,
  });
  const { project } = await change<{ project: { id: string } }>(shop, 'createProject', 'project { id }', {
    name: 'Other',
  });
  const elsewhere = await seedRun(shared, { ...shop, projectId: project.id }, 'SUCCEEDED', 'RECOMMEND');
  const foreign = await seedArtifact(shared, elsewhere, 'RECOMMENDER');
  expect(await mistake(newVersion(shop, model, { recommenderArtifactId: foreign.id }))).toMatchObject({
    message: expect.stringContaining('belongs to another project') as unknown,
  });
});

test('the database itself keeps the history from being rewritten, and shares to what is live', async () => {
  const rights = await asOwner(shared, (owner) =>
    owner.query<{ right: string }>(
      `SELECT privilege_type AS right FROM information_schema.role_table_grants
       WHERE grantee = 'synthcart_app' AND table_name = 'model_deployments' ORDER BY 1`,
    ),
  );
  expect(rights.rows.map(({ right }) => right)).toEqual(['INSERT', 'SELECT']);
  const version = await newVersion(shop, await newModel(shop));
  await expect(
    asOwner(shared, (owner) => owner.query('UPDATE model_versions SET share = 0.5 WHERE id = $1', [version])),
  ).rejects.toThrow('model_versions_share_of_live');
});

test('asking a model, the same visitor is always answered by the same version, and told which', async () => {
  const model = await newModel(shop);
  const ask = async (input: object) =>
    (
      await shop.owner.request<operations.Recommend>(operations.RECOMMEND, {
        input: { modelId: model, k: 3, ...input },
      })
    ).recommend;
  expect(await mistake(ask({ user: 'u1' }))).toMatchObject({
    code: 'INVALID_STATE',
    message: expect.stringContaining('Promote one') as unknown,
  });
  const trained = [await trainRecommender(shop), await trainRecommender(shop)];
  const versions: string[] = [];
  for (const { recommenderId } of trained)
    versions.push(await newVersion(shop, model, { recommenderArtifactId: recommenderId }));
  await deploy(shop, 'splitModelTraffic', {
    modelId: model,
    shares: versions.map((modelVersionId) => ({ modelVersionId, share: 0.5 })),
    revision: 0,
  });
  const visitors = Array.from({ length: 30 }, (_, index) => `cookie-${index}`);
  const answers = await Promise.all(visitors.map((visitor) => ask({ user: 'u1', visitor })));
  const again = await Promise.all(visitors.map((visitor) => ask({ user: 'u2', visitor })));
  expect(again.map(({ modelVersion }) => modelVersion)).toEqual(
    answers.map(({ modelVersion }) => modelVersion),
  );
  expect(new Set(answers.map(({ modelVersion }) => modelVersion?.number))).toEqual(new Set([1, 2]));
  expect(new Set([...answers, ...again].map(({ recommendationId }) => recommendationId)).size).toBe(60);
  for (const { modelVersion, model: ranked } of answers)
    expect(ranked.artifactId).toBe(trained[(modelVersion?.number ?? 0) - 1]?.recommenderId);
  // Without a visitor, the user decides.
  const users = await Promise.all([1, 2, 3].map(() => ask({ user: 'u7' })));
  expect(new Set(users.map(({ modelVersion }) => modelVersion?.id)).size).toBe(1);

  const both = { recommenderArtifactId: trained[0]?.recommenderId, user: 'u1' };
  expect(await mistake(ask(both))).toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('one of `modelId` and `recommenderArtifactId`') as unknown,
  });
  const stranger = await makeShop(sharedServices().gatewayUrl, 'Stranger');
  const foreign = { input: { modelId: model, user: 'u1' } };
  expect(await mistake(stranger.owner.request(operations.RECOMMEND, foreign))).toMatchObject({
    code: 'NOT_FOUND',
    message: `There is no model "${model}".`,
  });
  await stranger.owner.close();
});

async function aRecommender(): Promise<string> {
  const run = await seedRun(shared, shop, 'SUCCEEDED', 'RECOMMEND');
  return (await seedArtifact(shared, run, 'RECOMMENDER')).id;
}
