import { readFileSync } from 'node:fs';
import type { UserErrorEntry } from '../../client/connection.js';
import { recommendationId } from '../../src/models/recommendation-id.js';
import { newId } from '../../src/platform/ids.js';
import { asOwner } from '../platform/seed.js';
import { sharedServices } from '../platform/services.js';
import { makeShop, type Shop } from '../platform/shop.js';
import { deploy, newModel, newVersion } from './models.js';

const shared = { ownerUrl: sharedServices().sharedDatabaseUrl };
let shop: Shop;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Feedback');
});
afterAll(() => shop.owner.close());

interface Answer {
  recorded: number | null;
  repeated: number | null;
  userErrors: UserErrorEntry[];
}

async function record(modelId: string, events: readonly object[]): Promise<Answer> {
  const { recordFeedback } = await shop.owner.request<{ recordFeedback: Answer }>(
    `mutation ($input: RecordFeedbackInput!) {
      recordFeedback(input: $input) { recorded repeated userErrors { message code path } }
    }`,
    { input: { modelId, events } },
  );
  return recordFeedback;
}

interface Counts {
  impressions: number;
  clicks: number;
  purchases: number;
  ctr: { value: number; low: number; high: number } | null;
}

async function online(id: string, args = ''): Promise<Counts & { buckets: (Counts & { from: string })[] }> {
  const counts = 'impressions clicks purchases ctr { value low high }';
  const { node } = await shop.owner.request<{
    node: { online: Counts & { buckets: (Counts & { from: string })[] } };
  }>(
    `query ($id: ID!) { node(id: $id) { ... on ModelVersion { online${args} { ${counts} buckets { from ${counts} } } } } }`,
    { id },
  );
  return node.online;
}

/** Answers with ten items each, whose first `clicks` are clicked; `name` tells them apart. */
function shown(version: string, answers: number, clicks: number, name: string): object[] {
  return Array.from({ length: answers }, (_, answer) => {
    const common = { recommendationId: recommendationId(version), visitor: `${name}-${answer}` };
    return Array.from({ length: 10 }, (_, index) => ({ item: `p${index}`, position: index + 1 })).flatMap(
      (place) => [
        { ...common, ...place, type: 'IMPRESSION', eventId: newId('run') },
        ...(place.position <= clicks ? [{ ...common, ...place, type: 'CLICK', eventId: newId('run') }] : []),
      ],
    );
  }).flat();
}

async function served(): Promise<{ model: string; version: string }> {
  const model = await newModel(shop);
  return { model, version: await newVersion(shop, model) };
}

test('counts what was shown, clicked and bought, of all positions and of the first ones', async () => {
  const { model, version } = await served();
  const bought = { type: 'PURCHASE', item: 'p3', modelVersionId: version, eventId: newId('run') };
  const events = [...shown(version, 20, 2, 'a'), bought];
  expect(await record(model, events)).toEqual({ recorded: 241, repeated: 0, userErrors: [] });
  expect(await online(version)).toMatchObject({
    impressions: 200,
    clicks: 40,
    purchases: 1,
    ctr: { value: 0.2 },
  });
  expect(await online(version, '(cutoff: 5)')).toMatchObject({ impressions: 100, clicks: 40, purchases: 0 });
  const first = await online(version, '(cutoff: 1, bucket: HOUR)');
  expect(first).toMatchObject({ impressions: 20, clicks: 20, ctr: { value: 1, high: 1 } });
  expect(first.buckets.reduce((sum, bucket) => sum + bucket.clicks, 0)).toBe(20);
  expect(await online(await newVersion(shop, model))).toMatchObject({
    impressions: 0,
    ctr: null,
    buckets: [],
  });
});

