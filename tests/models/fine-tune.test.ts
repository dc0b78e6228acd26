import { finish } from '../../client/synthesize.js';
import { seedArtifact } from '../platform/seed-artifact.js';
import { seedRun } from '../platform/seed.js';
import { sharedServices } from '../platform/services.js';
import { ingestText, makeShop, startRun, trainRecommender, walksLog, type Shop } from '../platform/shop.js';

const shared = { ownerUrl: sharedServices().sharedDatabaseUrl };
let shop: Shop;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Fine-tune');
});
afterAll(() => shop.owner.close());

const SMALL = { epochs: 2, batchSize: 64, width: 8, length: 6 };

async function artifactsOf(runId: string) {
  const { run } = await finish(shop.owner, runId, {});
  const recommender = run.artifacts.nodes.find(({ kind }) => kind === 'RECOMMENDER');
  return recommender?.id as string;
}

test('a recommender goes on from another with new events: sizes are its own, new items come in, lineage tells of it', async () => {
  const whole = await ingestText(shop, walksLog(), 'walks.csv');
  const real = { datasetVersionId: whole.datasetVersionId };
  const former = await artifactsOf(
    await startRun(shop, {
      recommend: { real, recommender: 'transformer', transformer: SMALL, cutoffs: [3] },
    }),
  );
  const events = Array.from({ length: 30 }, (_, user) =>
    ['new-1', `p${user % 12}`, 'new-2'].map((item, at) => ({
      user: `u${user}`,
      item,
      type: 'CLICK',
      time: `2026-02-0${1 + at}T08:00:00Z`,
    })),
  ).flat();
  const newer = await ingestText(
    shop,
    events.map((event) => JSON.stringify(event)).join('\n'),
    'feedback.jsonl',
  );
  const started = {
    real: { datasetVersionId: newer.datasetVersionId },
    recommender: 'transformer',
    continueFrom: { recommenderArtifactId: former },
    cutoffs: [3],
  };
  const runId = await startRun(shop, { recommend: { ...started, transformer: { epochs: 2 } } });
  const made = await artifactsOf(runId);
  const { run, artifact } = await shop.owner.request<{
    run: { config: object };
    artifact: { lineage: { inputs: { role: string; id: string }[] } };
  }>(
    `query ($run: ID!, $artifact: ID!) {
      run(id: $run) { config { ... on RecommendConfig { continues transformer { width length epochs } } } }
      artifact(id: $artifact) { lineage { inputs { role id } } }
    }`,
    { run: runId, artifact: made },
  );
  expect(run.config).toEqual({
    continues: 'NEW_EVENTS',
    transformer: { width: 8, length: 6, epochs: 2 },
  });
  expect(artifact.lineage.inputs).toEqual(
    expect.arrayContaining([
      { role: 'MODEL', id: former },
      { role: 'REAL', id: newer.datasetVersionId },
    ]),
  );
  const { recommend } = await shop.owner.request<{
    recommend: { items: { item: string }[]; unknown: { user: boolean } };
  }>(
    `query ($input: RecommendationsInput!) { recommend(input: $input) { items { item } unknown { user } } }`,
    { input: { recommenderArtifactId: made, user: 'u35', k: 20 } },
  );
  // Of a user without new events, with the old catalogue and the new items.
  expect(recommend.unknown.user).toBe(false);
  expect(recommend.items.map(({ item }) => item)).toEqual(expect.arrayContaining(['new-1', 'new-2']));

  const other = { ...started, recommender: 'dnn' };
  await expect(startRun(shop, { recommend: other })).rejects.toMatchObject({
    path: ['input', 'recommend', 'recommender'],
    message: expect.stringContaining('is a "transformer", not a "dnn"') as string,
  });
  const wider = { ...started, transformer: { width: 16 } };
  await expect(startRun(shop, { recommend: wider })).rejects.toMatchObject({
    path: ['input', 'recommend', 'transformer', 'width'],
    message: expect.stringContaining('has `width` 8, not 16') as string,
  });
}, 90_000);

test('what can not be gone on from is refused before a run is queued, with the path', async () => {
  const { recommenderId } = await trainRecommender(shop);
  const { datasetVersionId } = await ingestText(shop, walksLog(), 'walks.csv');
  const real = { datasetVersionId };
  const from = (recommenderArtifactId: string, more: object = {}) =>
    startRun(shop, { recommend: { real, continueFrom: { recommenderArtifactId }, ...more } });
  await expect(from(recommenderId, { recommender: 'item-knn' })).rejects.toMatchObject({
    path: ['input', 'recommend', 'recommender'],
    message: expect.stringContaining('has nothing to go on from') as string,
  });
  await expect(from(recommenderId)).rejects.toMatchObject({
    message: expect.stringContaining('is a "item-knn", not a "transformer"') as string,
  });
  await expect(from(recommenderId, { testShare: 0.2 })).rejects.toMatchObject({
    path: ['input', 'recommend', 'testShare'],
  });
  await expect(from(recommenderId, { synthetic: real, trainOn: 'BOTH' })).rejects.toMatchObject({
    path: ['input', 'recommend', 'synthetic'],
  });
  const path = ['input', 'recommend', 'continueFrom', 'recommenderArtifactId'];
  const run = await seedRun(shared, shop, 'SUCCEEDED', 'RECOMMEND');
  const report = await seedArtifact(shared, run, 'REPORT', { bytes: 10 });
  await expect(from(report.id)).rejects.toMatchObject({ code: 'INVALID_INPUT', path });
  await expect(from('art_x')).rejects.toMatchObject({ code: 'NOT_FOUND', path });
}, 60_000);
