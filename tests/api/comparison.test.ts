import { sharedServices } from '../platform/services.js';
import { ingestText, makeShop, walksLog, type Shop } from '../platform/shop.js';
import { eventually } from '../dispatch/testbed.js';

let shop: Shop;
let datasetVersionId: string;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Comparisons');
  ({ datasetVersionId } = await ingestText(shop, walksLog(), 'walks.csv'));
});
afterAll(() => shop.owner.close());

const RUNS = 'runs { runId seed state failure { message } }';
const SCORE = '{ value low high }';
const COMPARISON = `comparison { complete notes synthesis { runId state failure { message } } arms { trainOn ratio ${RUNS} verdict
  scores { measure cutoff group users kept outcome mean ${SCORE} difference ${SCORE} } } }`;

interface Found {
  complete: boolean;
  notes: string[];
  synthesis: { runId: string; state: string; failure: { message: string } | null }[];
  arms: {
    trainOn: string;
    ratio: number | null;
    runs: { runId: string; seed: number; state: string; failure: { message: string } | null }[];
    verdict: string | null;
    scores: {
      measure: string;
      cutoff: number | null;
      group: string;
      users: number;
      kept: number | null;
      outcome: string | null;
      mean: { value: number; low: number; high: number };
      difference: { value: number; low: number; high: number } | null;
    }[];
  }[];
}

async function start(input: object = {}): Promise<string> {
  const { experiment } = await shop.owner.mutate<{ experiment: { id: string } }>(
    `mutation ($input: StartComparisonInput!) { startComparison(input: $input) {
      experiment { id } userErrors { message code path } } }`,
    {
      input: {
        projectId: shop.projectId,
        name: 'Does it help?',
        recommend: { real: { datasetVersionId }, recommender: 'item-knn', cutoffs: [3] },
        sessions: { epochs: 1, width: 8, batchSize: 16 },
        ratios: [0.5],
        seeds: [1, 2],
        ...input,
      },
    },
  );
  return experiment.id;
}

async function read(id: string): Promise<Found> {
  const { experiment } = await shop.owner.request<{ experiment: { comparison: Found } }>(
    `query ($id: ID!) { experiment(id: $id) { ${COMPARISON} } }`,
    { id },
  );
  return experiment.comparison;
}

const ended = (id: string): Promise<Found> =>
  eventually(async () => {
    const found = await read(id);
    return found.complete && found;
  });

test('compares training with and without synthetic users on one holdout, over seeds, user by user', async () => {
  const input = { idempotencyKey: 'once' };
  const id = await start(input);
  expect(await start(input)).toBe(id);
  const { arms, synthesis, notes } = await ended(id);
  expect(synthesis.map(({ state }) => state)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  expect(arms.map(({ trainOn, ratio }) => [trainOn, ratio])).toEqual([
    ['REAL', null],
    ['SYNTHETIC', 1],
    ['BOTH', 0.5],
  ]);
  for (const { runs, scores, trainOn, verdict } of arms) {
    expect(runs.map(({ seed, state }) => [seed, state])).toEqual([
      [1, 'SUCCEEDED'],
      [2, 'SUCCEEDED'],
    ]);
    const ndcg = scores.find(({ measure, group }) => measure === 'NDCG' && group === 'ALL')!;
    expect(ndcg).toMatchObject({ cutoff: 3, users: 40 });
    expect(ndcg.mean.low).toBeLessThanOrEqual(ndcg.mean.value);
    expect(ndcg.mean.high).toBeGreaterThanOrEqual(ndcg.mean.value);
    if (trainOn === 'REAL') {
      expect([ndcg.difference, ndcg.outcome, verdict]).toEqual([null, null, null]);
      continue;
    }
    const real = arms[0]!.scores.find(({ measure, group }) => measure === 'NDCG' && group === 'ALL')!;
    expect(ndcg.difference!.value).toBeCloseTo(ndcg.mean.value - real.mean.value, 9);
    expect(ndcg.kept).toBeCloseTo(ndcg.mean.value / real.mean.value, 9);
    expect(verdict).toMatch(/all users: (helped|hurt|no difference shown) \(NDCG@3/);
  }
  expect(notes.join(' ')).toContain('which no generator was shown');
  const { run } = await shop.owner.request<{
    run: { artifacts: { nodes: { ranking: { notes: string[]; syntheticInteractions: number } | null }[] } };
  }>(
    `query ($id: ID!) { run(id: $id) { artifacts { nodes { ranking { notes syntheticInteractions } } } } }`,
    { id: arms[2]!.runs[0]!.runId },
  );
  const ranking = run.artifacts.nodes.find((one) => one.ranking)!.ranking!;
  expect(ranking.notes[0]).toContain('was withheld from the generator');
  // Half of the 200 real ones that aren't held out, in whole users.
  expect(ranking.syntheticInteractions).toBeGreaterThan(80);
  expect(ranking.syntheticInteractions).toBeLessThanOrEqual(100);
}, 180_000);

test('tells which run failed and why, and scores the arms that could do without it', async () => {
  const id = await start({
    seeds: [1],
    sessions: { epochs: 1, width: 8, learningRate: 0.1, item: 'nowhere' },
  });
  const { arms, synthesis, notes } = await ended(id);
  expect(synthesis[0]).toMatchObject({ state: 'FAILED' });
  expect(synthesis[0]!.failure!.message).toContain('"nowhere"');
  expect(arms[0]!.scores.length).toBeGreaterThan(0);
  for (const { runs, scores } of arms.slice(1)) {
    expect(runs[0]!.failure!.message).toContain(`The run ${synthesis[0]!.runId}`);
    expect(scores).toEqual([]);
  }
  expect(notes.join(' ')).toContain('3 of 4 runs failed');
}, 120_000);

test.each<[string, object, string[]]>([
  ['a ratio of nothing', { ratios: [0] }, ['ratios', '0']],
  ['a ratio twice', { ratios: [1, 1] }, ['ratios']],
  ['no seed', { seeds: [] }, ['seeds']],
  ['an unknown option of the generator', { sessions: { epochs: 0 } }, ['sessions', 'epochs']],
  [
    'whose behaviour is learnt from, which is its own',
    { recommend: { real: { datasetVersionId: 'dsv_x' }, trainOn: 'BOTH' } },
    ['recommend', 'trainOn'],
  ],
  [
    'an unknown recommender',
    { recommend: { real: { datasetVersionId: 'x' }, recommender: 'oracle' } },
    ['recommend', 'recommender'],
  ],
])('%s is refused by its path', async (_what, input, path) => {
  await expect(start(input)).rejects.toMatchObject({ code: 'INVALID_INPUT', path: ['input', ...path] });
});