test('an event counts once: within a batch, across batches, and across those that come at the same time', async () => {
  const { model, version } = await served();
  const events = shown(version, 30, 1, 'b');
  const answers = await Promise.all([
    record(model, [...events, ...events.slice(0, 50)]),
    record(model, [...events].reverse()),
    record(model, events.slice(100)),
    record(model, events.slice(0, 200)),
  ]);
  expect(answers.map(({ userErrors }) => userErrors)).toEqual([[], [], [], []]);
  expect(answers.reduce((sum, { recorded }) => sum + (recorded ?? 0), 0)).toBe(330);
  expect(await record(model, events)).toMatchObject({ recorded: 0, repeated: 330 });
  expect(await online(version)).toMatchObject({ impressions: 300, clicks: 30 });
});

test('an item of an answer counts once as clicked, whatever the ids of the clicks', async () => {
  const { model, version } = await served();
  const answer = { recommendationId: recommendationId(version), item: 'p1', position: 1 };
  const click = () => ({ ...answer, type: 'CLICK', eventId: newId('run') });
  expect(
    await record(model, [click(), click(), { ...answer, type: 'IMPRESSION', eventId: newId('run') }]),
  ).toMatchObject({ recorded: 2, repeated: 1 });
  expect(await record(model, [click()])).toMatchObject({ recorded: 0, repeated: 1 });
  expect(await online(version)).toMatchObject({ impressions: 1, clicks: 1, ctr: { value: 1 } });
});

test('a batch with a mistake is refused whole, with the path of each', async () => {
  const { model, version } = await served();
  const [good] = shown(version, 1, 0, 'c');
  const bad = [
    { ...good, eventId: 'x', position: 0 },
    { ...good, eventId: 'y', recommendationId: recommendationId(newId('modelVersion')) },
    { ...good, eventId: 'z', at: '2999-01-01T00:00:00Z' },
  ];
  const refused = await record(model, [good!, ...bad]);
  expect(refused).toMatchObject({ recorded: null, repeated: null });
  expect(refused.userErrors.map(({ path }) => path.join('.'))).toEqual([
    'input.events.1.position',
    'input.events.2.recommendationId',
    'input.events.3.at',
  ]);
  expect(await online(version)).toMatchObject({ impressions: 0 });
  for (const count of [0, 501]) {
    const { userErrors } = await record(
      model,
      Array.from({ length: count }, () => good!),
    );
    expect(userErrors).toMatchObject([
      { path: ['input', 'events'], message: expect.stringContaining('1–500') as unknown },
    ]);
  }
});

test('the largest batch fits into a request', async () => {
  const { model, version } = await served();
  const events = Array.from({ length: 500 }, (_, index) => ({
    eventId: `${newId('run')}-${index}`.padEnd(60, 'x'),
    type: 'IMPRESSION',
    item: `sku-${index}`.padEnd(40, 'y'),
    recommendationId: recommendationId(version),
    user: `user-${index}`.padEnd(40, 'z'),
    visitor: `visitor-${index}`.padEnd(40, 'z'),
    position: 1,
    at: new Date().toISOString(),
  }));
  expect(await record(model, events)).toMatchObject({ recorded: 500 });
});

test('figures are read from counts, which are few however many events there are, and can be counted again', async () => {
  const { model, version } = await served();
  for (let batch = 0; batch < 4; batch++) await record(model, shown(version, 40, 1, `d${batch}`));
  const { rows } = await asOwner(shared, (owner) =>
    owner.query<{ counts: number; impressions: number; again: number }>(
      `SELECT count(*)::int AS counts, sum(impressions)::int AS impressions,
         (SELECT count(*)::int FROM feedback_events WHERE model_version_id = $1 AND type = 'IMPRESSION') AS again
       FROM feedback_counts WHERE model_version_id = $1`,
      [version],
    ),
  );
  // Three bands of positions, sixteen parts of the users, and at most two hours.
  expect(rows[0]?.counts).toBeLessThanOrEqual(96);
  expect(rows[0]).toMatchObject({ impressions: 1_600, again: 1_600 });
});

