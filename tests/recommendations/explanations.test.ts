import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as operations from '../../client/operations.js';
import type { RequestError } from '../../client/connection.js';
import { finish } from '../../client/synthesize.js';
import { sharedServices } from '../platform/services.js';
import { ingestText, makeShop, startRun, walksLog, type Shop } from '../platform/shop.js';

/** Columns whose roles nobody could guess. */
const COLUMNS = { user: 'a', time: 'b', item: 'c' };
const LOG = walksLog().replace('user_id,event_time,product_id', 'a,b,c');

let shop: Shop;
let recommenderId: string;
let rankingId: string;
let datasetVersionId: string;

beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Explanations');
  ({ datasetVersionId } = await ingestText(shop, LOG, 'walks.csv'));
  const runId = await startRun(shop, {
    recommend: { real: { datasetVersionId }, recommender: 'item-knn', cutoffs: [3], events: COLUMNS },
  });
  const { run } = await finish(shop.owner, runId, {});
  const made = (kind: string): string => run.artifacts.nodes.find((one) => one.kind === kind)!.id;
  [recommenderId, rankingId] = [made('RECOMMENDER'), made('RANKING')];
});

afterAll(() => shop.owner.close());

test('explains what a recommender recommends, read as for training, with lineage and a report', async () => {
  const runId = await startRun(shop, {
    seed: 3,
    explain: { recommenderArtifactId: recommenderId, log: { datasetVersionId }, users: ['u1', 'u2'], k: 2 },
  });
  const { run } = await finish(shop.owner, runId, {});
  expect(run.stepTimings.map(({ step }) => step)).toEqual(['load', 'explain', 'evaluate', 'publish']);
  expect(run.artifacts.nodes.map(({ fileName }) => fileName).sort()).toEqual([
    'explanation.json',
    'report.html',
  ]);
  const id = run.artifacts.nodes.find(({ kind }) => kind === 'EXPLANATION')!.id;
  const { artifact } = await shop.owner.request<operations.Explanation>(operations.EXPLANATION, { id });
  const { explained, unit, faithfulness } = artifact!.explanation!;
  expect(unit).toBe('SIMILARITY');
  expect(explained.map(({ user, basis, items }) => [user, basis, items.length])).toEqual([
    ['u1', 'HISTORY', 2],
    ['u2', 'HISTORY', 2],
  ]);
  // u1 went from p1 to p6.
  expect(explained[0]!.items[0]!.item).toBe('p7');
  expect(explained[0]!.items[0]!.events.map(({ item }) => item)).toEqual([
    'p1',
    'p2',
    'p3',
    'p4',
    'p5',
    'p6',
  ]);
  expect(explained[0]!.items[0]!.text).toContain('Because of p6 (just now)');
  expect(faithfulness.map(({ method }) => method)).toContain('RANDOM');
  const { artifact: whole, run: asked } = await shop.owner.request<{
    artifact: { lineage: { inputs: object[] } };
    run: { config: object };
  }>(
    `query ($id: ID!, $runId: ID!) {
      artifact(id: $id) { lineage { inputs { role id } } }
      run(id: $runId) { config { ... on ExplainConfig { users k sampledUsers platform events { user time item } } } }
    }`,
    { id, runId },
  );
  expect(whole.lineage.inputs).toEqual([
    { role: 'MODEL', id: recommenderId },
    { role: 'REAL', id: datasetVersionId },
  ]);
  expect(asked.config).toEqual({
    ...{ users: ['u1', 'u2'], k: 2, sampledUsers: 20, platform: null, events: COLUMNS },
  });
  const other = await shop.owner.request<operations.Explanation>(operations.EXPLANATION, { id: rankingId });
  expect(other.artifact!.explanation).toBeNull();
});

test('refuses what can’t be explained before a run is queued', async () => {
  const refusal = async (explain: object): Promise<string> => {
    const error = (await startRun(shop, { explain }).catch((thrown: unknown) => thrown)) as RequestError;
    return `${error.code}: ${error.message}`;
  };
  const log = { datasetVersionId };
  expect(await refusal({ recommenderArtifactId: rankingId, log })).toMatch(
    /^INVALID_INPUT: .*is a RANKING; this takes a RECOMMENDER/,
  );
  expect(await refusal({ recommenderArtifactId: 'art_none', log })).toMatch(/^NOT_FOUND/);
  const known = { recommenderArtifactId: recommenderId };
  expect(await refusal({ ...known, log: {} })).toContain(
    'Give one of datasetVersionId, artifactId and madeBy',
  );
  expect(await refusal({ ...known, log, k: 21 })).toContain('`k` must be at most 20');
  expect(await refusal({ ...known, log, users: [] })).toContain('`users` must be at least 1');
  expect(await refusal({ ...known, log, sampledUsers: 0 })).toContain('`sampledUsers` must be at least 1');
});
