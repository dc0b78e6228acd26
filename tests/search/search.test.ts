import type { Connection, RequestError } from '../../client/connection.js';
import * as operations from '../../client/operations.js';
import { finish } from '../../client/synthesize.js';
import { seedArtifact } from '../platform/seed-artifact.js';
import { seedRun } from '../platform/seed.js';
import { sharedServices } from '../platform/services.js';
import { catalogueCsv, searchesCsv, trainSearch } from '../platform/search-shop.js';
import { ingestText, makeShop, startRun, type Shop } from '../platform/shop.js';

const shared = { ownerUrl: sharedServices().sharedDatabaseUrl };
let shop: Shop;
let trained: Awaited<ReturnType<typeof trainSearch>>;
let catalogue: { datasetVersionId: string };
let searches: { datasetVersionId: string };

beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Search');
  trained = await trainSearch(shop);
  catalogue = refTo(await ingestText(shop, catalogueCsv(), 'catalogue.csv'));
  searches = refTo(await ingestText(shop, searchesCsv(), 'searches.csv'));
});

afterAll(() => shop.owner.close());

const refTo = ({ datasetVersionId }: { datasetVersionId: string }) => ({ datasetVersionId });

async function search(input: object, connection: Connection = shop.owner) {
  const asked = { searchRankerArtifactId: trained.searchRankerId, ...input };
  const { searchProducts } = await connection.request<operations.SearchProducts>(operations.SEARCH_PRODUCTS, {
    input: asked,
  });
  return searchProducts;
}

const refusal = async (ask: () => Promise<unknown>): Promise<{ code: string; message: string }> => {
  const error = (await ask().then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  )) as RequestError;
  return { code: error.code, message: error.message };
};
const idsOf = ({ products }: operations.SearchProducts['searchProducts']): string[] =>
  products.map(({ product }) => product);

test('finds products for a query, tells why, and what found them', async () => {
  const found = await search({ query: 'RED lanterns', k: 3 });
  expect(found.products[0]).toMatchObject({
    product: 'p10',
    title: 'red lantern',
    brand: 'Maker & Co',
    category: 'home / lanterns',
    reasons: [
      { queryWord: 'red', productWord: 'red', field: 'TITLE', match: 'EXACT' },
      { queryWord: 'lanterns', productWord: 'lanterns', field: 'CATEGORY', match: 'EXACT' },
    ],
  });
  expect(found).toMatchObject({
    unknownWords: [],
    model: { artifactId: trained.searchRankerId, runId: trained.runId, ranker: 'bm25' },
  });
  const [first, ...others] = idsOf(await search({ query: 'red lanterns', k: 5 }));
  expect(idsOf(await search({ query: 'red lanterns', k: 4, exclude: [first, 'gone'] }))).toEqual(others);
});

test('answers many who ask at once, each their own', async () => {
  const queries = ['red mug', 'blue mug', 'green teapot', 'pink', 'home', 'white umbrella'];
  const abreast = await Promise.all(queries.map((query) => search({ query, k: 4 })));
  for (const [at, query] of queries.entries()) expect(abreast[at]).toEqual(await search({ query, k: 4 }));
});

test('names the words that no product has, and finds nothing by those alone', async () => {
  expect(await search({ query: 'red zeppelin' })).toMatchObject({ unknownWords: ['zeppelin'] });
  expect(await search({ query: 'zeppelin qwfp' })).toMatchObject({
    products: [],
    unknownWords: ['zeppelin', 'qwfp'],
  });
  expect(await search({ query: '?!' })).toMatchObject({ products: [], unknownWords: [] });
});

test('an empty or endless query, and a list of none, are refused', async () => {
  expect(await refusal(() => search({ query: '  ' }))).toEqual({
    code: 'INVALID_INPUT',
    message: 'Say what to look for: `query` is empty.',
  });
  expect((await refusal(() => search({ query: 'a'.repeat(1_001) }))).message).toContain('at most 1,000');
  expect((await refusal(() => search({ query: 'mug', k: 0 }))).message).toContain('`k` must be at least 1');
});

test("an unknown ranker, another tenant's and an artifact of another kind are refused", async () => {
  const missing = await refusal(() => search({ query: 'mug', searchRankerArtifactId: 'art_none' }));
  expect(missing).toEqual({ code: 'NOT_FOUND', message: 'There is no artifact "art_none".' });
  const stranger = await makeShop(sharedServices().gatewayUrl, 'Stranger');
  expect((await refusal(() => search({ query: 'mug' }, stranger.owner))).code).toBe('NOT_FOUND');
  await stranger.owner.close();
  const { id } = await seedArtifact(
    shared,
    await seedRun(shared, shop, 'SUCCEEDED', 'RECOMMEND'),
    'RECOMMENDER',
  );
  const wrong = await refusal(() => search({ query: 'mug', searchRankerArtifactId: id }));
  expect(wrong.message).toContain('is of the kind RECOMMENDER. Give one of the kind SEARCH_RANKER');
});