test('two live versions are compared with the interval of their difference, and a verdict in words', async () => {
  const { model, version: first } = await served();
  const second = await newVersion(shop, model);
  const compare = async (args = '') =>
    (
      await shop.owner.request<{ model: { comparison: unknown } }>(
        `query ($id: ID!) { model(id: $id) { comparison${args} {
          first { number } second { number } firstCounts { impressions clicks } secondCounts { impressions clicks }
          ctrDifference { value low high } verdict summary
        } } }`,
        { id: model },
      )
    ).model.comparison;
  await deploy(shop, 'promoteModelVersion', { id: first, revision: 0 });
  expect(await compare()).toBeNull();
  const shares = [first, second].map((modelVersionId) => ({ modelVersionId, share: 0.5 }));
  await deploy(shop, 'splitModelTraffic', { modelId: model, shares, revision: 1 });
  expect(await compare()).toMatchObject({ verdict: 'NO_DATA', ctrDifference: null });
  await record(model, shown(first, 40, 1, 'e'));
  await record(model, shown(second, 40, 2, 'f'));
  expect(await compare('(cutoff: 10)')).toMatchObject({
    first: { number: 1 },
    second: { number: 2 },
    firstCounts: { impressions: 400, clicks: 40 },
    secondCounts: { impressions: 400, clicks: 80 },
    verdict: 'SECOND_BETTER',
    summary: expect.stringContaining(
      'Version 2 is clicked more often among the first 10: 20.00 %',
    ) as unknown,
  });
  expect(await compare('(cutoff: 1)')).toMatchObject({ verdict: 'UNDECIDED' });
});

test('a look that can not be taken is refused, with what can', async () => {
  const { version } = await served();
  await expect(online(version, '(cutoff: 7)')).rejects.toThrow('one of 1, 5, 10, 20');
  await expect(online(version, '(from: "2020-01-01T00:00:00Z", bucket: HOUR)')).rejects.toThrow(
    'Choose a shorter time, or DAY',
  );
  await expect(online(version, '(from: "2999-01-01T00:00:00Z")')).rejects.toThrow('`from` lies behind `to`');
});

test("another tenant can't record for a model, nor for a version in a model of its own", async () => {
  const { model, version } = await served();
  const stranger = await makeShop(sharedServices().gatewayUrl, 'Stranger');
  const own = await newModel(stranger);
  const event = { eventId: 'e', type: 'CLICK', item: 'p', modelVersionId: version };
  const ask = async (modelId: string) =>
    (
      await stranger.owner.request<{ recordFeedback: Answer }>(
        'mutation ($input: RecordFeedbackInput!) { recordFeedback(input: $input) { recorded userErrors { message code path } } }',
        { input: { modelId, events: [event] } },
      )
    ).recordFeedback.userErrors;
  expect(await ask(model)).toMatchObject([{ code: 'NOT_FOUND', message: `There is no model "${model}".` }]);
  expect(await ask(own)).toMatchObject([{ path: ['input', 'events', '0', 'modelVersionId'] }]);
  expect(await online(version)).toMatchObject({ clicks: 0 });
  await stranger.owner.close();
});

test('the tables of models and feedback are bound by row level security', () => {
  const sql = ['20261127000400_models_in_use', '20261127000410_feedback']
    .map((name) => readFileSync(`prisma/migrations/${name}/migration.sql`, 'utf8'))
    .join();
  const tables = [...sql.matchAll(/CREATE TABLE "(\w+)"/g)].map(([, name]) => name);
  return asOwner(shared, async (owner) => {
    const { rows } = await owner.query<{ relname: string; forced: boolean; policies: number }>(
      `SELECT relname, relforcerowsecurity AND relrowsecurity AS forced,
         (SELECT count(*)::int FROM pg_policies WHERE tablename = relname AND policyname = 'tenant') AS policies
       FROM pg_class WHERE relname = ANY($1) ORDER BY relname`,
      [tables],
    );
    expect(rows).toEqual([...tables].sort().map((relname) => ({ relname, forced: true, policies: 1 })));
  });
});
