import { Connection, type RequestError } from '../../client/connection.js';
import * as operations from '../../client/operations.js';
import { seedArtifact } from '../platform/seed-artifact.js';
import { seedRun } from '../platform/seed.js';
import { sharedServices } from '../platform/services.js';
import { makeShop, trainRecommender, type Shop } from '../platform/shop.js';

const shared = { ownerUrl: sharedServices().sharedDatabaseUrl };
let shop: Shop;
let trained: Awaited<ReturnType<typeof trainRecommender>>;

beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Recommendations');
  trained = await trainRecommender(shop);
});

afterAll(() => shop.owner.close());

async function recommend(
  input: object,
  connection: Connection = shop.owner,
): Promise<operations.Recommend['recommend']> {
  const asked = { recommenderArtifactId: trained.recommenderId, ...input };
  return (await connection.request<operations.Recommend>(operations.RECOMMEND, { input: asked })).recommend;
}

const refusal = async (
  input: object,
  connection?: Connection,
): Promise<{ code: string; message: string }> => {
  const error = (await recommend(input, connection).catch((thrown: unknown) => thrown)) as RequestError;
  return { code: error.code, message: error.message };
};
const idsOf = ({ items }: operations.Recommend['recommend']): string[] => items.map(({ item }) => item);
const history = (...items: string[]) => items.map((item) => ({ item }));

test('ranks for a user of the log, best first, what they have not seen, and tells what ranked', async () => {
  const ranking = await recommend({ user: 'u1', k: 5 });
  // The user went from p1 to p5; what came last was held out of training.
  expect(idsOf(ranking)).toHaveLength(5);
  expect(idsOf(ranking)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^p[1-5]$/)]));
  expect(idsOf(ranking)[0]).toBe('p6');
  const scores = ranking.items.map(({ score }) => score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(ranking).toMatchObject({
    basis: 'HISTORY',
    unknown: { user: false, items: [], platform: false },
    model: { artifactId: trained.recommenderId, runId: trained.runId, recommender: 'item-knn' },
  });
});

test('ranks for a history as for the user who has the same', async () => {
  const walked = history('p1', 'p2', 'p3', 'p4', 'p5');
  expect(await recommend({ history: walked })).toEqual(await recommend({ user: 'u1' }));
});

test('leaves out what is excluded, and shows what was seen when asked to', async () => {
  const [first, ...others] = idsOf(await recommend({ user: 'u1', k: 12 }));
  expect(idsOf(await recommend({ user: 'u1', k: 12, exclude: [first, 'sold-out'] }))).toEqual(others);
  const all = idsOf(await recommend({ user: 'u1', k: 12, excludeSeen: false }));
  expect(all).toHaveLength(12);
});

test('names what it does not know, and ranks by popularity when nothing is left', async () => {
  const mixed = await recommend({ history: history('p1', 'gone', 'p2', 'gone'), platform: 'radio' });
  expect(mixed).toMatchObject({
    basis: 'HISTORY',
    unknown: { user: false, items: ['gone'], platform: true },
  });
  const stranger = await recommend({ user: 'nobody', k: 3 });
  expect(stranger).toMatchObject({ basis: 'POPULARITY', unknown: { user: true, items: [] } });
  expect(stranger.items).toHaveLength(3);
  expect(await recommend({ history: [], k: 3 })).toMatchObject({
    basis: 'POPULARITY',
    items: stranger.items,
  });
});

test('tells why items are there when it is asked to, and nothing of it otherwise', async () => {
  const recent = new Date(Date.now() - 3 * 86_400_000).toISOString();
  const history = [{ item: 'p1' }, { item: 'p2', type: 'view', time: recent }];
  const { items } = await recommend({ history, k: 2, reasons: 1 });
  expect(items[0]).toMatchObject({
    item: 'p3',
    reasons: [{ event: 'view', item: 'p2', time: recent, text: 'because of p2 (view, 3 days ago)' }],
  });
  expect(items[0]!.reasons![0]!.weight).toBeGreaterThan(0.5);
  const remembered = await recommend({ user: 'u1', k: 1, reasons: 5 });
  expect(remembered.items[0]!.reasons!.map(({ text }) => text)).toContain('because of p5');
  const stranger = await recommend({ history: [], k: 1, reasons: 3 });
  expect(stranger.items[0]!.reasons).toEqual([
    { event: null, item: null, time: null, weight: 1, text: 'popular' },
  ]);
  for (const item of (await recommend({ history, k: 2 })).items) expect(item.reasons).toBeNull();
  expect(await refusal({ user: 'u1', reasons: 6 })).toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('`reasons` must be at most 5') as unknown,
  });
});

test('answers many who ask at once, each their own', async () => {
  const users = Array.from({ length: 40 }, (_, user) => `u${user}`);
  const abreast = await Promise.all(users.map((user) => recommend({ user, k: 3 })));
  for (const [at, user] of users.entries()) expect(abreast[at]).toEqual(await recommend({ user, k: 3 }));
});

test("another tenant's recommender is missing, as one that never was", async () => {
  const stranger = await makeShop(sharedServices().gatewayUrl, 'Stranger');
  const foreign = await refusal({ user: 'u1' }, stranger.owner);
  expect(foreign).toEqual({
    code: 'NOT_FOUND',
    message: `There is no artifact "${trained.recommenderId}".`,
  });
  await stranger.owner.close();
});

test('an artifact of another kind is refused, and said to be so', async () => {
  const ranking = trained.artifacts.find(({ kind }) => kind === 'RANKING');
  const refused = await refusal({ user: 'u1', recommenderArtifactId: ranking?.id });
  expect(refused.code).toBe('INVALID_INPUT');
  expect(refused.message).toContain('is of the kind RANKING. Give one of the kind RECOMMENDER');
});

test('a list is from 1 to 1,000 items long, and for somebody', async () => {
  expect(await refusal({ user: 'u1', k: 0 })).toMatchObject({
    code: 'INVALID_INPUT',
    message: '`k` must be at least 1, not 0.',
  });
  expect(await refusal({ user: 'u1', k: 1_001 })).toMatchObject({
    message: expect.stringMatching('1,000') as unknown,
  });
  expect(await refusal({})).toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('give `user`, `history`, or both') as unknown,
  });
});

test('a pool without a worker is unavailable, by its name', async () => {
  const run = await seedRun(shared, shop, 'SUCCEEDED', 'RECOMMEND', 'nobody-works-here');
  const { id } = await seedArtifact(shared, run, 'RECOMMENDER');
  const refused = await refusal({ user: 'u1', recommenderArtifactId: id });
  expect(refused.code).toBe('UNAVAILABLE');
  expect(refused.message).toContain('No worker of the pool "nobody-works-here"');
});

test('a recommender that is larger than what a worker may hold is refused, with what to do', async () => {
  const run = await seedRun(shared, shop, 'SUCCEEDED', 'RECOMMEND');
  const { id } = await seedArtifact(shared, run, 'RECOMMENDER');
  const refused = await refusal({ user: 'u1', recommenderArtifactId: id });
  expect(refused).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    message: expect.stringContaining('MODEL_CACHE_MB') as unknown,
  });
});