test('answers an API key as its user, and finds a ranker no longer that was deleted a moment ago', async () => {
  const { secret } = await shop.owner.mutate<operations.CreateApiKey>(operations.CREATE_API_KEY, {
    input: { name: 'Shop', scopes: ['ARTIFACT_READ'], projectId: shop.projectId },
  });
  const key = shop.owner.as({ token: secret });
  const { searchRankerId } = await trainSearch(shop);
  const asked = { query: 'red lantern', searchRankerArtifactId: searchRankerId };
  const found = await search(asked, key);
  expect(found).toEqual(await search(asked));
  expect(await search(asked, key)).toEqual(found);
  await shop.owner.mutate(
    'mutation ($input: DeleteArtifactInput!) { deleteArtifact(input: $input) { deletedId userErrors { message code path } } }',
    { input: { id: searchRankerId } },
  );
  for (const caller of [key, shop.owner])
    expect((await refusal(() => search(asked, caller))).code).toBe('NOT_FOUND');
  const { secret: blind } = await shop.owner.mutate<operations.CreateApiKey>(operations.CREATE_API_KEY, {
    input: { name: 'Blind', scopes: ['RUN_READ'], projectId: shop.projectId },
  });
  const refused = await refusal(() => search({ query: 'mug' }, shop.owner.as({ token: blind })));
  expect(refused.code).toBe('FORBIDDEN');
  await key.close();
});

test('a ranker learns from searches, and is scored on those that it has not seen, beside BM25', async () => {
  const runId = await startRun(shop, {
    seed: 3,
    search: {
      ...{ catalogue, searches, ranker: 'fused', cutoff: 5, testShare: 0.25 },
      fused: { width: 16, hiddenUnits: 8, buckets: 1024, epochs: 2, batchSize: 8, weights: { title: 3 } },
    },
  });
  const { run } = await finish(shop.owner, runId, {});
  const ofKind = (kind: string): string => run.artifacts.nodes.find((artifact) => artifact.kind === kind)!.id;
  const { artifact } = await shop.owner.request<operations.SearchRanking>(operations.SEARCH_RANKING, {
    id: ofKind('SEARCH_RANKING'),
  });
  const ranking = artifact!.searchRanking!;
  expect(ranking).toMatchObject({
    ...{ ranker: 'fused', products: 30, heldOutProducts: 0, realQueries: 15, syntheticQueries: 0 },
    tested: [{ queries: 'JUDGED', count: 5 }],
  });
  expect(ranking.notes).toContain("1 search of a product that the catalogue hasn't got: left out.");
  expect(ranking.scores.map(({ measure, cutoff }) => [measure, cutoff])).toEqual([
    ['NDCG', 5],
    ['MRR', null],
    ['RECALL', 5],
    ['DIVERSITY', 5],
  ]);
  expect(ranking.scores[0]!.beside.map(({ baseline }) => baseline)).toEqual(['BM25', 'BM25_TRIGRAMS']);
  const { lineage } = (
    await shop.owner.request<{ artifact: { lineage: object } }>(
      `query ($id: ID!) { artifact(id: $id) { lineage {
        runKind inputs { role }
        config { ... on SearchConfig { ranker cutoff fused { width weights { title } } } }
      } } }`,
      { id: ofKind('SEARCH_RANKER') },
    )
  ).artifact;
  expect(lineage).toEqual({
    runKind: 'SEARCH',
    inputs: expect.arrayContaining([{ role: 'CATALOGUE' }, { role: 'SEARCHES' }]) as unknown,
    config: { ranker: 'fused', cutoff: 5, fused: { width: 16, weights: { title: 3 } } },
  });
  const found = await search({ query: 'blue cup', searchRankerArtifactId: ofKind('SEARCH_RANKER') });
  expect(found).toMatchObject({ model: { ranker: 'fused' }, unknownWords: ['cup'] });
  expect(found.products[0]!.title).toContain('blue');
});

test('what the columns of the tables cannot tell is refused before a run is queued', async () => {
  const start = (input: object) => refusal(() => startRun(shop, { search: { catalogue, ...input } }));
  const bare = refTo(await ingestText(shop, 'sku,price\nx,1\ny,2\n', 'bare.csv'));
  expect((await start({ catalogue: bare })).message).toContain('what a product is called');
  expect((await start({ searches: bare })).message).toContain('what was typed');
  expect((await start({ catalogueColumns: { title: ['name'] } })).message).toContain(
    'the column "name", which the table hasn\'t got',
  );
  expect((await start({ ranker: 'grep' })).message).toContain('Choose one of: fused, two-tower, bm25.');
  expect((await start({ locale: 'us' })).message).toContain('No table has a column');
  expect((await start({ trainOn: 'BOTH' })).message).toContain('give `synthetic`, the synthetic searches');
  expect((await start({ queries: searches })).message).toContain('give `searches`');
  expect((await start({ ranker: 'bm25', bm25: { weights: { title: 101 } } })).message).toContain(
    'at most 100',
  );
});

test('a run of searches that name no product of the catalogue fails, and says which ids both have', async () => {
  const strange = refTo(await ingestText(shop, 'query,product_id\nmug,x1\npot,x2\n', 'strange.csv'));
  const runId = await startRun(shop, { search: { catalogue, searches: strange, ranker: 'bm25' } });
  const error = await finish(shop.owner, runId, {}).catch((thrown: unknown) => thrown as Error);
  expect((error as Error).message).toContain('products such as "x1", the catalogue such as "p0"');
});
